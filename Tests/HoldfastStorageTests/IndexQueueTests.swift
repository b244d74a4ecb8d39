// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastStorage

@Suite("The Index Queue")
struct IndexQueueTests {
    private static func request(_ items: Int = 10, seconds: Int = 1) -> LeaseRequest {
        LeaseRequest(itemsMax: items, bytesMax: 1 << 20, waitSeconds: seconds)
    }

    private static func lease(
        _ storage: StorageComponent, _ items: Int = 10
    ) async throws
        -> [IndexItem]
    {
        let leased = try await storage.queues.lease(from: "index", request(items))
        return try leased?.items.map { try IndexItem(decoding: $0.record) } ?? []
    }

    private static func settle(
        _ storage: StorageComponent, _ items: [IndexItem], at position: Position?
    ) async throws {
        let results = items.map { item in
            ItemResult(
                mail: item.record.header.mail, position: item.entry.position, outcome: .kept)
        }
        try await storage.queues.settle("index", results, position: position)
    }

    private static func keep(
        _ numbers: ClosedRange<UInt64>, in storage: StorageComponent
    ) async throws {
        let results = await storage.queues.intake.take(try numbers.map { try mail($0) })
        #expect(results.allSatisfy { $0.outcome == .kept })
        try await storage.rowsWritten()
    }

    private static func ids(_ items: [IndexItem]) -> [MailID] { items.map(\.record.header.mail) }

    private static func ids(_ numbers: ClosedRange<UInt64>) -> [MailID] {
        numbers.map { MailID(UInt128($0)) }
    }

    @Test("entries are shipped in their order, each with what must be held before it, and words")
    func order() async throws {
        try await withStorage { storage in
            try await Self.keep(1...5, in: storage)
            let first = try await Self.lease(storage, 3)
            #expect(Self.ids(first) == Self.ids(1...3))
            #expect(first.allSatisfy { $0.entry.after == .none && !$0.entry.again })
            #expect(first[0].words.contains("text"))
            #expect(first[0].record.message.isEmpty)
            let held = first[2].entry.position
            try await Self.settle(storage, first, at: held)
            let second = try await Self.lease(storage)
            #expect(Self.ids(second).suffix(2) == Self.ids(4...5)[...])
            #expect(second.allSatisfy { $0.entry.after == held })
        }
    }

    /// Found by holdfast-simulate, seed 18, when the same octets were brought to two gateways.
    @Test("what another gateway brings as well is shipped again for the ack of both")
    func bothGateways() async throws {
        try await withStorage { storage in
            try await Self.keep(1...1, in: storage)
            let first = try await Self.lease(storage)
            try await Self.settle(storage, first, at: first.last?.entry.position)
            var second = try mail(1)
            var slip = try Slip(decoding: second.slip)
            slip.gateways = ["h"]
            second.setSlip(slip)
            let results = await storage.queues.intake.take([second])
            #expect(results.map(\.outcome) == [.alreadyHeld])
            let again = try await Self.lease(storage)
            #expect(again.map(\.entry.again) == [true])
            let gateways = try again.map { try Slip(decoding: $0.record.slip).gateways }
            #expect(gateways.map { Set($0) } == [["g", "h"]])
        }
    }

    @Test("one lease at a time: while one is out, another gets nothing")
    func oneLease() async throws {
        try await withStorage { storage in
            try await Self.keep(1...2, in: storage)
            #expect(try await Self.lease(storage).count == 2)
            let second = try await storage.queues.lease(from: "index", Self.request(seconds: 0))
            #expect(second == nil)
        }
    }

    @Test("a catalog that says it holds less gets everything after that once more")
    func fallenBack() async throws {
        try await withStorage { storage in
            try await Self.keep(1...4, in: storage)
            let all = try await Self.lease(storage)
            try await Self.settle(storage, all, at: all[3].entry.position)
            #expect(try await storage.queues.index.backlog().count == 0)
            // A restored catalog answers the next batch with what it holds.
            try await Self.settle(storage, [], at: all[0].entry.position)
            let again = try await Self.lease(storage).filter { !$0.entry.again }
            #expect(Self.ids(again) == Self.ids(2...4))
        }
    }

    @Test("what the catalog holds is known after a restart")
    func restart() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            try await Self.keep(1...4, in: storage)
            let two = try await Self.lease(storage, 2)
            try await Self.settle(storage, two, at: two[1].entry.position)
        }
        try await withStorage(in: folder) { storage in
            let rest = try await Self.lease(storage).filter { !$0.entry.again }
            #expect(Self.ids(rest) == Self.ids(3...4))
        }
    }

    @Test("a mail offered again has its entry shipped again, beside the order")
    func offeredAgain() async throws {
        try await withStorage { storage in
            try await Self.keep(1...2, in: storage)
            let all = try await Self.lease(storage)
            try await Self.settle(storage, all, at: all[1].entry.position)
            let results = await storage.queues.intake.take([try mail(1)])
            #expect(results.map(\.outcome) == [.alreadyHeld])
            let again = try await Self.lease(storage)
            #expect(Self.ids(again).contains(MailID(1)))
            #expect(again.allSatisfy { $0.entry.again })
        }
    }
}
