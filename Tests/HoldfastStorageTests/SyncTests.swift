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
