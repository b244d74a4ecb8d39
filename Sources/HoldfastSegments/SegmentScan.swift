// SPDX-License-Identifier: Apache-2.0
// Reading a segment from end to end, and telling a torn tail from damage (D5).

internal import HoldfastDisk
package import HoldfastModel

/// A record that a scan found whole. Its message was checked, but is not in it.
package struct ScannedRecord: Sendable {
    package var record: Record
    package var place: Placed
}

/// What a scan found besides records.
package struct ScanReport: Hashable, Sendable {
    /// Where the last whole batch ends.
    package var end: UInt64
    /// Acknowledged bytes that are not what was written; they are repaired from another copy.
    package var damaged: [Range<UInt64>]
    /// Where a batch lies that was never acknowledged, if there is one.
    package var torn: UInt64?
    /// There was no room to seal it: it is read as it is, and the next start seals it.
    package var isLeftActive = false
}

/// Reads all records of one segment file, trusting nothing in it.
package struct SegmentScan {
    private let file: any DiskFile
    private let header: SegmentHeader
    private let size: UInt64
    /// Whether each message is read and compared with its checksum, or only what stands before it.
    private let checksMessages: Bool

    /// How much is read at a time where something must be looked for.
    private static let searchBytes = 1 << 20

    /// - Throws: `damagedHeader` where no batch can stand in for it, `newerFormat` or a disk's error.
    init(
        _ segment: SegmentFolder.File, on disk: any Disk, checksMessages: Bool = true
    ) throws(SegmentError) {
        self.checksMessages = checksMessages
        do throws(DiskError) {
            file = try disk.open(segment.path, forWriting: false)
            size = try file.size()
        } catch {
            throw .disk(error)
        }
        let first = try file.bytes(at: 0, count: Int(SegmentFormat.dataOffset))
        do throws(SegmentError) {
            header = try SegmentHeader(decoding: first)
        } catch .damagedHeader {
            guard let batch = try Self.firstBatch(of: segment.segment, in: file) else {
                throw .damagedHeader
            }
            header = SegmentHeader(standingIn: batch)
        }
    }

    package var segment: SegmentHeader { header }

    /// Visits every whole record from `start`, which is where some batch begins.
    ///
    /// - Parameter durable: an offset below which everything is known to have been synced.
    /// - Parameter limit: an offset behind which nothing counts: the segment was fenced there.
    package func records(
        from start: UInt64 = SegmentFormat.dataOffset, durable: UInt64 = 0, limit: UInt64 = .max,
        visit: (ScannedRecord) throws -> Void
    ) throws -> ScanReport {
        var report = ScanReport(end: start, damaged: [], torn: nil)
        var offset = start
        var durable = durable
        // A batch that is not whole, until a later one or the end tells what it is.
        var doubtful: FoundBatch?
        let stop = min(size, limit)
        while let batch = try nextBatch(from: offset, to: stop) {
            durable = max(durable, batch.durableUpTo)
            if let known = doubtful { try settle(known, asDamaged: true, &report, visit) }
            doubtful = nil
            // Nothing between two batches is empty: what cannot be read there was a batch.
            if batch.offset > offset { report.damaged.append(offset..<batch.offset) }
            if batch.isTable { break }
            let found = try readBatch(batch)
            if found.bad.isEmpty {
                try settle(found, asDamaged: false, &report, visit)
            } else {
                doubtful = found
            }
            offset = found.end
        }
        if let last = doubtful { try settle(last, asDamaged: last.start < durable, &report, visit) }
        if report.end < durable, durable <= size, report.torn == nil {
            report.damaged.append(report.end..<durable)
            report.end = durable
        }
        return report
    }

    /// What a sealed segment held, by its own table, and a scan from `start` on did not find.
    ///
    /// Without a table that can be read the file was cut short or damaged at its end, and how much is
    /// gone is not known.
    func missing(
        from start: UInt64, found: Set<UInt64>, besides report: ScanReport
    ) throws(SegmentError) -> [Range<UInt64>] {
        guard let table = try SealTable.read(from: file, of: header.number) else {
            return [report.end..<max(size, report.end)]
        }
        return table.missing(from: start, found: found, damaged: report.damaged)
    }

    /// Whether a file has neither a segment's header nor any batch of that segment.
    static func isUnborn(
        _ path: String, _ segment: SegmentNumber, on disk: any Disk
    ) throws(SegmentError) -> Bool {
        let file = try onDisk { () throws(DiskError) in
            try disk.open(path, forWriting: false)
        }
        let first = try file.bytes(at: 0, count: Int(SegmentFormat.dataOffset))
        do throws(SegmentError) {
            _ = try SegmentHeader(decoding: first)
            return false
        } catch .damagedHeader {
            // Then it depends on what follows.
        } catch {
            throw error
        }
        return try firstBatch(of: segment, in: file) == nil
    }

    /// The first batch that can be read of what should be this segment.
    private static func firstBatch(
        of segment: SegmentNumber, in file: any DiskFile
    ) throws(SegmentError) -> BatchHeader? {
        var offset = SegmentFormat.dataOffset
        while true {
            let block = try file.bytes(at: offset, count: SegmentFormat.blockBytes)
            if block.isEmpty { return nil }
            if let batch = BatchHeader(decoding: block), batch.segment == segment,
                batch.offset == offset
            {
                return batch
            }
            offset += UInt64(SegmentFormat.blockBytes)
        }
    }

    private struct FoundBatch {
        var start: UInt64
        var end: UInt64
        var records: [ScannedRecord] = []
        var bad: [Range<UInt64>] = []
    }

    /// Takes a batch into the report: whole, damaged (its good records count), or torn (none do).
    private func settle(
        _ batch: FoundBatch, asDamaged isDamaged: Bool, _ report: inout ScanReport,
        _ visit: (ScannedRecord) throws -> Void
    ) throws {
        guard batch.bad.isEmpty || isDamaged else {
            report.torn = batch.start
            return
        }
        for record in batch.records { try visit(record) }
        report.damaged += batch.bad
        report.end = batch.end
    }

    /// The next batch header at a block from `offset` on that belongs here.
    private func nextBatch(
        from offset: UInt64, to stop: UInt64
    ) throws(SegmentError) -> BatchHeader? {
        // Where one batch ends the next begins, but behind damage it must be looked for.
        var window = SegmentFormat.blockBytes
        var place = offset
        while place < stop {
            let bytes = try file.bytes(at: place, count: window)
            for block in stride(from: 0, to: bytes.count, by: SegmentFormat.blockBytes) {
                guard let batch = BatchHeader(decoding: bytes[block...]),
                    batch.node == header.node, batch.segment == header.number,
                    batch.offset == place + UInt64(block), batch.offset < stop,
                    batch.bytes <= size - batch.offset
                else { continue }
                return batch
            }
            if bytes.count < window { return nil }
            place += UInt64(window)
            window = Self.searchBytes
        }
        return nil
    }

    private func readBatch(_ batch: BatchHeader) throws(SegmentError) -> FoundBatch {
        let end = batch.offset + batch.bytes
        var found = FoundBatch(
            start: batch.offset, end: batch.offset + SegmentFormat.roundedToBlock(batch.bytes))
        var offset = batch.offset + UInt64(SegmentFormat.batchHeaderBytes)
        while offset < end {
            guard let header = try header(at: offset, before: end) else {
                let next = try nextRecord(from: offset, before: end, after: found)
                found.bad.append(offset..<next)
                offset = next
                continue
            }
            let place = Placed(
                segment: self.header.number, offset: offset, length: header.recordBytes,
                position: header.position)
            if let record = try wholeRecord(header, at: offset) {
                found.records.append(ScannedRecord(record: record, place: place))
            } else {
                found.bad.append(offset..<offset + header.recordBytes)
            }
            offset += header.recordBytes
        }
        return found
    }

    /// Where the records go on behind a header that cannot be read; the batch's end if nowhere.
    ///
    /// A message may hold what looks like a record, but not one of a position that fits here.
    private func nextRecord(
        from bad: UInt64, before end: UInt64, after found: FoundBatch
    ) throws(SegmentError) -> UInt64 {
        let last = found.records.last?.place.position
        var offset = bad + RecordHeader.alignment
        while offset + UInt64(RecordHeader.bytes) <= end {
            if let header = try header(at: offset, before: end), header.position.run == segment.run,
                last.map({ $0 < header.position }) ?? true
            {
                return offset
            }
            offset += RecordHeader.alignment
        }
        return end
    }

    private func header(at offset: UInt64, before end: UInt64) throws(SegmentError) -> RecordHeader?
    {
        let bytes = try file.bytes(at: offset, count: RecordHeader.bytes)
        let header = bytes.withUnsafeBufferPointer { bytes in
            // Whatever is wrong with it, it is not the header that was written.
            try? RecordHeader(decoding: UnsafeRawBufferPointer(bytes))
        }
        guard let header, header.recordBytes <= end - offset else { return nil }
        return header
    }

    private func wholeRecord(
        _ header: RecordHeader, at offset: UInt64
    ) throws(SegmentError) -> Record? {
        if checksMessages {
            let messageAt = offset + header.messageOffset
            let checksum = try file.checksum(at: messageAt, bytes: header.message.bytes)
            guard checksum == header.message.checksum else { return nil }
        }
        var bytes = try file.bytes(at: offset, count: Int(header.messageOffset))
        return try? Record(takingFrom: &bytes, messageBeside: true)
    }
}

extension DiskFile {
    /// As many bytes as the file has there, up to `count`.
    func bytes(at offset: UInt64, count: Int) throws(SegmentError) -> ArraySlice<UInt8> {
        do {
            return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            }[...]
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            preconditionFailure("a file throws nothing else: \(error)")
        }
    }

    /// CRC-32C of a part of the file, read piece by piece.
    func checksum(at offset: UInt64, bytes: UInt64) throws(SegmentError) -> UInt32 {
        var checksum: UInt32 = 0
        var done: UInt64 = 0
        while done < bytes {
            let piece = try self.bytes(at: offset + done, count: Int(min(1 << 20, bytes - done)))
            guard !piece.isEmpty else { break }
            checksum = crc32c(piece, from: checksum)
            done += UInt64(piece.count)
        }
        return checksum
    }
}
