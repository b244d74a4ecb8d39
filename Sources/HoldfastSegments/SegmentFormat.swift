// SPDX-License-Identifier: Apache-2.0
// The fixed parts of a segment file. The layout is normative in SegmentFormat of the documentation.
//
//   segment = header (4096) · the same again (4096) · batch · batch · …          while active, then
//             · table of records (a batch without records) · trailer (4096)      when sealed
//   batch   = batch header (96) · record · record · … · zeros up to a multiple of 4096

internal import CHoldfast
package import HoldfastModel

/// Sizes that never change within a version of the format.
package enum SegmentFormat {
    /// Everything that is written begins on such a block, so that no acknowledged byte is ever
    /// written again (D3).
    package static let blockBytes = 4096
    /// Where the first batch begins.
    package static let dataOffset = UInt64(2 * blockBytes)
    package static let batchHeaderBytes = 96
    package static let version: UInt16 = 1

    /// The end of the block in which a byte count ends.
    package static func roundedToBlock(_ bytes: UInt64) -> UInt64 {
        (bytes + UInt64(blockBytes) - 1) & ~(UInt64(blockBytes) - 1)
    }
}

/// The first block of a segment: whose it is, and what it may hold.
package struct SegmentHeader: Hashable, Sendable {
    package var node: NodeID
    package var disk: DiskID
    package var number: SegmentNumber
    package var run: UInt32
    package var created: Timestamp
    /// The day of intake of all its records (D8).
    package var day: Day
    package var keepClass: KeepClass
    /// All segments of this run that were left after a failed write before this one was opened.
    package var fences: [Fence]

    /// "HFSEG" CR LF SUB, as it lies on disk.
    private static let magic: UInt64 = 0x1A0A_0D47_4553_4648

    /// The block, without its copy.
    package var encoded: [UInt8] {
        var block = Block()
        block.write(Self.magic)
        block.write(SegmentFormat.version)
        block.write(UInt16(0))
        block.write(UInt32(SegmentFormat.blockBytes))
        block.write(node)
        block.write(disk.number)
        block.write(number)
        block.write(run)
        block.write(UInt32(bitPattern: day.number))
        block.write(keepClass.days)
        block.write(UInt32(0))
        block.write(UInt64(bitPattern: created.milliseconds))
        for fence in fences {
            block.write(fence.segment)
            block.write(fence.end)
        }
        return block.sealed
    }

    /// Reads the first two blocks of a segment: the second stands in for a damaged first.
    package init(decoding bytes: ArraySlice<UInt8>) throws(SegmentError) {
        let size = SegmentFormat.blockBytes
        guard
            let block = BlockReader(bytes.prefix(size))
                ?? BlockReader(bytes.dropFirst(size).prefix(size))
        else { throw .damagedHeader }
        var reader = block
        let magic: UInt64 = reader.read()
        let version: UInt16 = reader.read()
        guard magic == Self.magic else { throw .damagedHeader }
        guard version == SegmentFormat.version else { throw .newerFormat(Int(version)) }
        _ = reader.read() as UInt16
        _ = reader.read() as UInt32
        node = reader.readNode()
        disk = DiskID(reader.read())
        number = reader.read()
        run = reader.read()
        day = Day(number: Int32(bitPattern: reader.read()))
        keepClass = KeepClass(days: reader.read())
        _ = reader.read() as UInt32
        created = Timestamp(milliseconds: Int64(bitPattern: reader.read()))
        fences = []
        while fences.count < Fence.fencesMax {
            let fence = Fence(segment: reader.read(), end: reader.read())
            guard fence.segment != 0 else { break }
            fences.append(fence)
        }
    }

    package init(
        node: NodeID, disk: DiskID, number: SegmentNumber, run: UInt32, created: Timestamp,
        keepClass: KeepClass, fences: [Fence] = []
    ) {
        precondition(fences.count <= Fence.fencesMax, "a header has room for so many fences")
        self.node = node
        self.disk = disk
        self.number = number
        self.run = run
        self.created = created
        day = created.day
        self.keepClass = keepClass
        self.fences = fences
    }

    /// What a batch tells of a header of which neither copy can be read: all but the disk, the fences
    /// and the class. The records themselves say then how long they are kept.
    init(standingIn batch: BatchHeader) {
        self.init(
            node: batch.node, disk: DiskID(0), number: batch.segment,
            run: SegmentStore.run(of: batch.segment), created: batch.written,
            keepClass: KeepClass(days: 0))
    }

    /// The last day on which one of its records may have to be kept.
    package var dropDay: Day { day.advanced(by: Int(keepClass.days)) }
}

/// What stands before the records of a batch. It says where it lies, so that a block of another
/// place or another segment (one attached to a mail, say) is never taken for it.
struct BatchHeader: Hashable {
    var node: NodeID
    var segment: SegmentNumber
    var offset: UInt64
    var number: UInt32
    var records: UInt32
    /// This header and the records, without the zeros that follow.
    var bytes: UInt64
    /// Below this offset everything had been synced when the batch was written.
    var durableUpTo: UInt64
    var written: Timestamp
    /// It holds the table of a sealed segment, not records.
    var isTable: Bool

    private static let magic: UInt32 = 0x5442_4648  // "HFBT"
    private static let tableFlag: UInt32 = 1

    func encode(into bytes: UnsafeMutableRawBufferPointer) {
        var block = Block(bytes: SegmentFormat.batchHeaderBytes, checksumAt: 4)
        block.write(Self.magic)
        block.write(UInt32(0))
        block.write(node)
        block.write(segment)
        block.write(offset)
        block.write(number)
        block.write(records)
        block.write(self.bytes)
        block.write(durableUpTo)
        block.write(UInt64(bitPattern: written.milliseconds))
        block.write(isTable ? Self.tableFlag : 0)
        bytes.copyBytes(from: block.sealed)
    }

    init?(decoding bytes: ArraySlice<UInt8>) {
        let covered = bytes.prefix(SegmentFormat.batchHeaderBytes)
        guard covered.count == SegmentFormat.batchHeaderBytes,
            covered.first == UInt8(truncatingIfNeeded: Self.magic),
            var reader = BlockReader(covered, checksumAt: 4)
        else { return nil }
        let magic: UInt32 = reader.read()
        guard magic == Self.magic else { return nil }
        _ = reader.read() as UInt32
        node = reader.readNode()
        segment = reader.read()
        offset = reader.read()
        number = reader.read()
        records = reader.read()
        self.bytes = reader.read()
        durableUpTo = reader.read()
        written = Timestamp(milliseconds: Int64(bitPattern: reader.read()))
        isTable = (reader.read() as UInt32) & Self.tableFlag != 0
    }

    init(
        node: NodeID, segment: SegmentNumber, offset: UInt64, number: UInt32, records: Int,
        bytes: UInt64, durableUpTo: UInt64, written: Timestamp, isTable: Bool
    ) {
        self.node = node
        self.segment = segment
        self.offset = offset
        self.number = number
        self.records = UInt32(records)
        self.bytes = bytes
        self.durableUpTo = durableUpTo
        self.written = written
        self.isTable = isTable
    }
}
