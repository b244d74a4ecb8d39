// SPDX-License-Identifier: Apache-2.0
// Reading all records of one segment, as whoever wants them would find them.

internal import Crypto
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Reads a segment from end to end: all checksums, and the digest of every message that lies in the
/// plain. Blocks.
struct SegmentCheck {
    let folder: SegmentFolder
    let pace: Pace
    /// Beside the keeper's: what is read once must not push out what people read.
    private let reader: SegmentReader

    init(folder path: String, on disk: any Disk, pace: Pace) {
        // A sector that cannot be read is damage like any other, and is repaired as such.
        let disk = SalvagingDisk(disk)
        folder = SegmentFolder(path, on: disk)
        reader = SegmentReader(folder: path, on: disk)
        self.pace = pace
    }

    /// - Parameter end: of a segment that is being written, how far it is durable; nil when sealed.
    func read(_ file: SegmentFolder.File, upTo end: UInt64?) throws -> SegmentReading {
        var reading = SegmentReading(end: end ?? .max)
        let visit: (ScannedRecord) throws -> Void = { found in
            if try isWhole(found) { reading.whole[found.place.offset] = found.record.header.mail }
            reading.bytes += found.place.length
            try pace.spend(found.place.length)
        }
        let report =
            try end.map { try folder.records(ofActive: file, upTo: $0, visit: visit) }
            ?? folder.records(of: file, from: nil, visit: visit)
        reading.damaged = report.damaged
        return reading
    }

    /// Whether the octets are those that were received, as far as they can be read here.
    private func isWhole(_ found: ScannedRecord) throws -> Bool {
        let header = found.record.header
        guard header.kind == .mail, !header.encrypted else { return true }
        do {
            let (segment, offset) = (found.place.segment, found.place.offset)
            let record = try reader.record(segment: segment, offset: offset, mail: header.mail)
            var hash = SHA256()
            try reader.eachChunk(of: record, segment: segment, offset: offset, key: nil) { chunk in
                hash.update(data: chunk)
                return true
            }
            return HoldfastModel.Digest(bytes: hash.finalize()) == header.digest
        } catch CodecError.damaged, SegmentError.damaged {
            return false
        }
    }
}
