// SPDX-License-Identifier: Apache-2.0

import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastSegments
import Logging
import Testing

@testable import HoldfastNode

@Suite("What a start finds")
struct RecoveryTests {
    static let now = Timestamp(milliseconds: 1_795_000_000_000)
    static let count = 8000
    private let disk = SimulatedDisk()
    private let folder = "data/segments"

    private static func record(_ number: Int) -> Appendable {
        var record = Record(
            RecordHeader(
                kind: .mail, mail: MailID(UInt128(number)), received: now,
                keepUntil: now.day.advanced(by: 7)))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: now.day.advanced(by: 7)))
        record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
        record.setMessage([UInt8](repeating: 7, count: 300)[...])
        return Appendable(record)
    }

    /// Appends more records than go into one transaction; returns where the last lies.
    private func filled() throws -> Placed? {
        let owner = SegmentOwner(node: NodeID(1), disk: DiskID(2), run: 1)
        let store = try SegmentStore(folder: folder, owner: owner, on: disk)
        var last: Placed?
        for start in stride(from: 1, through: Self.count, by: 500) {
            let records = (start..<start + 500).map { Self.record($0) }
            last = try store.append(records[...], to: KeepClass(days: 7), now: Self.now).last
        }
        return last
    }

    private func catchUp(_ ledger: Ledger) throws -> RecordKeeper.Recovery {
        try RecordKeeper.catchUp(
            ledger, with: SegmentFolder(folder, on: disk), now: Self.now,
            logger: Logger(label: "test"))
    }

    @Test("a recovery that is cut off between two commits counts nothing twice")
    func cutOff() throws {
        let last = try #require(try filled())
        let ledger = try Ledger(path: nil)
        disk.set(.failRead(from: last.offset))
        #expect(try catchUp(ledger).lostSegments == [last.segment])
        #expect(try ledger.count(from: .none) >= 4096)
        disk.set(nil)
        #expect(try catchUp(ledger).recoveredCount == Self.count)
        #expect(try ledger.totals().mails == Self.count)
        #expect(try ledger.totals().bytes == UInt64(Self.count) * last.length)
        #expect(try catchUp(ledger).recoveredCount == 0)
    }

    @Test("what is found behind the DAL's position is told, for nobody else would ship it")
    func latecomers() throws {
        let last = try #require(try filled())
        let ledger = try Ledger(path: nil)
        let before = Position(run: 1, number: 3)
        try ledger.commit([.queue("index", QueueBook.Changes(next: before))])
        #expect(try catchUp(ledger).latecomers.map(\.number) == [1, 2, 3])
        #expect(last.position > before)
        #expect(try catchUp(ledger).latecomers.isEmpty)
    }

    @Test("an active segment in which nothing was ever durable is removed, not mourned")
    func unborn() throws {
        disk.set(.cutAfter(bytes: 100))
        #expect(throws: SegmentError.self) { try filled() }
        disk.powerCut(keepUnsynced: true)
        let ledger = try Ledger(path: nil)
        #expect(try SegmentFolder(folder, on: disk).files().count == 1)
        #expect(try catchUp(ledger).lostSegments.isEmpty)
        #expect(try SegmentFolder(folder, on: disk).files().isEmpty)
    }

    @Test("D5: a sealed segment that was cut short is told by the start that reads it")
    func cutShort() throws {
        _ = try filled()
        _ = try catchUp(try Ledger(path: nil))
        let file = try #require(try SegmentFolder(folder, on: disk).files().first)
        #expect(file.isSealed)
        #expect(try catchUp(try Ledger(path: nil)).damagedRanges == 0)
        let open = try disk.open(file.path, forWriting: true)
        try open.truncate(to: try open.size() - 600_000)
        let recovery = try catchUp(try Ledger(path: nil))
        #expect(recovery.damagedRanges >= 1)
        #expect(recovery.recoveredCount < Self.count)
    }

    @Test(
        "of what a start found only the newest are handed over, and only as many as were asked for")
    func newest() throws {
        _ = try filled()
        let recovery = try RecordKeeper.catchUp(
            try Ledger(path: nil), with: SegmentFolder(folder, on: disk),
            .init(recoveredMax: 3), now: Self.now, logger: Logger(label: "test"))
        #expect(recovery.recoveredCount == Self.count)
        #expect(
            recovery.recovered.items.map(\.mail)
                == (Self.count - 2...Self.count).map {
                    MailID(UInt128($0))
                })
    }

    @Test(
        "a segment that finds no room to be sealed is read all the same, and sealed the next time")
    func noRoomToSeal() throws {
        _ = try filled()
        let ledger = try Ledger(path: nil)
        disk.set(.full)
        let recovery = try catchUp(ledger)
        #expect(recovery.lostSegments.isEmpty)
        #expect(try ledger.totals().mails == Self.count)
        #expect(try SegmentFolder(folder, on: disk).files().map(\.isSealed) == [false])
        disk.set(nil)
        #expect(try catchUp(ledger).recoveredCount == 0)
        #expect(try SegmentFolder(folder, on: disk).files().map(\.isSealed) == [true])
        #expect(try ledger.totals().mails == Self.count)
    }

    @Test(
        "rows of a segment that is gone stay where somebody waits for them",
        arguments: [true, false])
    func gone(keeps: Bool) throws {
        let last = try #require(try filled())
        let ledger = try Ledger(path: nil)
        _ = try catchUp(ledger)
        try SegmentFolder(folder, on: disk).drop(last.segment)
        let recovery = try RecordKeeper.catchUp(
            ledger, with: SegmentFolder(folder, on: disk), .init(keepsLostRows: keeps),
            now: Self.now, logger: Logger(label: "test"))
        #expect(recovery.lostSegments == [last.segment])
        #expect(try ledger.totals().mails == (keeps ? Self.count : 0))
    }

    @Test("sealed segments are taken at their tables' word where that is enough, once")
    func readLater() throws {
        _ = try filled()
        let whole = try Ledger(path: nil)
        _ = try catchUp(whole)
        let ledger = try Ledger(path: nil)
        for found in [Self.count, 0] {
            let recovery = try RecordKeeper.catchUp(
                ledger, with: SegmentFolder(folder, on: disk), .init(readsLater: true),
                now: Self.now, logger: Logger(label: "test"))
            #expect(recovery.recoveredCount == found)
        }
        #expect(try ledger.filling() == (Self.count, Self.count))
        #expect(try ledger.totals() == whole.totals())
        let rows = try ledger.entries(from: .none, limit: Self.count)
        #expect(rows == (try whole.entries(from: .none, limit: Self.count)))
        #expect(try ledger.held([rows[5].mail])[rows[5].mail]?.digest == nil)
    }

    @Test("a segment whose table cannot be read is read itself, also where that may be later")
    func noTable() throws {
        _ = try filled()
        _ = try catchUp(try Ledger(path: nil))
        let file = try #require(try SegmentFolder(folder, on: disk).files().first)
        let open = try disk.open(file.path, forWriting: true)
        try open.truncate(to: try open.size() - 4096)
        let ledger = try Ledger(path: nil)
        let recovery = try RecordKeeper.catchUp(
            ledger, with: SegmentFolder(folder, on: disk), .init(readsLater: true), now: Self.now,
            logger: Logger(label: "test"))
        #expect(recovery.recoveredCount == Self.count)
        #expect(try ledger.filling().bare == 0)
    }
}
