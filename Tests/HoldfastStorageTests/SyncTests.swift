// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastStorage

@Suite("The Sync Queue")
struct SyncTests {
    private static let all = LeaseRequest(itemsMax: 10, bytesMax: 1 << 20, waitSeconds: 1)

    @Test("a mail that wants another copy is offered; one that has all is not")
    func offered() async throws {
        try await withStorage { storage in
            let kept = await storage.queues.intake.take([try mail(1, copies: 2), try mail(2)])
            #expect(kept.map(\.outcome) == [.kept, .kept])
            let leased = try await storage.queues.lease(from: "sync", Self.all)
            #expect(leased?.items.map(\.record.header.mail) == [MailID(1)])
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
