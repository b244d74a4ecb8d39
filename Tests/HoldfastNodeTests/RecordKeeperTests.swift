// SPDX-License-Identifier: Apache-2.0

import Foundation
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Logging
import Testing

/// A data folder that is removed when the test has ended.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

@Suite("Record keepers")
struct RecordKeeperTests {
    static func open(_ folder: TemporaryFolder) throws -> (RecordKeeper, RecordKeeper.Recovery) {
        try RecordKeeper.open(
            folder.path, name: "test", logger: Logger(label: "test"))
    }

    /// Keeps mails and leaves the folder; the ledger is closed when this returns.
    static func fill(_ folder: TemporaryFolder, count: Int) async throws {
        let (keeper, _) = try open(folder)
        for start in stride(from: 1, through: count, by: 100) {
            let end = min(start + 100, count + 1)
            _ = await keeper.keep((start..<end).map { offer(UInt128($0)) })
        }
        try await keeper.close()
    }

    static func offer(_ number: UInt128, text: String = "text") -> RecordKeeper.Offer {
        let now = MachineClock().now
        let message = Array("Subject: \(number)\r\n\r\n\(text)\r\n".utf8)
        var record = Record(
            RecordHeader(
                kind: .mail, mail: MailID(number), received: now, keepUntil: now.day.advanced(by: 7)
            ))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: now.day.advanced(by: 7)))
        record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
        record.setMessage(message[...])
        return RecordKeeper.Offer(Appendable(record), keepClass: KeepClass(days: 7))
    }

    /// Found by holdfast-simulate, seed 7 of its first form: the power failed between the removal of a
    /// spool's segment and the ledger's next sync, and mails that had their acks were missed for ever.
    @Test("a segment's rows have gone for good before its file goes")
    func dropsRowsFirst() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let kept = await keeper.keep([Self.offer(1)])
        guard case .placed(let place) = try kept[0].get() else {
            throw DiskError.absent(path: "the record")
        }
        let now = keeper.clock.now
        try await keeper.betweenBatches { store in try store.sealFinished(all: true, now: now) }
        let name = String(repeating: "0", count: 12 - "\(place.segment)".count) + "\(place.segment)"
        let path = "\(folder.path)/segments/\(name).seg"
        #expect(FileManager.default.fileExists(atPath: path))
        // What cannot be removed: a folder.
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        await #expect(throws: SegmentError.self) { try await keeper.dropSegment(place.segment) }
        #expect(try keeper.ledger.rows(of: place.segment) == 0)
        #expect(keeper.ledger.syncs == 1)
        try await keeper.close()
    }

    @Test("D6: the same mail offered many times at once becomes one record")
    func concurrentOffers() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let placed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let offers = (1...20).map { Self.offer($0) }
                    return await keeper.keep(offers).count { result in
                        if case .success(.placed) = result { true } else { false }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(placed == 20)
        try await keeper.close()
    }

    @Test("D6: the same mail twice in one batch becomes one record")
    func twiceInABatch() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let kept = await keeper.keep([Self.offer(1), Self.offer(1), Self.offer(2)])
        let placed = kept.count { if case .success(.placed) = $0 { true } else { false } }
        let held = kept.count { if case .success(.held) = $0 { true } else { false } }
        #expect(placed == 2)
        #expect(held == 1)
        try await keeper.close()
    }

    @Test("what was kept is there after a restart, with or without the ledger")
    func restart() async throws {
        let folder = TemporaryFolder()
        for loseLedger in [false, true] {
            let (keeper, _) = try Self.open(folder)
            for number in 1...100 { _ = await keeper.keep([Self.offer(UInt128(number))]) }
            try await keeper.close()
            if loseLedger {
                for ending in ["", "-wal", "-shm"] {
                    try? FileManager.default.removeItem(
                        atPath: folder.path + "/ledger.sqlite" + ending)
                }
            }
            let (again, recovery) = try Self.open(folder)
            #expect(recovery.damagedRanges == 0)
            #expect(recovery.recoveredCount == (loseLedger ? 100 : 0))
            let held = try again.ledger.held((1...100).map { MailID($0) })
            #expect(held.count == 100)
            for (mail, place) in held {
                let record = try again.reader.record(
                    segment: place.segment, offset: place.offset, mail: mail)
                #expect(record.header.mail == mail)
            }
            #expect(try again.ledger.totals().mails == 100)
            try await again.close()
        }
    }

    @Test("a damaged ledger is set aside and made again from the segments")
    func damagedLedger() async throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/ledger.sqlite"
        try await Self.fill(folder, count: 2000)
        // The roots stay, so that it opens; the pages behind them still look like a database's until they are read.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for page in stride(from: 4096, to: bytes.count, by: 4096) where page > 32 * 4096 {
            bytes.replaceSubrange(page..<page + 64, with: [UInt8](repeating: 0xee, count: 64))
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        let (broken, _) = try Self.open(folder)
        await #expect(throws: LedgerError.self) {
            try await broken.read { ledger, _ in
                try ledger.held((1...2000).map { MailID($0) }).count
            }
        }
        #expect(broken.ledger.isDamaged)
        let refused = await broken.keep([Self.offer(2001)])
        #expect(throws: LedgerError.self) { _ = try refused[0].get() }
        try await broken.close()

        let (mended, recovery) = try Self.open(folder)
        #expect(recovery.recoveredCount == 2000)
        #expect(try mended.ledger.totals().mails == 2000)
        #expect(try mended.ledger.held((1...2000).map { MailID($0) }).count == 2000)
        #expect(FileManager.default.fileExists(atPath: path + ".broken"))
        #expect(!FileManager.default.fileExists(atPath: Ledger.mark(of: path)))
        try await mended.close()
    }

    @Test("a ledger that is no database is set aside at once")
    func noDatabase() async throws {
        let folder = TemporaryFolder()
        try await Self.fill(folder, count: 1)
        try Data(repeating: 7, count: 50_000).write(
            to: URL(fileURLWithPath: folder.path + "/ledger.sqlite"))
        let (mended, _) = try Self.open(folder)
        #expect(try mended.ledger.totals().mails == 1)
        try await mended.close()
    }

    @Test("D5: damage is counted when it is read, once for each place, and after a restart")
    func damageIsCounted() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        #expect(keeper.damage.count == 0)
        for _ in 0..<2 { keeper.damage.note(SegmentError.damaged(segment: 1, offset: 8288)) }
        keeper.damage.note(SegmentError.absent(1))
        #expect(keeper.damage.count == 1)
        try await keeper.close()
        let (again, _) = try Self.open(folder)
        #expect(again.damage.isKnown(segment: 1, offset: 8288))
        #expect(again.damage.count == 1)
        try await again.close()
    }

    @Test("D3: a folder has one user at a time, and a run number that only grows")
    func locked() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        #expect(throws: (any Error).self) { try Self.open(folder) }
        #expect(keeper.folder.run == 1)
        try await keeper.close()
    }

    @Test("a queue offers what was kept, in order, and forgets what is finished")
    func queue() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let desk = try QueueDesk(name: "tasks", keeper: keeper)
        let request = LeaseRequest(itemsMax: 4, bytesMax: 1 << 20, waitSeconds: 5)
        // The lease waits for what is kept after it was asked for.
        async let early = desk.lease(request)
        for number in 1...10 { _ = await keeper.keep([Self.offer(UInt128(number))]) }
        var seen = try await early?.entries.map(\.mail) ?? []
        while seen.count < 10, let leased = try await desk.lease(request) {
            seen += leased.entries.map(\.mail)
            #expect(leased.entries.count <= 4)
        }
        #expect(seen == (1...10).map { MailID($0) })
        #expect(try await desk.length() == 10)
        desk.update { book in
            for position in Array(book.unfinished.keys) { book.finish(position) }
        }
        #expect(try await desk.length() == 0)
        try await keeper.close()
    }

    @Test("after a restart, one who may take nothing waits for what is due, and nothing breaks")
    func dueWithoutRoom() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let desk = try QueueDesk(name: "tasks", keeper: keeper)
        _ = await keeper.keep([Self.offer(1)])
        _ = try await desk.lease(LeaseRequest(itemsMax: 4, bytesMax: 1 << 20, waitSeconds: 5))
        try await keeper.close()
        let (again, _) = try Self.open(folder)
        let opened = try QueueDesk(name: "tasks", keeper: again)
        #expect(opened.look { $0.nextAppointment } != nil)
        let none = LeaseRequest(itemsMax: 0, bytesMax: 1, waitSeconds: 1)
        #expect(try await opened.lease(none) == nil)
        try await again.close()
    }

    @Test("the ledger learns of a queue's changes in the order in which they happened")
    func changesInOrder() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let desk = try QueueDesk(name: "tasks", keeper: keeper)
        _ = await keeper.keep((1...8).map { Self.offer($0) })
        let request = LeaseRequest(itemsMax: 8, bytesMax: 1 << 20, waitSeconds: 5)
        let positions = try #require(try await desk.lease(request)).entries.map(\.position)
        for round in 0..<500 {
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        desk.update { book in
                            for position in positions {
                                book.putBack(
                                    position, notBefore: .max, countsAsAttempt: true,
                                    reason: "\(writer)/\(round)")
                            }
                        }
                    }
                }
            }
            // What is noted now is noted behind all that.
            try await keeper.note(.kept([], segments: []))
            let inLedger = try keeper.ledger.queue("tasks").unfinished.mapValues(\.attempts)
            try #require(inLedger == desk.look(\.unfinished).mapValues(\.attempts))
        }
        try await keeper.close()
    }

    @Test("no lease is given for nothing")
    func emptyQueue() async throws {
        let folder = TemporaryFolder()
        let (keeper, _) = try Self.open(folder)
        let desk = try QueueDesk(name: "tasks", keeper: keeper)
        let leased = try await desk.lease(LeaseRequest(itemsMax: 4, bytesMax: 1, waitSeconds: 0))
        #expect(leased == nil)
        try await keeper.close()
    }
}
