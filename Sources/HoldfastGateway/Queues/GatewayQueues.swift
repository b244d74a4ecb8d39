// SPDX-License-Identifier: Apache-2.0
// The queues of a gateway, as helpers meet them: tasks out, acks and orders in (R13).

internal import HoldfastModel
internal import HoldfastNode

/// `tasks`, `acks` and `orders` of one gateway.
struct GatewayQueues: QueueSource, QueueTarget {
    let name: String
    let tasks: Tasks
    let orders: OrderIntake

    func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased? {
        guard queue == "tasks" else {
            throw Refusal.absent("A gateway has no queue \(queue) to lease from.")
        }
        return try await tasks.lease(request)
    }

    func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws {
        guard queue == "tasks" else {
            throw Refusal.absent("A gateway has no queue \(queue) to settle.")
        }
        tasks.settle(results)
    }

    func retry(_ queue: String, mails: [MailID]?) async throws -> Int {
        guard queue == "tasks" else {
            throw Refusal.absent("A gateway buries nothing in a queue \(queue).")
        }
        return try await tasks.retry(mails)
    }

    func take(into queue: String, _ records: [Record], from node: NodeID?) async throws -> Receipt {
        switch queue {
        case "acks": return try await takeAcks(records)
        case "orders":
            var results: [ItemResult] = []
            for record in records { results.append(await orders.take(record)) }
            return Receipt(results: results)
        default: throw Refusal.absent("A gateway takes nothing into \(queue).")
        }
    }

    func takeLarge(into queue: String, _ record: Record, _ next: NextPiece) async throws -> Receipt
    {
        guard queue == "orders" else {
            throw Refusal.absent("A gateway takes nothing large into \(queue).")
        }
        return Receipt(results: [try await orders.takeLarge(record, next)])
    }

    /// An ack for what is not here is as good as done: it was done before.
    private func takeAcks(_ records: [Record]) async throws -> Receipt {
        let acks = records.filter { $0.header.kind == .ack }
        try await tasks.acked(acks.map(Tasks.Ack.init))
        let results = records.map { record in
            ItemResult(
                mail: record.header.mail,
                outcome: record.header.kind == .ack ? .kept : .refused("this is no ack"), node: name
            )
        }
        return Receipt(results: results)
    }
}

extension Tasks.Ack {
    /// As it came from the DAL.
    fileprivate init(_ record: Record) {
        let received = record.header.received
        self.init(
            mail: record.header.mail,
            copies: (try? Slip(decoding: record.slip).copiesWanted) ?? 1,
            received: received.milliseconds == 0 ? nil : received)
    }
}
