// SPDX-License-Identifier: Apache-2.0
// The number by which everyone knows one mail.

/// The 128-bit number given once to a mail (or a note, or an order), which makes every step
/// repeatable.
///
/// Given from the clock by the gateway, so that neighbours in time are neighbours in an index; made
/// from the octets for imports, so that the same octets are one mail. Never used for order. Printed
/// as 26 letters and digits (Crockford's base 32, lower case), and any unique prefix will do.
package struct MailID: Hashable, Comparable, Sendable {
    // Two words and not one number of 128 bits: Swift 6.3.1 loses its way back from an async function
    // that is given such a number on the stack.
    private let high: UInt64
    private let low: UInt64

    package init(_ number: UInt128) {
        high = UInt64(truncatingIfNeeded: number >> 64)
        low = UInt64(truncatingIfNeeded: number)
    }

    package var number: UInt128 { UInt128(high) << 64 | UInt128(low) }

    /// A fresh id: 48 bits of milliseconds, then 80 random ones.
    package init(at now: Timestamp, using random: inout some RandomNumberGenerator) {
        high = UInt64(bitPattern: now.milliseconds) << 16 | (random.next() as UInt64) & 0xffff
        low = random.next()
    }

    /// The id of an imported message: the first half of the digest of its octets.
    package init(ofOctets digest: Digest) {
        high = digest.words.0
        low = digest.words.1
    }

    package static func < (left: MailID, right: MailID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension MailID: LosslessStringConvertible, Codable {
    private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let length = 26

    package var description: String {
        String(unsafeUninitializedCapacity: Self.length) { text in
            for place in 0..<Self.length {
                let shift = 5 * (Self.length - 1 - place)
                text[place] = Self.letters[Int(truncatingIfNeeded: number >> shift) & 31]
            }
            return Self.length
        }
    }

    package init?(_ text: String) {
        guard text.utf8.count == Self.length, let range = Self.range(ofPrefix: text) else {
            return nil
        }
        self = range.lowerBound
    }

    /// All ids whose text begins so; nil when no id can.
    package static func range(ofPrefix prefix: String) -> ClosedRange<MailID>? {
        let prefix = Array(prefix.utf8)
        guard (1...length).contains(prefix.count) else { return nil }
        var low: UInt128 = 0
        for (place, letter) in prefix.enumerated() {
            guard let value = value(of: letter), place > 0 || value < 8 else { return nil }
            low = low << 5 | UInt128(value)
        }
        let open = 5 * (length - prefix.count)
        low <<= open
        return MailID(low)...MailID(low | ((UInt128(1) << open) - 1))
    }

    /// Crockford's rule: case is nothing, and what a reader may mistake for a digit is that digit.
    private static func value(of letter: UInt8) -> Int? {
        let lower = letter | (letter >= 0x41 ? 0x20 : 0)
        switch lower {
        case UInt8(ascii: "o"): return 0
        case UInt8(ascii: "i"), UInt8(ascii: "l"): return 1
        default: return letters.firstIndex(of: lower)
        }
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = MailID(text) else {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath, debugDescription: "'\(text)' is not a mail id"))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension MailID {
    /// The sixteen bytes of the id, most significant first.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: number.bigEndian, Array.init)
    }

    /// Nil unless there are sixteen bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(bytes.reduce(0) { $0 << 8 | UInt128($1) })
    }
}
