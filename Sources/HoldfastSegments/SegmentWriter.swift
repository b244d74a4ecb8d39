// SPDX-License-Identifier: Apache-2.0
// One active segment: batches are appended and synced, until it is sealed.

package import HoldfastDisk
package import HoldfastModel

/// A record to be appended; its message may lie in a file when it is too large to be held.
package struct Appendable: Sendable {
    package var record: Record
    /// Holds the message section, from its first byte, when the record does not.
    package var message: (any DiskFile)?

    package init(_ record: Record, message: (any DiskFile)? = nil) {
        precondition(record.messageIsBeside == (message != nil), "a message lies in one place")
        self.record = record
        self.message = message
    }
}

/// Where a record came to lie.
package struct Placed: Hashable, Sendable {
    package var segment: SegmentNumber
    package var offset: UInt64
    package var length: UInt64
    package var position: Position
}

/// Appends batches to one segment file: one write and one sync for each.
///
/// After a failure nothing is ever written to it again; its owner leaves it as it is (D1).
final class SegmentWriter {
    let header: SegmentHeader
    private let file: any DiskFile
    private let path: String
    private let disk: any Disk
    /// Where the next batch goes; everything below is durable.
    private(set) var end = SegmentFormat.dataOffset
    private(set) var table = SealTable()
    private var preallocated: UInt64 = 0
    private var batchNumber: UInt32 = 0
    private var buffer: [UInt8] = []

    /// Reservations begin small and grow with the segment, so that a box with little mail does not
    /// show gigabytes in use.
    private static let reservationBytes = UInt64(4 << 20)...UInt64(64 << 20)
    private static let copyBytes = 1 << 20

    init(header: SegmentHeader, path: String, on disk: any Disk) throws(DiskError) {
        self.header = header
        self.path = path
        self.disk = disk
        file = try disk.create(path)
        try reserve(upTo: SegmentFormat.dataOffset)
        let block = header.encoded
        try file.write(block + block, at: 0)
        // The header becomes durable with the first batch; the name must be by then.
        try disk.syncFolder(parentFolder(of: path))
    }

    /// Writes the records as one batch, gives each its position, syncs once.
    func append(
        _ records: ArraySlice<Appendable>, firstPosition: Position, now: Timestamp
    ) throws(DiskError) -> [Placed] {
        var placed: [Placed] = []
        placed.reserveCapacity(records.count)
        var offset = end + UInt64(SegmentFormat.batchHeaderBytes)
        var position = firstPosition
        for item in records {
            let length = item.record.header.recordBytes
            placed.append(
                Placed(segment: header.number, offset: offset, length: length, position: position))
            offset += length
            position = position.next
        }
        let batch = batchHeader(
            records: records.count, bytes: offset - end, now: now, isTable: false)
        try reserve(upTo: SegmentFormat.roundedToBlock(offset))
        try write(batch, records, placed)
        try file.sync()
        end = SegmentFormat.roundedToBlock(offset)
        for (item, place) in zip(records, placed) { table.add(item.record.header, at: place) }
        return placed
    }

    /// Lets go of the room for a batch; the next one takes it anew.
    func giveMemoryBack() {
        buffer = []
    }

    /// Adds the table of records, cuts what was reserved, and gives the file its final name.
    func seal(now: Timestamp) throws(DiskError) {
        let bytes = UInt64(SegmentFormat.batchHeaderBytes + table.encoded.count)
        let batch = batchHeader(records: table.lines.count, bytes: bytes, now: now, isTable: true)
        beginBuffer(batch)
        buffer.append(contentsOf: table.encoded)
        padBuffer()
        buffer.append(contentsOf: table.trailer(of: header.number, tableAt: end))
        try flush(at: end)
        try file.truncate(to: end + UInt64(buffer.count))
        try file.sync()
        try disk.rename(path, to: sealedName(path))
        try disk.syncFolder(parentFolder(of: path))
    }

    private func batchHeader(
        records: Int, bytes: UInt64, now: Timestamp, isTable: Bool
    ) -> BatchHeader {
        batchNumber += 1
        return BatchHeader(
            node: header.node, segment: header.number, offset: end, number: batchNumber,
            records: records, bytes: bytes, durableUpTo: end, written: now, isTable: isTable)
    }

    private func write(
        _ batch: BatchHeader, _ records: ArraySlice<Appendable>, _ placed: [Placed]
    ) throws(DiskError) {
        beginBuffer(batch)
        var start = end
        for (item, place) in zip(records, placed) {
            var record = item.record
            record.setPosition(place.position)
            record.encode(into: &buffer)
            guard let message = item.message else { continue }
            // What is held so far goes first; the message follows it, piece by piece.
            try flush(at: start)
            start += UInt64(buffer.count)
            buffer.removeAll(keepingCapacity: true)
            try copy(message, bytes: record.header.message.bytes, to: start)
            start += record.header.message.bytes
            buffer.append(contentsOf: repeatElement(0, count: record.paddingBytes))
        }
        padBuffer(from: start)
        try flush(at: start)
    }

    private func beginBuffer(_ batch: BatchHeader) {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: repeatElement(0, count: SegmentFormat.batchHeaderBytes))
        buffer.withUnsafeMutableBytes { batch.encode(into: $0) }
    }

    private func padBuffer(from start: UInt64? = nil) {
        let last = (start ?? end) + UInt64(buffer.count)
        buffer.append(
            contentsOf: repeatElement(0, count: Int(SegmentFormat.roundedToBlock(last) - last)))
    }

    private func flush(at offset: UInt64) throws(DiskError) {
        try file.write(buffer, at: offset)
    }

    private func copy(
        _ message: any DiskFile, bytes: UInt64, to offset: UInt64
    ) throws(DiskError) {
        var piece = [UInt8](repeating: 0, count: Self.copyBytes)
        var done: UInt64 = 0
        while done < bytes {
            let wanted = Int(min(UInt64(Self.copyBytes), bytes - done))
            try piece.withUnsafeMutableBufferPointer { buffer throws(DiskError) in
                let part = UnsafeMutableRawBufferPointer(
                    UnsafeMutableBufferPointer(rebasing: buffer[..<wanted]))
                guard try message.read(into: part, at: done) == wanted else {
                    throw DiskError.failed(operation: "reading a message for", path: path, errno: 5)
                }
                try file.write(UnsafeRawBufferPointer(part), at: offset + done)
            }
            done += UInt64(wanted)
        }
    }

    private func reserve(upTo bytes: UInt64) throws(DiskError) {
        guard bytes > preallocated else { return }
        let step = min(
            max(Self.reservationBytes.lowerBound, preallocated), Self.reservationBytes.upperBound)
        let target = max(bytes, preallocated + step)
        try file.preallocate(from: preallocated, bytes: target - preallocated)
        preallocated = target
    }
}

func parentFolder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
}

/// `….act` becomes `….seg`.
func sealedName(_ path: String) -> String {
    path.dropLast(4) + ".seg"
}
