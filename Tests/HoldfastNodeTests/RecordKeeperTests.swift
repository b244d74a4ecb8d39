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
            folder.path, name: "test", clock: MachineClock(), logger: Logger(label: "test"))
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
            #expect(recovery.recovered.count == (loseLedger ? 100 : 0))
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
