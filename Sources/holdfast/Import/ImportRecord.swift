// SPDX-License-Identifier: Apache-2.0
// A found message as the record that travels to the gateway.

internal import Crypto
internal import HoldfastModel
internal import HoldfastSegments

extension Record {
    /// A mail whose id is made of its octets, so that the same octets are one mail.
    ///
    /// The gateway makes the slip, and compresses and encrypts as it is set up to.
    ///
    /// - Parameter keepDays: nil leaves it to the gateway.
    init(
        importing octets: [UInt8], envelope: Envelope, now: Timestamp, keepDays: Int? = nil
    ) throws(CodecError) {
        let digest = HoldfastModel.Digest.sha256(of: octets)
        let id = MailID(ofOctets: digest)
        self.init(
            RecordHeader(
                kind: .mail, mail: id, received: now,
                keepUntil: now.day.advanced(by: keepDays ?? 0), digest: digest,
                originalBytes: UInt64(octets.count)))
        if keepDays != nil { setSlip(Slip(copiesWanted: 1, keepUntil: header.keepUntil)) }
        setEnvelope(envelope.encoded[...])
        let section = try octets.withUnsafeBufferPointer { octets throws(CodecError) in
            try MessageEncoder.section(
                of: UnsafeRawBufferPointer(octets), mail: id, compression: .none, key: nil)
        }
        setMessage(section[...])
    }
}

extension HoldfastModel.Digest {
    static func sha256(of octets: [UInt8]) -> Self {
        Self(SHA256.hash(data: octets))
    }

    init(_ hash: SHA256.Digest) {
        guard let digest = Self(bytes: Array(hash)) else {
            preconditionFailure("SHA-256 has thirty-two bytes")
        }
        self = digest
    }
}
