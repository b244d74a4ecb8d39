// SPDX-License-Identifier: Apache-2.0
// Opening a data folder: what the last run left is read, noted and sealed before anything new.

package import HoldfastDisk
package import HoldfastLedger
package import HoldfastModel
package import HoldfastSegments
package import Logging

extension RecordKeeper {
    /// What a start found, besides what it expected.
    package struct Recovery: Sendable {
        /// How many records the ledger did not know: the last run may not have answered for them.
        package var recoveredCount = 0
        /// The newest of them, as many as were asked for.
        package var recovered = Newest<RecordHeader>(max: 0)
        /// Where the DAL goes on is behind these, as far as they are known: nobody would ship them.
        package var latecomers: [Position] = []
        package var damagedRanges = 0

        static let latecomersMax = 10_000
        package var lostSegments: [SegmentNumber] = []

        /// Nothing was missing.
        var isWhole: Bool { damagedRanges == 0 && lostSegments.isEmpty }
    }

    /// What a node wants of a start besides a ledger that knows all its segments.
    package struct Start: Sendable {
        /// How many of the records that the ledger did not know are handed over.
        package var recoveredMax = 0
        /// Rows stay although their segment is gone: somebody waits for what lay in it.
        package var keepsLostRows = false
        /// A sealed segment that the ledger does not know is taken at its table's word, and read when
        /// the node serves again (`Filling`).
        package var readsLater = false

        package init(
            recoveredMax: Int = 0, keepsLostRows: Bool = false, readsLater: Bool = false
        ) {
            self.recoveredMax = recoveredMax
            self.keepsLostRows = keepsLostRows
            self.readsLater = readsLater
        }
    }

    /// Opens a data folder, or makes it. Blocks until its ledger has caught up with its segments.
    package static func open(
        _ path: String, name: String, limits: SegmentStore.Limits = .init(),
        start: Start = Start(), machine: Machine = Machine(), logger: Logger
    ) throws -> (keeper: RecordKeeper, recovery: Recovery) {
        var random = machine.chance
        let disk = RealDisk()
        let segments = SegmentFolder(path + "/segments", on: disk)
        let folder = try DataFolder.open(
            path, newNode: NodeID(using: &random).number,
            lastRun: SegmentStore.run(of: try segments.files().last?.segment ?? 0))
        let (ledger, recovery) = try openLedger(
            path + "/ledger.sqlite", with: segments, start, now: machine.clock.now, on: disk,
            logger: logger)
        let keeper = try RecordKeeper(
            folder, segments, ledger, start, recovery, name: name, limits: limits,
            machine: machine, logger: logger)
        return (keeper, recovery)
    }

    /// As `open`, for a folder and a ledger that the caller has opened: a simulation has its own.
    package static func open(
        _ folder: DataFolder, ledger: Ledger, name: String, limits: SegmentStore.Limits,
        start: Start = Start(), machine: Machine, logger: Logger
    ) throws -> (keeper: RecordKeeper, recovery: Recovery) {
        let segments = SegmentFolder(folder.path + "/segments", on: machine.disk)
        let recovery = try catchUp(
            ledger, with: segments, start, now: machine.clock.now, logger: logger)
        let keeper = try RecordKeeper(
            folder, segments, ledger, start, recovery, name: name, limits: limits,
            machine: machine, logger: logger)
        return (keeper, recovery)
    }

    private convenience init(
        _ folder: DataFolder, _ segments: SegmentFolder, _ ledger: Ledger, _ start: Start,
        _ recovery: Recovery, name: String, limits: SegmentStore.Limits, machine: Machine,
        logger: Logger
    ) throws {
        let owner = SegmentOwner(
            node: NodeID(folder.node), disk: DiskID(folder.disk), run: folder.run)
        let store = try SegmentStore(
            folder: segments.path, owner: owner, limits: limits, on: machine.disk)
        self.init(
            folder: folder, ledger: ledger, store: store, machine: machine,
            keepsLostRows: start.keepsLostRows, damaged: try ledger.damagedPlaces(healed: false),
            healed: try ledger.damagedPlaces(healed: true), latecomers: recovery.latecomers,
            isWhole: recovery.isWhole, name: name, logger: logger)
    }

    /// Opens the ledger and lets it catch up. One that is damaged, now or by the last run's word, is
    /// set aside and made again from the segments: it is derived.
    private static func openLedger(
        _ path: String, with segments: SegmentFolder, _ start: Start, now: Timestamp,
        on disk: RealDisk, logger: Logger
    ) throws -> (Ledger, Recovery) {
        func open() throws -> (Ledger, Recovery) {
            let ledger = try Ledger(path: path)
            return (ledger, try catchUp(ledger, with: segments, start, now: now, logger: logger))
        }
        let mark = Ledger.mark(of: path)
        do {
            if disk.exists(mark) { throw LedgerError.damaged("found by the last run") }
            return try open()
        } catch LedgerError.damaged(let reason) {
            logger.error(
                "Ledger damaged, making it again",
                metadata: ["reason": "\(reason)", "kept": "\(path).broken"])
            for ending in ["", "-wal", "-shm"] where disk.exists(path + ending) {
                try disk.rename(path + ending, to: path + ".broken" + ending)
            }
            // Last of all: a start that is cut off before begins here again.
            if disk.exists(mark) { try disk.remove(mark) }
            return try open()
        }
    }

    /// Brings into the ledger what the segments hold beyond it, and seals what a run left active.
    static func catchUp(
        _ ledger: Ledger, with folder: SegmentFolder, _ start: Start = Start(), now: Timestamp,
        logger: Logger
    ) throws -> Recovery {
        var recovery = Recovery(recovered: Newest(max: start.recoveredMax))
        let files = try folder.files()
        var known = Dictionary(uniqueKeysWithValues: try ledger.segments().map { ($0.segment, $0) })
        for file in files {
            let row = known.removeValue(forKey: file.segment)
            if file.isSealed && row?.recordedUpTo == SegmentRow.complete { continue }
            do {
                if row == nil, try folder.removeIfUnborn(file) { continue }
                if row == nil, start.readsLater, let contents = try folder.contents(of: file) {
                    try enter(contents, of: folder, into: ledger)
                    recovery.recoveredCount += contents.lines.count
                    continue
                }
                try follow(file, from: row, in: folder, files, ledger, start, now: now, &recovery)
            } catch let error as SegmentError {
                // One unreadable segment must not keep the others from being served.
                recovery.lostSegments.append(file.segment)
                logger.error(
                    "Segment unreadable",
                    metadata: ["segment": "\(file.path)", "reason": "\(error)"])
            }
        }
        for segment in known.keys.sorted() {
            recovery.lostSegments.append(segment)
            logger.error("Segment missing", metadata: ["segment": "\(segment)"])
            // With its rows it can go once nobody waits for what lay in it.
            try ledger.commit([start.keepsLostRows ? .complete(segment) : .dropped(segment)])
        }
        if recovery.damagedRanges > 0 {
            logger.error("Damage found at start", metadata: ["ranges": "\(recovery.damagedRanges)"])
        }
        return recovery
    }

    private static let bareRowsATransaction = 20_000

    /// Notes where the records of a segment lie; what people did is read at once. Done again it changes nothing: the segment has no row
    /// of its own before the last of them is noted.
    private static func enter(
        _ contents: SegmentContents, of folder: SegmentFolder, into ledger: Ledger
    ) throws {
        let reader = folder.reader
        let header = contents.header
        var segment = SegmentRow(
            segment: header.number, day: header.day, dropDay: header.dropDay,
            recordedUpTo: SegmentRow.complete, records: contents.lines.count, bytes: 0,
            isBare: true)
        segment.bytes = contents.lines.reduce(0) { $0 + $1.place.length }
        // A header that cannot be read does not say how long its records are kept.
        segment.dropDay = contents.lines.reduce(header.dropDay) { max($0, $1.keepUntil) }
        var rest = contents.lines[...]
        repeat {
            let some = rest.prefix(bareRowsATransaction)
            rest = rest.dropFirst(some.count)
            let rows = some.map { line in
                // A note that cannot be read is left to whoever checks the segment.
                let note =
                    line.kind == .note
                    ? try? LedgerRow(
                        reader.record(
                            segment: header.number, offset: line.place.offset, mail: line.mail),
                        segment: header.number, offset: line.place.offset) : nil
                return note
                    ?? LedgerRow(
                        bare: line.mail, kind: line.kind, position: line.place.position,
                        segment: header.number, offset: line.place.offset,
                        length: line.place.length,
                        received: header.created, keepUntil: line.keepUntil)
            }
            try ledger.commit([.kept(rows, segments: rest.isEmpty ? [segment] : [])])
        } while !rest.isEmpty
    }

    /// Notes what a segment holds beyond what the ledger knows of it, and seals it if it is not.
    private static func follow(
        _ file: SegmentFolder.File, from row: SegmentRow?, in folder: SegmentFolder,
        _ files: [SegmentFolder.File], _ ledger: Ledger, _ start: Start, now: Timestamp,
        _ recovery: inout Recovery
    ) throws {
        let header = try folder.header(of: file)
        var catching = CatchingUp(
            header: header, from: row?.recordedUpTo ?? 0, ledger: ledger,
            found: Newest(max: recovery.recovered.max))
        let report: ScanReport
        if file.isSealed {
            report = try folder.records(of: file, from: row?.recordedUpTo) { try catching.note($0) }
        } else {
            let fence = try folder.fence(of: file, among: files)
            report = try folder.sealLeftover(
                file, durable: row?.recordedUpTo ?? 0, fence: fence, now: now
            ) { try catching.note($0) }
        }
        try catching.finish(upTo: report.end, isComplete: !report.isLeftActive)
        recovery.recoveredCount += catching.count
        recovery.recovered.append(contentsOf: catching.found.items)
        let room = Recovery.latecomersMax - recovery.latecomers.count
        recovery.latecomers += catching.latecomers.prefix(room)
        recovery.damagedRanges += report.damaged.count
        try ledger.commit(
            report.damaged.map { range in
                .damaged(
                    CopyPlace(segment: file.segment, offset: range.lowerBound),
                    keepsRow: start.keepsLostRows)
            })
    }
}

/// Brings the rows of one segment into the ledger, some thousand at a time.
private struct CatchingUp {
    private let header: SegmentHeader
    private let start: UInt64
    private let ledger: Ledger
    private(set) var found: Newest<RecordHeader>
    private(set) var count = 0
    /// The DAL was told of what follows these, and never of these: a batch that failed, and was left behind
    /// whole by a process that ended before it could say so.
    private(set) var latecomers: [Position] = []
    /// Up to where the DAL was told, once that is asked for.
    private var shipped: Position?
    private var rows: [LedgerRow] = []
    private var segment: SegmentRow

    private static let rowsATransaction = 4096

    init(
        header: SegmentHeader, from start: UInt64, ledger: Ledger, found: Newest<RecordHeader>
    ) {
        self.found = found
        self.header = header
        self.start = start
        self.ledger = ledger
        segment = SegmentRow(
            segment: header.number, day: header.day, dropDay: header.dropDay, recordedUpTo: 0,
            records: 0, bytes: 0)
    }

    mutating func note(_ scanned: ScannedRecord) throws {
        guard scanned.place.offset >= start else { return }
        count += 1
        found.append(contentsOf: CollectionOfOne(scanned.record.header))
        let shipped = try shipped ?? ledger.queue("index").next
        self.shipped = shipped
        if scanned.place.position <= shipped { latecomers.append(scanned.place.position) }
        rows.append(try LedgerRow(scanned))
        segment.records += 1
        segment.bytes += scanned.place.length
        // A header that cannot be read does not say how long its records are kept.
        segment.dropDay = max(segment.dropDay, scanned.record.header.keepUntil)
        guard rows.count >= Self.rowsATransaction else { return }
        // Neither mark nor count moves before the end is reached: a start that is cut off here begins
        // again where this one did, and rows that are there already stay as they are.
        try ledger.commit([.kept(rows, segments: [])])
        rows.removeAll(keepingCapacity: true)
    }

    mutating func finish(upTo end: UInt64, isComplete: Bool) throws {
        segment.recordedUpTo = end
        let kept = LedgerChange.kept(rows, segments: [segment])
        try ledger.commit(isComplete ? [kept, .complete(header.number)] : [kept])
    }
}

extension LedgerRow {
    fileprivate init(_ scanned: ScannedRecord) throws {
        try self.init(
            scanned.record, segment: scanned.place.segment, offset: scanned.place.offset)
    }

    /// The row of a record that lies there.
    package init(_ record: Record, segment: SegmentNumber, offset: UInt64) throws {
        let isMail = record.header.kind == .mail
        let summary =
            isMail && !record.summary.isEmpty ? try Summary(decoding: record.summary) : Summary()
        let slip = record.slip.isEmpty ? nil : try Slip(decoding: record.slip)
        self.init(
            header: record.header, position: record.header.position, segment: segment,
            offset: offset,
            sender: isMail ? try Envelope(decoding: record.envelope).sender : "",
            subject: summary.subject, messageID: summary.messageID,
            passesOn: slip?.wantsMoreCopies ?? false, wish: try Wish(record))
    }
}

extension Wish {
    /// What a record says that a person wants; nil when it says nothing of that.
    package init?(_ record: Record) throws {
        guard record.header.kind == .note else { return nil }
        let note = try Note(id: record.header.mail, decoding: record.summary)
        self.init(note, keepUntil: record.header.keepUntil)
    }
}
