// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastStorage

@Suite("The Sync Queue")
struct SyncTests {
    private static let all = LeaseRequest(itemsMax: 10, bytesMax: 1 << 20, waitSeconds: 5)

    @Test("a mail that wants another copy is offered; one that has all is not")
    func offered() async throws {
        try await withStorage { storage in
            let kept = await storage.queues.intake.take([try mail(1, copies: 2), try mail(2)])
            #expect(kept.map(\.outcome) == [.kept, .kept])
            let leased = try await storage.queues.lease(from: "sync", Self.all)
            #expect(leased?.items.map(\.record.header.mail) == [MailID(1)])
        }
    }

    @Test("what a settle says of a mail is joined with what came since it was leased")
    func settleJoins() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1, copies: 2)])
            let leased = try #require(try await storage.queues.lease(from: "sync", Self.all))
            let item = try #require(leased.items.first)
            // Another gateway offers the same mail meanwhile.
            var second = try mail(1, copies: 2)
            var slip = try Slip(decoding: second.slip)
            slip.gateways = ["h"]
            second.setSlip(slip)
            _ = await storage.queues.intake.take([second])
            var settled = try Slip(decoding: item.record.slip)
            settled.holders.append(holder(9))
            try await storage.queues.settle(
                "sync",
                [
                    ItemResult(
                        mail: MailID(1), position: item.record.header.position, outcome: .kept,
                        slip: settled)
                ], position: nil)
            try await storage.rowsWritten()
            let held = try await storage.keeper.read { ledger, _ in try ledger.held([MailID(1)]) }
            let joined = try #require(held[MailID(1)]?.joinedSlip)
            #expect(joined.holders.count == 2)
            #expect(Set(joined.gateways) == ["g", "h"])
        }
    }

    /// The one item that is offered to another storage, and the slip with which it goes.
    private static func offered(by storage: StorageComponent) async throws -> (Record, Slip)? {
        try await storage.rowsWritten()
        let items = try await storage.queues.lease(
            from: "sync", LeaseRequest(itemsMax: 10, bytesMax: 1 << 20, waitSeconds: 0))?.items
        guard let items else { return nil }
        #expect(items.count == 1)
        return try items.first.map { ($0.record, try Slip(decoding: $0.record.slip)) }
    }

    private static func settle(
        _ item: Record, _ slip: Slip, at storage: StorageComponent
    ) async throws {
        let result = ItemResult(
            mail: item.header.mail, position: item.header.position, outcome: .kept, slip: slip)
        try await storage.queues.settle("sync", [result], position: nil)
    }

    @Test("R18: what is to be kept longer is passed on again, by whoever of its holders took it")
    func keptLonger() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1, copies: 2, keepDays: 5)])
            let (first, slip) = try #require(try await Self.offered(by: storage))
            var settled = slip
            settled.holders.append(holder(9))
            try await Self.settle(first, settled, at: storage)
            #expect(try await storage.queues.sync.length() == 0)

            let longer = await storage.queues.intake.take([try mail(1, copies: 2, keepDays: 50)])
            #expect(longer.map(\.outcome) == [.kept])
            let day = storage.keeper.clock.now.day.advanced(by: 50)
            let (second, again) = try #require(try await Self.offered(by: storage))
            #expect(again.keepUntil == day && second.header.keepUntil == day)
            #expect(
                again.holders.map(\.node) == slip.holders.map(\.node), "nobody else has it so long")
        }
        // The other holder, at the other end.
        try await withStorage { storage in
            _ = await storage.queues.intake.take([
                try mail(1, copies: 2, holders: [holder(9)], keepDays: 5)
            ])
            let longer = await storage.queues.intake.take([
                try mail(1, copies: 2, holders: [holder(9)], keepDays: 50)
            ])
            #expect(longer.map(\.outcome) == [.kept])
            let none = try await Self.offered(by: storage)
            #expect(none == nil, "both have it")
            let held = try await storage.keeper.read { ledger, _ in try ledger.held([MailID(1)]) }
            #expect(
                held[MailID(1)]?.keepUntil == storage.keeper.clock.now.day.advanced(by: 50))
        }
    }

    @Test("a settle of what has been written again since says nothing of the new record")
    func keptLongerMeanwhile() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1, copies: 2, keepDays: 5)])
            let (first, slip) = try #require(try await Self.offered(by: storage))
            _ = await storage.queues.intake.take([try mail(1, copies: 2, keepDays: 50)])
            var settled = slip
            settled.holders.append(holder(9))
            try await Self.settle(first, settled, at: storage)
            let (_, again) = try #require(try await Self.offered(by: storage))
            #expect(again.keepUntil == storage.keeper.clock.now.day.advanced(by: 50))
            #expect(again.holders.count == 1)
        }
    }

    @Test("D6: what got its copies by another way, its settle lost in a crash, leaves the queue")
    func satisfiedElsewhere() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take([try mail(1, copies: 2)])
            let leased = try await storage.queues.lease(from: "sync", Self.all)
            #expect(leased?.items.count == 1)
        }
        // The lease went with the crash, and the gateway offers the mail with both holders.
        try await withStorage(in: folder) { storage in
            let again = await storage.queues.intake.take([
                try mail(1, copies: 2, holders: [holder(9)])
            ])
            #expect(again.map(\.outcome) == [.alreadyHeld])
            let none = try await storage.queues.lease(from: "sync", Self.all)
            #expect(none == nil)
            #expect(try await storage.queues.sync.length() == 0)
        }
    }
}
