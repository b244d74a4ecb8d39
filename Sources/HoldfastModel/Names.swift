// SPDX-License-Identifier: Apache-2.0
// Who is who: roles, nodes and disks.

/// What a node does. Besides those that are ours a processor may have a role of its own (R14, R16).
package struct Role: RawRepresentable, Hashable, Codable, Sendable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let registry = Role(rawValue: "registry")
    package static let helper = Role(rawValue: "helper")
    package static let storage = Role(rawValue: "storage")
    package static let dal = Role(rawValue: "dal")
    package static let gateway = Role(rawValue: "gateway")

    /// Those of this program, in the order in which they are shown.
    package static let known = [registry, helper, storage, dal, gateway]
}

/// The identity of a node that keeps something: random, made once, kept in its data folder.
///
/// A name may be given to another folder; an identity never is.
package struct NodeID: Hashable, Sendable, LosslessStringConvertible {
    // Two words, for the reason that `MailID` gives.
    private let high: UInt64
    private let low: UInt64

    package init(_ number: UInt128) {
        high = UInt64(truncatingIfNeeded: number >> 64)
        low = UInt64(truncatingIfNeeded: number)
    }

    package init(using random: inout some RandomNumberGenerator) {
        high = random.next()
        low = random.next()
    }

    package var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

    package var bytes: [UInt8] { withUnsafeBytes(of: number.bigEndian, Array.init) }

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }

    /// Thirty-two hexadecimal digits.
    package var description: String { bytes.hex }

    package init?(_ text: String) {
        guard let bytes = [UInt8](hex: text) else { return nil }
        self.init(bytes: bytes)
    }
}

/// The identity of a physical disk, by which two nodes know that they share one.
package struct DiskID: Hashable, Sendable, LosslessStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) {
        self.number = number
    }

    /// Sixteen hexadecimal digits.
    package var description: String {
        withUnsafeBytes(of: number.bigEndian, Array.init).hex
    }

    package init?(_ text: String) {
        guard text.utf8.count == 16, let number = UInt64(text, radix: 16) else { return nil }
        self.number = number
    }
}
