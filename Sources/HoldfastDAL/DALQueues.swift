// SPDX-License-Identifier: Apache-2.0
// The queues of a DAL: entries come in, acks and orders go out (R15).

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

/// Merges entries, and hands out the acks and orders that follow.
struct DALQueues: QueueSource, QueueTarget {
    let catalog: any HoldfastCatalog.Catalog
    let writer: DiskThread
    let configuration: DALConfiguration
    let acks: TransientQueue
    let orders: TransientQueue
    let storageOrders: StorageOrders
    let only: OnlyDAL
    let surroundings: Surroundings

    /// Orders in memory; more of them wait in the catalog until these are done.
    static let ordersMax = 100_000
    private static let retryMilliseconds: Int64 = 2_000

    func take(into queue: String, _ records: [Record], from node: NodeID?) async throws -> Receipt {
        guard queue == "input" else { throw Refusal.absent("A DAL takes nothing into \(queue).") }
        if let notice = only.notice { throw Refusal.unavailable(notice) }
        guard let asked = node else {
            throw Refusal.malformed("Entries come without the node that made them.")
        }
        var results: [ItemResult] = []
        var items: [IndexItem] = []
        for record in records {
            do {
                items.append(try IndexItem(decoding: record))
                results.append(ItemResult(mail: record.header.mail, outcome: .kept))
            } catch {
                let reason = "the entry cannot be read: \(error)"
                results.append(ItemResult(mail: record.header.mail, outcome: .refused(reason)))
            }
        }
        // A helper may have asked for them when another node had this name and address.
        let node = items.first?.entry.location.node ?? asked
        let merged: Merged
        switch try await merge(items, from: node) {
        case .failure(let lost):
            let reason = "the catalog holds less than what this follows"
            let later = records.map { ItemResult(mail: $0.header.mail, outcome: .later(reason)) }
            return Receipt(results: later, position: lost.held)
        case .success(let done): merged = done
        }
        for refused in merged.refused {
            guard let index = records.firstIndex(where: { $0.header.mail == refused.mail }) else {
                continue
            }
            results[index].outcome = .refused(refused.reason)
        }
        acks.add(merged.acks.map(\.record))
        letGo(merged.purged)
        return Receipt(results: results, position: merged.position)
    }

    /// Tells every gateway that nobody need keep these any more: they were purged.
    func letGo(_ mails: [MailID]) {
        let gateways = surroundings.roster.current?.roster.nodes(of: .gateway).map(\.name) ?? []
        guard !gateways.isEmpty else { return }
        let copies = Slip.copiesRange.upperBound
        acks.add(mails.map { Merged.Ack(mail: $0, gateways: gateways, copies: copies).record })
    }

    /// A restored or remade catalog: the storage goes on from what it holds.
    private struct Lost: Error {
        var held: Position
    }

    /// Looks and merges in one step: the catalog may be made anew at any time.
    private func merge(
        _ items: [IndexItem], from node: NodeID
    ) async throws -> Result<Merged, Lost> {
        let roster = surroundings.roster.current?.roster
        let known = roster?.nodes.first { $0.node == node.description }?.name
        let name = known ?? String(node.description.prefix(8))
        let now = surroundings.clock.now
        return try await writer.run { [catalog, rule = configuration.acks] in
            if let after = items.first?.entry.after {
                let held = try catalog.position(of: node)
                guard held >= after else { return .failure(Lost(held: held)) }
            }
            return .success(
                try catalog.merge(items, from: node, name: name, now: now, acks: rule))
        }
    }

    func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased? {
        switch queue {
        case "acks": return await acks.lease(request)
        case "orders": return await orders.lease(request)
        default: throw Refusal.absent("A DAL has no queue \(queue) to lease from.")
        }
    }

    func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws {
        switch queue {
        case "acks": acks.settle(results, retryMilliseconds: Self.retryMilliseconds)
        case "orders": try await settleOrders(results)
        default: throw Refusal.absent("A DAL has no queue \(queue) to settle.")
        }
    }

    /// Takes up the orders that no gateway has yet: one more than there is room for tells of the rest.
    func loadOrders() async throws {
        let pending = try await writer.run { [catalog] in
            try catalog.pendingOrders(limit: Self.ordersMax + 1)
        }
        orders.refill(pending.map(\.record))
    }

    /// An order leaves when its gateway keeps it; what came of it comes back as a note.
    private func settleOrders(_ all: [ItemResult]) async throws {
        let (ours, others) = storageOrders.settle(all)
        orders.settle(ours, retryMilliseconds: Self.retryMilliseconds)
        guard !others.isEmpty else { return }
        let results = try await follow(others)
        let now = surroundings.clock.now
        try await writer.run { [catalog] in
            for result in results {
                switch result.outcome {
                case .kept, .alreadyHeld:
                    try catalog.setState(result.mail, .taken, reason: "", now: now)
                case .refused(let reason):
                    try catalog.setState(result.mail, .finished, reason: reason, now: now)
                case .notHere(let reason), .later(let reason):
                    try catalog.setState(result.mail, .queued, reason: reason, now: now)
                }
            }
        }
        orders.settle(results, retryMilliseconds: Self.retryMilliseconds)
    }

    /// A mail to be released that nobody had where its order said may lie elsewhere by now.
    private func follow(_ results: [ItemResult]) async throws -> [ItemResult] {
        let today = surroundings.clock.now.day
        var followed = results
        for (index, result) in results.enumerated() where !result.isTaken {
            guard let record = orders.record(at: result.position),
                var order = try? Order(id: result.mail, decoding: record.summary)
            else { continue }
            let places = try await writer.run { [catalog, mail = order.mail] in
                try catalog.mail(mail, today: today)?.entries.map(\.entry.location) ?? []
            }
            guard !places.isEmpty, places != order.copies else { continue }
            followed[index].outcome = ReleaseRules.outcome(
                result.outcome, tried: order.copies, known: places)
            order.copies = places
            orders.replace(order.record, at: result.position)
        }
        return followed
    }
}

extension ItemResult {
    fileprivate var isTaken: Bool {
        switch outcome {
        case .kept, .alreadyHeld: true
        case .notHere, .later, .refused: false
        }
    }
}

extension Merged.Ack {
    /// The ack as it travels, addressed to every gateway on the slip.
    fileprivate var record: Record {
        var record = Record(
            RecordHeader(
                kind: .ack, mail: mail, received: received ?? Timestamp(milliseconds: 0),
                keepUntil: Day(number: 0)))
        let copies = min(max(copies, 1), Slip.copiesRange.upperBound)
        record.setSlip(Slip(copiesWanted: copies, keepUntil: Day(number: 0), gateways: gateways))
        return record
    }
}
