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
        #expect(try catchUp(ledger).recovered.count == Self.count)
        #expect(try ledger.totals().mails == Self.count)
        #expect(try ledger.totals().bytes == UInt64(Self.count) * last.length)
        #expect(try catchUp(ledger).recovered.isEmpty)
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
        #expect(recovery.recovered.count < Self.count)
    }
}
