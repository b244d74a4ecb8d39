// SPDX-License-Identifier: Apache-2.0
// Keys, and what is made with them: AES-256-GCM under a key for each mail.

internal import Crypto
internal import Foundation
package import HoldfastModel

/// The keys of an installation, by number; the highest is used for new mails.
///
/// The key file has a line `number hex` for each key, 32 bytes each; it must be kept as long as a
/// mail that it encrypted: a lost key is lost mail.
package struct KeyRing: Sendable {
    private let keys: [UInt32: SymmetricKey]

    package static let none = KeyRing(keys: [:])

    private init(keys: [UInt32: SymmetricKey]) {
        self.keys = keys
    }

    /// Nil when a line is not `number hex`, or a number comes twice.
    package init?(text: String) {
        var keys: [UInt32: SymmetricKey] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(whereSeparator: \.isWhitespace)
            guard parts.count == 2, let number = UInt32(parts[0]), number > 0, keys[number] == nil,
                let bytes = [UInt8](hex: String(parts[1])), bytes.count == 32
            else { return nil }
            keys[number] = SymmetricKey(data: bytes)
        }
        self.keys = keys
    }

    /// The number for new mails; nil when there is no key.
    package var newest: UInt32? { keys.keys.max() }

    /// A line for a key file: a fresh key under this number.
    package static func freshLine(number: UInt32) -> String {
        let key = SymmetricKey(size: .bits256)
        return "\(number) \(key.withUnsafeBytes { Array($0).hex })\n"
    }

    /// The key of one mail, derived, so that no key ever seals more than one mail's chunks.
    package func key(_ number: UInt32, for mail: MailID) throws(CodecError) -> MailKey {
        guard let master = keys[number] else { throw .keyAbsent(number) }
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Array("holdfast mail".utf8) + mail.bytes,
            outputByteCount: 32)
        return MailKey(key: key)
    }

    /// The digest that stands in the header of an encrypted record: equal messages do not show.
    package func keyed(
        _ digest: HoldfastModel.Digest, number: UInt32
    ) throws(CodecError) -> HoldfastModel.Digest {
        guard let master = keys[number] else { throw .keyAbsent(number) }
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Array("holdfast digest".utf8), outputByteCount: 32)
        let code = HMAC<SHA256>.authenticationCode(for: digest.bytes, using: key)
        return HoldfastModel.Digest(bytes: Array(code)) ?? .zero
    }
}

/// What a chunk is bound to: moved, reordered or cut it does not open.
struct ChunkBinding {
    var mail: MailID
    var number: UInt32
    var flags: UInt32
    var originalBytes: UInt32

    var bytes: [UInt8] {
        [number, flags, originalBytes].reduce(into: mail.bytes) { bytes, value in
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
    }
}

/// The key of one mail.
package struct MailKey: Sendable {
    fileprivate let key: SymmetricKey

    func seal(_ octets: [UInt8], bound: ChunkBinding) throws(CodecError) -> [UInt8] {
        guard let box = try? AES.GCM.seal(octets, using: key, authenticating: bound.bytes),
            let combined = box.combined
        else { throw .damaged }
        return Array(combined)
    }

    func open(_ stored: ArraySlice<UInt8>, bound: ChunkBinding) throws(CodecError) -> [UInt8] {
        // Whatever the library finds wrong, the meaning is one: not what was written under this key.
        guard let box = try? AES.GCM.SealedBox(combined: stored),
            let octets = try? AES.GCM.open(box, using: key, authenticating: bound.bytes)
        else { throw .damaged }
        return Array(octets)
    }
}
