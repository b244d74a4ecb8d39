// SPDX-License-Identifier: Apache-2.0
// Checking one segment after the other, and what is done about what is found.

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging

/// Reads segments, compares them with the local index, notes damage, and puts back what the index lost.
struct Checker: Sendable {
    let name: String
    let keeper: RecordKeeper
    let index: IndexQueue
    let logger: Logger

    private static let rowsAtATime = 10_000

    /// What checking a segment came to.
    struct Checked: Sendable {
        var records = 0
        var bytes: UInt64 = 0
        var bad: [SegmentFindings.Bad] = []
        var healed = 0
        var undocumented = 0
    }

    /// The segments that are there now, lowest first, with how much was written to each.
    func segments(on thread: DiskThread) async throws -> [(file: SegmentFolder.File, bytes: UInt64)]
    {
        try await thread.run { [keeper] in
            let disk = keeper.machine.disk
            // An active one has its room reserved ahead.
            let active = keeper.store.active
            return try SegmentFolder(keeper.store.folder, on: disk).files().map { file in
                let written = active.first { $0.segment == file.segment }?.end
                // What was dropped meanwhile has no size, and is not found when its turn comes.
                return (
                    file, written ?? (try? disk.open(file.path, forWriting: false).size()) ?? 0
                )
            }
        }
    }

    /// Checks one segment; nil when it is not there any more.
    func check(
        _ segment: SegmentNumber, on thread: DiskThread, pace: Pace
    ) async throws -> Checked? {
        guard let reading = try await read(segment, on: thread, pace) else { return nil }
        // Rows of what was read may still be on their way.
        try await keeper.note(.kept([], segments: []))
        let (rows, known) = try await thread.run { [keeper] in
            let known = try keeper.ledger.damaged(in: segment)
            return (try Self.rows(of: segment, keeper.ledger), known)
        }
        let findings = CheckRules.findings(reading, rows: rows, known: known)
        for row in findings.bad { keeper.damage.note(segment: segment, offset: row.offset) }
        // What is not whole is healed when another record stands for it, and the ledger says so then.
        for offset in findings.healed
        where reading.whole[offset] != nil
            && keeper.damage.isKnown(segment: segment, offset: offset)
        {
            keeper.damage.heal(segment: segment, offset: offset)
            keeper.noteSoon(.healed(CopyPlace(segment: segment, offset: offset)))
        }
        let restored = try await restore(findings.undocumented, of: segment, on: thread)
        if !findings.bad.isEmpty || restored > 0 {
            logger.error(
                "Segment checked",
                metadata: [
                    "node": "\(name)", "segment": "\(segment)", "bad": "\(findings.bad.count)",
                    "not in the index": "\(restored)",
                ])
        }
        return Checked(
            records: rows.count, bytes: reading.bytes, bad: findings.bad,
            healed: findings.healed.count, undocumented: restored)
    }

    /// Forgets what lay in segments that somebody took away, and says what was lost with each: it is no copy
    /// any more, and whoever offers it again finds it wanted.
    func forgetMissing() async throws -> [(segment: SegmentNumber, lost: Checked)] {
        var missing: [(SegmentNumber, Checked)] = []
        for row in try await keeper.missingSegments() {
            let segment = row.segment
            let rows = try await keeper.readLong { ledger, _ in
                try Self.rows(of: segment, ledger)
            }
            try await keeper.forgetMissing(segment)
            let nothing = SegmentReading(end: .max)
            let lost = CheckRules.findings(nothing, rows: rows, known: []).bad
            missing.append((segment, Checked(records: rows.count, bad: lost)))
            logger.error(
                "Segment missing, its copies forgotten",
                metadata: [
                    "node": "\(name)", "segment": "\(segment)", "records": "\(rows.count)",
                ])
        }
        return missing
    }

    private func read(
        _ segment: SegmentNumber, on thread: DiskThread, _ pace: Pace
    ) async throws -> SegmentReading? {
        let end = keeper.store.active.first { $0.segment == segment }?.end
        return try await withTaskCancellationHandler {
            try await thread.run { [keeper] in
                let check = SegmentCheck(
                    folder: keeper.store.folder, on: keeper.machine.disk, pace: pace)
                do {
                    guard
                        let file = try check.folder.files().first(where: { $0.segment == segment })
                    else { return nil }
                    return try check.read(
                        file, upTo: file.isSealed ? nil : end ?? Self.end(of: file, keeper.ledger))
                } catch SegmentError.disk(.absent) {
                    return nil
                }
            }
        } onCancel: {
            pace.stop()
        }
    }

    /// How far a segment counts that is not sealed, and not written any more: a failed write left it so.
    private static func end(of file: SegmentFolder.File, _ ledger: Ledger) throws -> UInt64 {
        try ledger.segments().first { $0.segment == file.segment }?.recordedUpTo ?? 0
    }

    private static func rows(of segment: SegmentNumber, _ ledger: Ledger) throws -> [CheckedRow] {
        var rows: [CheckedRow] = []
        var place = Position.none
        while true {
            let entries = try ledger.entries(
                of: segment, after: place, limit: rowsAtATime)
            let held = try ledger.held(entries.map(\.mail))
            rows += entries.map { entry in
                CheckedRow(
                    mail: entry.mail, position: entry.position, offset: entry.offset,
                    isReplaced: held[entry.mail].map { $0.position != entry.position } ?? false)
            }
            guard let last = entries.last, entries.count == rowsAtATime else { return rows }
            place = last.position
        }
    }

    /// Puts whole records back into the local index, unless another stands for the mail, and has their
    /// entries shipped; returns how many.
    private func restore(
        _ offsets: [UInt64], of segment: SegmentNumber, on thread: DiskThread
    ) async throws -> Int {
        guard !offsets.isEmpty else { return 0 }
        let rows = try await thread.run { [keeper] in
            var rows: [LedgerRow] = []
            for offset in offsets {
                if try keeper.ledger.isPurged(segment: segment, offset: offset) { continue }
                let record = try keeper.reader.record(
                    segment: segment, offset: offset, mail: nil)
                let mail = record.header.mail
                guard try keeper.ledger.held([mail])[mail] == nil else { continue }
                rows.append(try LedgerRow(record, segment: segment, offset: offset))
            }
            return rows
        }
        guard try await keeper.restore(rows, of: segment) else { return 0 }
        for row in rows { index.shipAsNew(row.position) }
        return rows.count
    }
}
