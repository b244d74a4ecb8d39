// SPDX-License-Identifier: Apache-2.0
// Reading single records by their location.

package import HoldfastDisk
package import HoldfastModel
internal import Synchronization

/// Reads records of one node's segments; keeps the files it used last open.
package final class SegmentReader: Sendable {
    private let folder: String
    private let disk: any Disk
    private let open = Mutex<[(segment: SegmentNumber, file: any DiskFile)]>([])
    private static let openFilesMax = 64
    private static let offsetMax = UInt64(1) << 60
    /// How much is read at a time where the beginning of a batch is looked for.
    private static let searchBytes = UInt64(1 << 20)
    /// Larger messages are read piece by piece.
    package static let wholeMessageBytesMax = UInt64(4 << 20)

    package init(folder: String, on disk: any Disk) {
        self.folder = folder
        self.disk = disk
    }

    /// The record at a place. A message larger than `wholeMessageBytesMax` is left beside.
    ///
    /// - Parameter mail: which mail must lie there; nil takes any.
    package func record(
        segment: SegmentNumber, offset: UInt64, mail: MailID?
    ) throws(SegmentError) -> Record {
        let damaged = SegmentError.damaged(segment: segment, offset: offset)
        // A place may come from outside, and sums with it must stay numbers.
        guard offset < Self.offsetMax else { throw damaged }
        let file = try file(of: segment)
        // One read gets header and first sections of nearly every mail, and most mails whole.
        var bytes = try file.bytes(at: offset, count: 32 << 10)
        let header = bytes.withUnsafeBufferPointer {
            try? RecordHeader(decoding: UnsafeRawBufferPointer($0))
        }
        guard let header else { throw damaged }
        guard mail == nil || header.mail == mail else {
            throw .otherMail(segment: segment, offset: offset)
        }
        let isBeside = header.message.bytes > Self.wholeMessageBytesMax
        let wanted = isBeside ? header.messageOffset : header.recordBytes
        // Sections other than the message are small by their limits.
        guard wanted <= Self.wholeMessageBytesMax * 4 else { throw damaged }
        if bytes.count < Int(wanted) { bytes = try file.bytes(at: offset, count: Int(wanted)) }
        guard let record = try? Record(takingFrom: &bytes, messageBeside: isBeside) else {
            throw damaged
        }
        return record
    }

    /// A part of a record's message section, which the caller checks when it has all.
    package func messagePart(
        of record: Record, segment: SegmentNumber, offset: UInt64, from start: UInt64, count: Int
    ) throws(SegmentError) -> ArraySlice<UInt8> {
        let rest = Int(
            clamping: record.header.message.bytes - min(start, record.header.message.bytes))
        return try file(of: segment).bytes(
            at: offset + record.header.messageOffset + start, count: min(count, rest))
    }

    /// When the batch was written in which a record lies.
    package func written(
        segment: SegmentNumber, offset: UInt64
    ) throws(SegmentError) -> Timestamp {
        let damaged = SegmentError.damaged(segment: segment, offset: offset)
        guard offset < Self.offsetMax else { throw damaged }
        let file = try file(of: segment)
        let block = UInt64(SegmentFormat.blockBytes)
        var end = offset / block * block + block
        while end > SegmentFormat.dataOffset {
            let start = max(SegmentFormat.dataOffset, end - min(end, Self.searchBytes))
            let bytes = try file.bytes(at: start, count: Int(end - start))
            let places = stride(
                from: Int(end - start - block), through: 0, by: -SegmentFormat.blockBytes)
            for place in places where place < bytes.count {
                if let batch = BatchHeader(decoding: bytes.dropFirst(place)),
                    batch.segment == segment, batch.offset == start + UInt64(place),
                    batch.offset + batch.bytes > offset
                {
                    return batch.written
                }
            }
            end = start
        }
        throw damaged
    }

    /// To be called before a segment is dropped.
    package func forget(_ segment: SegmentNumber) {
        open.withLock { $0.removeAll { $0.segment == segment } }
    }

    private func file(of segment: SegmentNumber) throws(SegmentError) -> any DiskFile {
        let known = open.withLock { open -> (any DiskFile)? in
            guard let place = open.firstIndex(where: { $0.segment == segment }) else { return nil }
            let used = open.remove(at: place)
            open.append(used)
            return used.file
        }
        if let known { return known }
        for ending in ["act", "seg"] {
            // It may be renamed between the two tries, but only from the first name to the second.
            let file: any DiskFile
            do throws(DiskError) {
                file = try disk.open(segmentPath(folder, segment, ending), forWriting: false)
            } catch .absent {
                continue
            } catch {
                throw .disk(error)
            }
            open.withLock { open in
                open.append((segment, file))
                if open.count > Self.openFilesMax { open.removeFirst() }
            }
            return file
        }
        throw .absent(segment)
    }
}

/// Where a segment lies in its folder.
func segmentPath(_ folder: String, _ segment: SegmentNumber, _ ending: String) -> String {
    let number = String(segment)
    return folder + "/" + String(repeating: "0", count: max(0, 12 - number.count)) + number + "."
        + ending
}
