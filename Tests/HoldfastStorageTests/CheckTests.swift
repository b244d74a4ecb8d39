// SPDX-License-Identifier: Apache-2.0
// A storage that checks what it keeps, and one that lost its ledger.

import Foundation
import HoldfastCatalog
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Logging
import Testing

@testable import HoldfastStorage

@Suite("Checking what is kept")
struct CheckTests {
    /// Keeps some mails and leaves the folder; where each lies.
    private func fill(_ folder: TestFolder, count: UInt64) async throws -> [MailID: Held] {
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take(
                try (1...count).map {
                    try mail($0, text: "Subject: mail \($0)\r\n\r\nword\($0)\r\n")
                })
            try await storage.rowsWritten()
            return try await storage.keeper.read { ledger, _ in
                try ledger.held((1...count).map { MailID(UInt128($0)) })
            }
        }
    }

    private func check(_ storage: StorageComponent) async throws -> Checker.Checked {
        let checker = Checker(
            name: "s", keeper: storage.keeper, index: storage.queues.index,
            logger: Logger(label: "test"))
        let thread = DiskThread(name: "test")
        defer { thread.stop() }
        var all = Checker.Checked()
        for (file, _) in try await checker.segments(on: thread) {
            let pace = Pace(bytesPerSecond: nil, clock: MachineClock())
            let checked = try #require(
                try await checker.check(file.segment, on: thread, pace: pace))
            all.records += checked.records
            all.bad += checked.bad
            all.healed += checked.healed
            all.undocumented += checked.undocumented
        }
        return all
    }

    @Test("D5: a flipped byte is found and noted, also in a segment that is being written")
    func flipped() async throws {
        let folder = TestFolder()
        let held = try await fill(folder, count: 5)
        try await withStorage(in: folder) { storage in
            #expect(try await check(storage).bad.isEmpty)
            _ = await storage.queues.intake.take([try mail(6)])
            let whole = try await check(storage)
            #expect(whole.records == 6 && whole.bad.isEmpty)
            let third = try #require(held[MailID(3)])
            let record = try await storage.keeper.read { _, reader in
                try reader.record(segment: third.segment, offset: third.offset, mail: nil)
            }
            try folder.damage(third, at: third.offset + record.header.messageOffset + 20)
            let checked = try await check(storage)
            #expect(checked.bad.map(\.mail) == [MailID(3)])
            #expect(
                storage.keeper.damage.isKnown(segment: third.segment, offset: third.offset))
            // What is offered again takes its place, and the old record is nobody's any more.
            _ = await storage.queues.intake.take(
                [try mail(3, text: "Subject: mail 3\r\n\r\nword3\r\n")])
            let healed = try await check(storage)
            #expect(healed.bad.isEmpty && healed.healed == 1, "\(healed)")
        }
    }

    @Test("D5: what a failed sync left behind is checked as well, before any restart")
    func fenced() async throws {
        let disk = SimulatedDisk()
        try await withStorage(on: disk) { storage in
            _ = await storage.queues.intake.take(try (1...3).map { try mail($0) })
            disk.set(.failSync(after: 0))
            let failed = await storage.queues.intake.take([try mail(4)])
            #expect(failed.allSatisfy { $0.outcome != .kept })
            _ = await storage.queues.intake.take([try mail(5)])
            let whole = try await check(storage)
            #expect(whole.records == 4 && whole.bad.isEmpty)
            let held = try await storage.keeper.read { ledger, _ in
                try ledger.held([MailID(2)])[MailID(2)]
            }
            let second = try #require(held)
            let folder = SegmentFolder(storage.keeper.store.folder, on: disk)
            let file = try #require(
                try folder.files().first { $0.segment == second.segment && !$0.isSealed })
            disk.flipBit(in: file.path, at: Int(second.offset) + 20)
            #expect(try await check(storage).bad.map(\.mail) == [MailID(2)])
        }
    }

    @Test("D5: a sector that cannot be read is damage of what lies in it, and of nothing else")
    func unreadSector() async throws {
        let disk = SimulatedDisk()
        try await withStorage(on: disk) { storage in
            for number in UInt64(1)...5 {
                _ = await storage.queues.intake.take([
                    try mail(number, text: String(repeating: "abc def \(number)\r\n", count: 900))
                ])
            }
            try await storage.rowsWritten()
            let third = try #require(
                try await storage.keeper.read { ledger, _ in
                    try ledger.held([MailID(3)])[MailID(3)]
                })
            let sector = third.offset / 4096 * 4096
            disk.set(.failRead(from: sector, upTo: sector + 4096))
            let checked = try await check(storage)
            #expect(checked.bad.map(\.mail) == [MailID(3)])
            #expect(storage.keeper.damage.isKnown(segment: third.segment, offset: third.offset))
            // A disk that reads nothing says nothing of what lies on it.
            disk.set(.failRead(from: 0))
            await #expect(throws: (any Error).self) { try await check(storage) }
            #expect(storage.keeper.damage.count == 1)
        }
    }

    @Test(
        "D5: a segment that cannot be read keeps no other from being verified, and is named",
        .timeLimit(.minutes(1)))
    func unreadSegment() async throws {
        let disk = SimulatedDisk()
        try await withStorage(on: disk) { storage in
            _ = await storage.queues.intake.take([try mail(1)])
            _ = await storage.queues.intake.take([try mail(2, keepDays: 30)])
            try await storage.keeper.note(.kept([], segments: []))
            let (first, second) = try await storage.keeper.read { ledger, _ in
                let held = try ledger.held([MailID(1), MailID(2)])
                return (held[MailID(1)], held[MailID(2)])
            }
            let (unread, read) = (try #require(first), try #require(second))
            #expect(unread.segment < read.segment)
            let folder = SegmentFolder(storage.keeper.store.folder, on: disk)
            let paths = Dictionary(
                uniqueKeysWithValues: try folder.files().map { ($0.segment, $0.path) })
            // Both copies of its header, and its only batch.
            for place in [40, 4096 + 40, 8192 + 40] {
                disk.flipBit(in: try #require(paths[unread.segment]), at: place)
            }
            disk.flipBit(in: try #require(paths[read.segment]), at: Int(read.offset) + 20)
            let working = Task { await storage.verification.run() }
            defer { working.cancel() }
            var answer = storage.verification.order(bytesPerSecond: nil)
            while answer.state == .reading {
                try await Task.sleep(for: .milliseconds(20))
                answer = try #require(storage.verification.current)
            }
            #expect(answer.state == .failed)
            #expect(answer.reason?.contains("segment \(unread.segment)") == true)
            #expect(answer.places.map(\.mail) == [MailID(2)])
        }
    }

    @Test("a record that the local index lost is put back, and its entry is shipped")
    func undocumented() async throws {
        let folder = TestFolder()
        let held = try await fill(folder, count: 3)
        try await withStorage(in: folder) { storage in
            let read = LeaseRequest(itemsMax: 10, bytesMax: 1 << 20, waitSeconds: 5)
            let first = try #require(try await storage.queues.lease(from: "index", read))
            let last = try #require(held[MailID(3)]).position
            try await storage.queues.settle("index", [], position: last)
            #expect(first.items.count == 3)
            let lost = try #require(held[MailID(2)])
            try await storage.keeper.note(.gone([lost.position]))
            #expect(try await check(storage).undocumented == 1)
            #expect(try await check(storage).undocumented == 0)
            let back = try await storage.keeper.read { ledger, _ in try ledger.held([MailID(2)]) }
            #expect(back[MailID(2)]?.offset == lost.offset)
            let again = try #require(try await storage.queues.lease(from: "index", read))
            let item = try #require(
                try again.items.map { try IndexItem(decoding: $0.record) }
                    .first { $0.record.header.mail == MailID(2) })
            #expect(item.words.contains("word2"))
        }
    }

    @Test("a lost ledger knows every mail at once, and what it says of them later")
    func lostLedger() async throws {
        let folder = TestFolder()
        let before = try await fill(folder, count: 50)
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/ledger.sqlite" + ending)
        }
        try await withStorage(in: folder) { storage in
            let bare = try await storage.keeper.read { ledger, _ in
                try ledger.held(Array(before.keys))
            }
            #expect(bare.count == 50)
            #expect(bare.values.allSatisfy { $0.digest == nil })
            for (mail, held) in before {
                #expect(bare[mail]?.position == held.position)
                #expect(bare[mail]?.offset == held.offset)
            }
            #expect(try await storage.status().incomplete != nil)
            // The same mail is known, and another one under its id is refused.
            let text = "Subject: mail 7\r\n\r\nword7\r\n"
            let answers = await storage.queues.intake.take([try mail(7, text: text), try mail(8)])
            #expect(answers.map(\.outcome.isRefusal) == [false, true])
            #expect(answers[0].outcome == .alreadyHeld)
            let early = try await storage.search.page(
                condition("subject:\"mail 7\" word7"), below: nil, limit: 9,
                today: MachineClock().now.day)
            #expect(early.found.map(\.mail.subject) == ["mail 7"])
            await storage.filler.run()
            #expect(try await storage.status().incomplete == nil)
            let filled = try await storage.keeper.read { ledger, _ in
                try ledger.held(Array(before.keys))
            }
            for (mail, held) in before { #expect(filled[mail]?.digest == held.digest) }
        }
        try await withStorage(in: folder) { storage in
            let status = try await storage.status()
            #expect(status.incomplete == nil)
            #expect(status.mails == 50)
        }
    }

    private func condition(_ text: String) throws -> Condition {
        try Query(parsing: text, now: MachineClock().now, offset: 0).condition
    }

    @Test("a search of its own finds page after page, newest first, each mail once")
    func pages() async throws {
        let folder = TestFolder()
        _ = try await fill(folder, count: 450)
        try await withStorage(in: folder) { storage in
            var found: [MailAnswer] = []
            var place: ReceiptPlace?
            repeat {
                let page = try await storage.search.page(
                    condition("mail -word13"), below: place, limit: 100,
                    today: MachineClock().now.day)
                #expect(page.found.count <= 100)
                found += page.found.map(\.mail)
                place = page.next
            } while place != nil
            #expect(found.count == 449)
            #expect(Set(found.map(\.id)).count == 449)
            #expect(
                zip(found, found.dropFirst()).allSatisfy {
                    ($0.received, $0.id) >= ($1.received, $1.id)
                })
        }
    }
}

extension Outcome {
    fileprivate var isRefusal: Bool {
        if case .refused = self { true } else { false }
    }
}
