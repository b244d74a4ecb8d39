// SPDX-License-Identifier: Apache-2.0
// Reading a mail that arrived: is it whole, and what shows a search of it (R17).

internal import Crypto
internal import HoldfastMIME
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Why a mail is not taken as it is.
struct UnreadableMail: Error {
    var reason: String
}

enum SummaryMaker {
    /// The octets of a message that lies in the plain.
    static func octets(of record: Record) throws -> [UInt8] {
        try MessageDecoder.octets(
            of: record.message, mail: record.header.mail, compression: record.header.compression,
            key: nil)
    }

    /// Checks the octets against the header.
    static func check(_ octets: [UInt8], _ header: RecordHeader) throws {
        guard UInt64(octets.count) == header.originalBytes else {
            throw UnreadableMail(
                reason: "it has \(octets.count) octets, not \(header.originalBytes)")
        }
        let digest = HoldfastModel.Digest(bytes: SHA256.hash(data: octets)) ?? .zero
        guard digest == header.digest else {
            throw UnreadableMail(reason: "its SHA-256 is another")
        }
    }

    /// What shows a search of octets that were checked.
    static func summary(of octets: [UInt8], _ header: RecordHeader) -> Summary {
        var summary = MessageReader.summary(of: octets)
        summary.size = header.originalBytes
        summary.digest = header.digest
        return summary
    }

    /// The octets of a large message that has landed.
    static func octets(of record: Record, in landing: Landing) async throws -> [UInt8] {
        var decoder = MessageDecoder(
            mail: record.header.mail, compression: record.header.compression, key: nil)
        var octets: [UInt8] = []
        octets.reserveCapacity(Int(clamping: min(record.header.originalBytes, octetsMax)))
        var offset: UInt64 = 0
        while offset < record.header.message.bytes {
            let piece = try await landing.read(at: offset, count: pieceBytes)
            guard !piece.isEmpty else { break }
            try decoder.add(piece) { octets.append(contentsOf: $0) }
            guard UInt64(octets.count) <= octetsMax else {
                throw UnreadableMail(reason: "it is too large")
            }
            offset += UInt64(piece.count)
        }
        try decoder.finish()
        return octets
    }

    private static let pieceBytes = 1 << 20
    /// More than any gateway takes in.
    private static let octetsMax: UInt64 = 1 << 30
}
