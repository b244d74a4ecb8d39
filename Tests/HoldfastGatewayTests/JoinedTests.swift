// SPDX-License-Identifier: Apache-2.0
// Whether an acked mail is the one that the catalog has, or one that was there before.

import HoldfastLedger
import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastGateway

@Suite("Mails that were handed in before") struct JoinedTests {
    private static let message = Array("Subject: x\r\n\r\ntext\r\n".utf8)

    /// Leases all that there is, and says what became of it.
    private func offered(
        _ count: Int, by gateway: GatewayComponent, _ outcome: Outcome
    ) async throws -> [RecordHeader] {
        var headers: [RecordHeader] = []
        while headers.count < count {
            let leased = try #require(try await gateway.lease())
            headers += leased.items.map(\.record.header)
            gateway.tasks.settle(
                leased.items.map { item in
                    ItemResult(
                        mail: item.record.header.mail, position: item.record.header.position,
                        outcome: outcome, node: "s")
                })
        }
        return headers.sorted { $0.position < $1.position }
    }

    private func ack(_ header: RecordHeader, received: Timestamp) -> Record {
        Record(
            RecordHeader(
                kind: .ack, mail: header.mail, received: received, keepUntil: Day(number: 0)))
    }

    private func counts(_ headers: [RecordHeader], _ ledger: Ledger) throws -> [DayCount: Int] {
        try Set(headers.map(\.received.day)).reduce(into: [:]) { all, day in
            all.merge(try ledger.dayBook(of: day, queue: "tasks").counts) { $0 + $1 }
        }
    }

    @Test(
        "those are joined that the catalog has as received at another time, whatever a run remembers"
    )
    func joined() async throws {
        let folder = TestFolder()
        _ = try await withGateway(in: folder) { gateway in
            for _ in 0..<3 { try await hand(Self.message, to: gateway) }
            // The acks do not come before the restart.
            return try await offered(3, by: gateway, .kept)
        }
        try await withGateway(in: folder) { gateway in
            // By the offers of the run before a storage has them.
            let headers = try await offered(3, by: gateway, .alreadyHeld)
            let earlier = headers[1].received.advanced(bySeconds: -7)
            let acks = [
                ack(headers[0], received: headers[0].received), ack(headers[1], received: earlier),
                // A purge does not say when the mail was received.
                ack(headers[2], received: Timestamp(milliseconds: 0)),
            ]
            _ = try await gateway.queues.take(into: "acks", acks, from: nil)
            try await eventually {
                try counts(headers, gateway.keeper.ledger)
                    == [.kept: 3, .gone: 2, .joined: 1]
            }
        }
    }
}
