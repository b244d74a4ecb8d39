// SPDX-License-Identifier: Apache-2.0
// All the segments of one node: which are active, which number comes next.

package import HoldfastDisk
package import HoldfastModel
internal import Synchronization

/// Whose segments these are, and in which run they are written.
package struct SegmentOwner: Hashable, Sendable {
    package var node: NodeID
    package var disk: DiskID
    package var run: UInt32

    package init(node: NodeID, disk: DiskID, run: UInt32) {
        self.node = node
        self.disk = disk
        self.run = run
    }
}

/// A node's folder of segments: appends batches, one sync for each segment touched.
///
/// Every call blocks on the disk. One thread appends and seals; the lock is there for the compiler
/// and for whoever asks how things are.
package final class SegmentStore: Sendable {
    package struct Limits: Sendable {
        /// A segment is sealed when it has reached this size.
        package var segmentBytesMax: UInt64 = 256 << 20
        /// Bytes that stay free on the disk: below, everything new is refused.
        package var reserveBytes: UInt64 = 256 << 20

        package init() {}
    }

    private struct State {
        var writers: [KeepClass: SegmentWriter] = [:]
        var segmentCount: UInt64 = 0
        var recordCount: UInt32 = 0
        var fences: [Fence] = []
        var sealed: [SegmentNumber] = []
    }

    package let folder: String
    package let owner: SegmentOwner
    private let disk: any Disk
    private let limits: Limits
    private let state = Mutex(State())

    private static let segmentsARunMax: UInt64 = 1_000_000

    /// The run that made a segment.
    package static func run(of segment: SegmentNumber) -> UInt32 {
        UInt32(clamping: segment / segmentsARunMax)
    }

    package init(
        folder: String, owner: SegmentOwner, limits: Limits = Limits(), on disk: any Disk
    ) throws(SegmentError) {
        self.folder = folder
        self.owner = owner
        self.disk = disk
        self.limits = limits
        try onDisk { () throws(DiskError) in try disk.makeFolder(folder) }
    }

    /// Appends records of one class as one batch; on return they would survive a power cut.
    ///
    /// After a failure none of them counts, the segment is fenced, and the next call opens another.
    package func append(
        _ records: ArraySlice<Appendable>, to keepClass: KeepClass, now: Timestamp
    ) throws(SegmentError) -> [Placed] {
        try state.withLock { state throws(SegmentError) in
            try checkSpace(for: records)
            let writer = try writer(of: keepClass, now: now, &state)
            let first = Position(run: owner.run, number: state.recordCount + 1)
            // A position is spent even if the batch fails: it may have reached the disk.
            state.recordCount += UInt32(records.count)
            do throws(DiskError) {
                return try writer.append(records, firstPosition: first, now: now)
            } catch {
                state.fences.append(Fence(segment: writer.header.number, end: writer.end))
                state.writers[keepClass] = nil
                throw .disk(error)
            }
        }
    }

    /// Seals what is full, or of another day; with `all`, whatever is active.
    package func sealFinished(all: Bool = false, now: Timestamp) throws(SegmentError) {
        try state.withLock { state throws(SegmentError) in
            for (keepClass, writer) in state.writers where all || isFinished(writer, now: now) {
                try seal(writer, of: keepClass, now: now, &state)
            }
        }
    }

    /// Writes nothing more to a segment: its file is not where it was.
    package func leave(_ segment: SegmentNumber) {
        state.withLock { state in
            state.writers = state.writers.filter { $0.value.header.number != segment }
        }
    }

    /// Lets go of memory that only makes the next batch faster.
    package func giveMemoryBack() {
        state.withLock { state in
            for writer in state.writers.values { writer.giveMemoryBack() }
        }
    }

    /// The segments that are being written: number, and the end of what is durable in each.
    package var active: [(segment: SegmentNumber, end: UInt64)] {
        state.withLock { state in state.writers.values.map { ($0.header.number, $0.end) } }
    }

    /// The segments that were sealed since the last call.
    package func takeSealed() -> [SegmentNumber] {
        state.withLock { state in
            defer { state.sealed = [] }
            return state.sealed
        }
    }

    /// What people ordered and what became of it is small, and must be written down on a full disk too.
    private func checkSpace(for records: ArraySlice<Appendable>) throws(SegmentError) {
        let isNotes = records.allSatisfy { $0.record.header.kind == .note }
        let reserve = isNotes ? 0 : limits.reserveBytes
        let wanted = records.reduce(reserve) { $0 + $1.record.header.recordBytes }
        let free = try onDisk { () throws(DiskError) in try disk.space(at: folder).free }
        guard free > wanted else { throw .full(free: free, reserve: reserve) }
    }

    private func writer(
        of keepClass: KeepClass, now: Timestamp, _ state: inout State
    ) throws(SegmentError) -> SegmentWriter {
        if let writer = state.writers[keepClass] {
            guard isFinished(writer, now: now) else { return writer }
            try seal(writer, of: keepClass, now: now, &state)
        }
        guard state.fences.count < Fence.fencesMax else { throw .fencedTooOften }
        state.segmentCount += 1
        precondition(
            state.segmentCount < Self.segmentsARunMax, "a run writes fewer segments than this")
        let number = UInt64(owner.run) * Self.segmentsARunMax + state.segmentCount
        let header = SegmentHeader(
            node: owner.node, disk: owner.disk, number: number, run: owner.run, created: now,
            keepClass: keepClass, fences: state.fences)
        let writer = try onDisk { () throws(DiskError) in
            try SegmentWriter(header: header, path: segmentPath(folder, number, "act"), on: disk)
        }
        state.writers[keepClass] = writer
        return writer
    }

    private func isFinished(_ writer: SegmentWriter, now: Timestamp) -> Bool {
        writer.end >= limits.segmentBytesMax || writer.header.day != now.day
    }

    private func seal(
        _ writer: SegmentWriter, of keepClass: KeepClass, now: Timestamp, _ state: inout State
    ) throws(SegmentError) {
        // Whether or not it can be sealed, nothing is appended to it any more; recovery seals it.
        state.writers[keepClass] = nil
        try onDisk { () throws(DiskError) in try writer.seal(now: now) }
        state.sealed.append(writer.header.number)
    }
}
