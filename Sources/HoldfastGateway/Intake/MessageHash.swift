// SPDX-License-Identifier: Apache-2.0
// SHA-256 while octets pass, and ids made of it.

internal import Crypto
internal import HoldfastModel

/// The SHA-256 of octets that come in any pieces.
struct MessageHash: Sendable {
    private var hash = SHA256()

    mutating func add(_ octets: ArraySlice<UInt8>) {
        octets.withUnsafeBytes { hash.update(bufferPointer: $0) }
    }

    var digest: HoldfastModel.Digest {
        let words = hash.finalize().withUnsafeBytes { bytes in
            (0..<4).map {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
            }
        }
        return HoldfastModel.Digest(words: (words[0], words[1], words[2], words[3]))
    }

    static func digest(of parts: [UInt8]...) -> HoldfastModel.Digest {
        var hash = MessageHash()
        for part in parts { hash.add(part[...]) }
        return hash.digest
    }
}
