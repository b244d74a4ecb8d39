// SPDX-License-Identifier: Apache-2.0
// A message's octets straight from its segment.

package import HoldfastModel

extension SegmentReader {
    /// Hands the octets of a record's message to `give`, chunk by chunk, until it has had enough.
    ///
    /// Nothing is held but a chunk. The checks are the decoder's; whoever wants the digest makes it.
    ///
    /// - Parameter key: nil for a message that lies in the plain.
    /// - Parameter give: returns whether more is wanted.
    package func eachChunk(
        of record: Record, segment: SegmentNumber, offset: UInt64, key: MailKey?,
        give: ([UInt8]) throws -> Bool
    ) throws {
        let header = record.header
        var decoder = MessageDecoder(
            mail: header.mail, compression: header.compression, key: key)
        var wantsMore = true
        if !record.messageIsBeside {
            try decoder.add(record.message) { wantsMore = try wantsMore && give($0) }
            if wantsMore { try decoder.finish() }
            return
        }
        var read: UInt64 = 0
        while wantsMore, read < header.message.bytes {
            let piece = try messagePart(
                of: record, segment: segment, offset: offset, from: read, count: 1 << 20)
            guard !piece.isEmpty else {
                throw SegmentError.damaged(segment: segment, offset: offset)
            }
            read += UInt64(piece.count)
            try decoder.add(piece) { wantsMore = try wantsMore && give($0) }
        }
        if wantsMore { try decoder.finish() }
    }

    /// The first octets of a message, a few more than `octetsMax` where it has so many.
    package func octets(
        of record: Record, segment: SegmentNumber, offset: UInt64, key: MailKey?,
        upTo octetsMax: Int
    ) throws -> [UInt8] {
        var octets: [UInt8] = []
        try eachChunk(of: record, segment: segment, offset: offset, key: key) { chunk in
            octets.append(contentsOf: chunk)
            return octets.count < octetsMax
        }
        return octets
    }
}
