// SPDX-License-Identifier: Apache-2.0
// The files of a node's segments: which there are, what the last run left, dropping.

package import HoldfastDisk
package import HoldfastModel

/// A node's folder of segment files, seen from outside.
package struct SegmentFolder: Sendable {
    /// One file of the folder.
    package struct File: Hashable, Sendable {
        package var segment: SegmentNumber
        package var isSealed: Bool
        package var path: String
    }

    package let path: String
    private let disk: any Disk

    package init(_ path: String, on disk: any Disk) {
        self.path = path
        self.disk = disk
    }

    /// All segments, by number.
    package func files() throws(SegmentError) -> [File] {
        let names = try onDisk { () throws(DiskError) in
            disk.exists(path) ? try disk.names(in: path) : []
        }
        return names.compactMap { name in
            guard let number = SegmentNumber(name.dropLast(4)) else { return nil }
            guard name.hasSuffix(".act") || name.hasSuffix(".seg") else { return nil }
            return File(
                segment: number, isSealed: name.hasSuffix(".seg"), path: path + "/" + name)
        }.sorted { $0.segment < $1.segment }
    }

    /// Reads single records of these segments.
    package var reader: SegmentReader { SegmentReader(folder: path, on: disk) }

    /// The header of a segment.
    package func header(of file: File) throws(SegmentError) -> SegmentHeader {
        try SegmentScan(file, on: disk).segment
    }

    /// Where a segment that a run left after a failed write ends; nil when it was not so left.
    package func fence(of file: File, among files: [File]) throws(SegmentError) -> UInt64? {
        let run = try header(of: file).run
        for other in files where other.segment > file.segment {
            // A header that cannot be read tells of no fence; its own scan reports it.
            guard let header = try? header(of: other), header.run == run else { continue }
            if let fence = header.fences.first(where: { $0.segment == file.segment }) {
                return fence.end
            }
        }
        return nil
    }

    /// Visits the records of a segment, from an offset where a batch begins.
    package func records(
        of file: File, from start: UInt64?, visit: (ScannedRecord) throws -> Void
    ) throws -> ScanReport {
        let scan = try SegmentScan(file, on: disk)
        let begin = max(start ?? 0, SegmentFormat.dataOffset)
        var found: Set<UInt64> = []
        var report = try scan.records(from: begin, durable: file.isSealed ? .max : 0) { record in
            found.insert(record.place.offset)
            try visit(record)
        }
        if file.isSealed {
            report.damaged += try scan.missing(from: begin, found: found, besides: report)
        }
        return report
    }

    /// What a sealed segment holds by its own table, without reading more of it; nil when there is none
    /// that can be read, or when the segment does not end where its table says.
    package func contents(of file: File) throws(SegmentError) -> SegmentContents? {
        guard file.isSealed else { return nil }
        let header = try header(of: file)
        let open = try onDisk { () throws(DiskError) in try disk.open(file.path, forWriting: false)
        }
        guard let table = try SealTable.read(from: open, of: file.segment) else { return nil }
        return SegmentContents(header: header, table: table)
    }

    /// Visits the records of a segment that is being written.
    ///
    /// - Parameter end: how far it is durable.
    package func records(
        ofActive file: File, upTo end: UInt64, visit: (ScannedRecord) throws -> Void
    ) throws -> ScanReport {
        try SegmentScan(file, on: disk).records(durable: end, limit: end, visit: visit)
    }

    /// Visits the records of a segment as far as their message; nothing is changed, nothing sealed.
    package func sections(
        of file: File, visit: (ScannedRecord) throws -> Void
    ) throws -> ScanReport {
        let scan = try SegmentScan(file, on: disk, checksMessages: false)
        return try scan.records(durable: file.isSealed ? .max : 0, visit: visit)
    }

    /// Removes an active segment that a crash left before its first batch, and so its header, was
    /// durable: nothing in it was ever answered for. False when it is more than that.
    package func removeIfUnborn(_ file: File) throws(SegmentError) -> Bool {
        guard !file.isSealed, try SegmentScan.isUnborn(file.path, file.segment, on: disk) else {
            return false
        }
        try onDisk { () throws(DiskError) in
            try disk.remove(file.path)
            try disk.syncFolder(path)
        }
        return true
    }

    /// Seals a segment that a former run left active, at the end of what is whole in it, and visits
    /// what it holds. May be repeated, and may be cut off anywhere.
    ///
    /// - Parameter durable: an offset below which the ledger knows everything to have been synced.
    package func sealLeftover(
        _ file: File, durable: UInt64, fence: UInt64?, now: Timestamp,
        visit: (ScannedRecord) throws -> Void
    ) throws -> ScanReport {
        let open = try disk.open(file.path, forWriting: true)
        // What a killed process wrote looks fine from here and may be in no disk yet.
        try open.sync()
        let scan = try SegmentScan(file, on: disk)
        var table = SealTable()
        var report = try scan.records(durable: durable, limit: fence ?? .max) { found in
            table.add(found.record.header, at: found.place)
            try visit(found)
        }
        report.isLeftActive = try !hasRoomToSeal { () throws(DiskError) in
            try seal(open, scan.segment, table, at: report.end, now: now)
            try disk.rename(file.path, to: sealedName(file.path))
            try disk.syncFolder(path)
        }
        return report
    }

    private func hasRoomToSeal(_ seal: () throws(DiskError) -> Void) throws(DiskError) -> Bool {
        do throws(DiskError) {
            try seal()
            return true
        } catch .full {
            return false
        }
    }

    private func seal(
        _ file: any DiskFile, _ header: SegmentHeader, _ table: SealTable, at end: UInt64,
        now: Timestamp
    ) throws(DiskError) {
        let bytes = table.encoded
        let batch = BatchHeader(
            node: header.node, segment: header.number, offset: end, number: .max,
            records: table.lines.count, bytes: UInt64(SegmentFormat.batchHeaderBytes + bytes.count),
            durableUpTo: end, written: now, isTable: true)
        var buffer = [UInt8](repeating: 0, count: SegmentFormat.batchHeaderBytes)
        buffer.withUnsafeMutableBytes { batch.encode(into: $0) }
        buffer += bytes
        let padded = Int(SegmentFormat.roundedToBlock(UInt64(buffer.count)))
        buffer += [UInt8](repeating: 0, count: padded - buffer.count)
        buffer += table.trailer(of: header.number, tableAt: end)
        try file.truncate(to: end)
        try file.write(buffer, at: end)
        try file.sync()
    }

    /// Removes a sealed segment and all that it holds; one that is gone already is no error.
    package func drop(_ segment: SegmentNumber) throws(SegmentError) {
        let file = segmentPath(path, segment, "seg")
        guard disk.exists(file) else { return }
        try onDisk { () throws(DiskError) in
            try disk.remove(file)
            try disk.syncFolder(path)
        }
    }
}
