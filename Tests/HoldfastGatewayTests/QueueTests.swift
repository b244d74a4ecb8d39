// SPDX-License-Identifier: Apache-2.0
// The queues of a gateway that runs: lease, settle, ack, and what a restart makes of them.

import Foundation
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastGateway

private let message = Array("Subject: x\r\n\r\ntext\r\n".utf8)

extension Leased {
    fileprivate func results(
        _ outcome: Outcome, slip: Slip? = nil, by node: String = "s"
    )
        -> [ItemResult]
    {
        items.map { item in
            ItemResult(
                mail: item.record.header.mail, position: item.record.header.position,
                outcome: outcome, slip: slip, node: node)
        }
    }

    fileprivate var mails: [MailID] { items.map(\.record.header.mail) }
}

@Suite struct QueueTests {
    @Test("an acked mail is finished; an ack that comes again changes nothing")
    func finishes() async throws {
        try await withGateway { gateway in
            try await hand(message, to: gateway)
            try await hand(message, to: gateway)
            let leased = try #require(try await gateway.lease())
            gateway.tasks.settle(leased.results(.kept))
            #expect(gateway.tasks.waitingForAck == leased.items.count)
            let first = try await gateway.ack([leased.mails[0]])
            #expect(first.map(\.outcome) == [.kept])
            let second = try await gateway.ack([leased.mails[0], MailID(9)])
            #expect(second.map(\.outcome) == [.kept, .kept])
            #expect(gateway.tasks.waitingForAck == leased.items.count - 1)
            try await eventually { try gateway.keeper.ledger.held([leased.mails[0]]).isEmpty }
        }
    }

    private func take(keepDays: Int, into gateway: GatewayComponent) async throws -> MailID {
        var mail = try gateway.intake.begin()
        try await mail.add(message[...])
        let outcome = await gateway.intake.keep(
            mail, for: Envelope(sender: "a@b", recipients: []),
            asked: IntakeRules.Wishes(keepDays: keepDays), identity: .octets)
        guard case .kept(let id, isNew: true, _) = outcome else {
            throw Never.became
        }
        return id
    }

    /// Found by holdfast-simulate: the earlier one waited for an ack that was for the later one.
    @Test("a mail that was acked and taken in once more is one task for a start without a ledger")
    func takenAgain() async throws {
        let folder = TestFolder()
        let id = try await withGateway(in: folder) { gateway in
            // It keeps the segment.
            try await hand(message, to: gateway)
            let id = try await take(keepDays: 5, into: gateway)
            let leased = try #require(try await gateway.lease())
            gateway.tasks.settle(leased.results(.kept))
            _ = try await gateway.ack([id])
            try await eventually { try gateway.keeper.ledger.held([id]).isEmpty }
            #expect(try await take(keepDays: 60, into: gateway) == id)
            return id
        }
        for name in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/ledger.sqlite" + name)
        }
        try await withGateway(in: folder) { gateway in
            let leased = try #require(try await gateway.lease())
            #expect(leased.items.count == 2 && leased.mails.contains(id))
            gateway.tasks.settle(leased.results(.alreadyHeld))
            _ = try await gateway.ack([id])
            try await eventually { try await gateway.tasks.length() == 1 }
        }
    }

    @Test("a mail that a storage took is not offered again at once; one that came back is")
    func offersAgain() async throws {
        try await withGateway { gateway in
            try await hand(message, to: gateway)
            let first = try #require(try await gateway.lease())
            gateway.tasks.settle(first.results(.later("full")))
            let second = try #require(try await gateway.lease())
            #expect(second.mails == first.mails)
            let slip = Slip(
                copiesWanted: 1, keepUntil: Day(number: 30_000),
                holders: [Holder(node: NodeID(5), disk: DiskID(5), host: "h")], gateways: ["g"])
            gateway.tasks.settle(second.results(.kept, slip: slip))
            let third = try await gateway.lease(waitSeconds: 1)
            #expect(third == nil)
        }
    }

    @Test("what two targets refuse is buried, and stays in the spool")
    func buries() async throws {
        try await withGateway { gateway in
            try await hand(message, to: gateway)
            let first = try #require(try await gateway.lease())
            gateway.tasks.settle(first.results(.refused("no"), by: "a"))
            let second = try #require(try await gateway.lease())
            gateway.tasks.settle(second.results(.refused("no"), by: "b"))
            let third = try await gateway.lease(waitSeconds: 1)
            #expect(third == nil)
            #expect(gateway.tasks.buried == 1)
            #expect(try gateway.keeper.ledger.held(first.mails).count == 1)
        }
    }

    @Test("after a restart everything without an ack is offered again")
    func survivesRestart() async throws {
        let folder = TestFolder()
        let mails = try await withGateway(in: folder) { gateway in
            for _ in 0..<3 { try await hand(message, to: gateway) }
            var mails: [MailID] = []
            while mails.count < 3 {
                let leased = try #require(try await gateway.lease())
                gateway.tasks.settle(leased.results(.kept))
                mails += leased.mails
            }
            _ = try await gateway.ack([mails[0]])
            return mails
        }
        try await withGateway(in: folder) { gateway in
            let leased = try #require(try await gateway.lease())
            #expect(Set(leased.mails) == Set(mails.dropFirst()))
        }
    }

    @Test("a sealed segment goes when its last mail is acked, not before")
    func dropsSegments() async throws {
        let folder = TestFolder()
        try await withGateway(in: folder) { gateway in
            try await hand(message, to: gateway)
            try await hand(message, to: gateway)
        }
        try await withGateway(in: folder) { gateway in
            let leased = try #require(try await gateway.lease())
            #expect(leased.items.count == 2)
            #expect(try gateway.keeper.ledger.segments().count == 1)
            _ = try await gateway.ack([leased.mails[0]])
            let early = try await gateway.spool.tidy([])
            #expect(early == [])
            _ = try await gateway.ack([leased.mails[1]])
            try await eventually { try gateway.keeper.ledger.segments().isEmpty }
        }
    }

    @Test("a mail whose segment is gone is counted as unreadable, over restarts, until its ack")
    func countsLost() async throws {
        let folder = TestFolder()
        let reply = try await withGateway(in: folder) { try await hand(message, to: $0) }
        let id = try #require(reply.split(separator: " ").last.flatMap { MailID(String($0)) })
        let segments = folder.path + "/segments"
        for name in try RealDisk().names(in: segments) {
            try RealDisk().remove("\(segments)/\(name)")
        }
        for _ in 0..<2 {
            try await withGateway(in: folder) { gateway in
                let leased = try await gateway.lease(waitSeconds: 1)
                #expect(leased == nil)
                #expect(gateway.tasks.unreadable == 1)
                #expect(gateway.tasks.buried == 1)
            }
        }
        try await withGateway(in: folder) { gateway in
            _ = try await gateway.lease(waitSeconds: 1)
            _ = try await gateway.ack([id])
            #expect(gateway.tasks.unreadable == 0)
            try await eventually { try gateway.keeper.ledger.segments().isEmpty }
        }
    }

    @Test("unknown queues and foreign orders are refused")
    func refuses() async throws {
        try await withGateway { gateway in
            await #expect(throws: Refusal.self) {
                try await gateway.queues.lease(
                    from: "acks", LeaseRequest(itemsMax: 1, bytesMax: 1, waitSeconds: 0))
            }
            await #expect(throws: Refusal.self) {
                try await gateway.queues.take(into: "tasks", [], from: nil)
            }
            await #expect(throws: Refusal.self) {
                try await gateway.queues.settle("orders", [], position: nil)
            }
        }
    }
}
