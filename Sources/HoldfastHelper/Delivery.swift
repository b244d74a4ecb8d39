// SPDX-License-Identifier: Apache-2.0
// Bringing leased items to their targets, the next one where the first cannot take them.

internal import HoldfastModel
internal import HoldfastNode

/// One leased batch on its way.
struct Delivery: Sendable {
    private let link: Link
    private let source: Registration
    private let targets: [Registration]
    /// On so many storages a mail is to lie before it is settled, as far as it wants so many (D12).
    private let copies: Int
    let surroundings: Surroundings

    init(
        link: Link, source: Registration, targets: [Registration], copies: Int,
        _ surroundings: Surroundings
    ) {
        self.link = link
        self.source = source
        self.targets = targets
        self.copies = copies
        self.surroundings = surroundings
    }

    /// What becomes of each item, with the positions of the queue that it was leased from.
    func deliver(_ carried: Carried) async -> Receipt {
        switch carried {
        case .batch(let records) where link.toQueue == "orders":
            return Receipt(results: await deliver(orders: records))
        case .batch(let records):
            return await deliver(records)
        case .large(let record, let rest):
            return Receipt(results: [await deliver(record, rest)])
        }
    }

    private func deliver(_ records: [Record]) async -> Receipt {
        var random = surroundings.machine.chance
        let spread = TargetRules.spread(targets, using: &random)
        var records = records
        var open = records.indices.map { index in
            OpenItem(index: index, candidates: candidates(for: records[index], spread))
        }
        var results = records.map { record in
            ItemResult(
                mail: record.header.mail, position: record.header.position,
                outcome: .later("no node is there to take it"))
        }
        var position: Position?
        while true {
            let groups = Dictionary(grouping: open.filter { !$0.candidates.isEmpty }) { item in
                item.candidates[0].address
            }
            guard !groups.isEmpty else { break }
            for (address, items) in groups {
                let receipt = await put(items.map { records[$0.index] }, to: address)
                position = receipt.position ?? position
                for (item, result) in zip(items, receipt.results)
                where result.isKept || !results[item.index].isKept {
                    results[item.index].take(result)
                    if let slip = result.slip, result.isKept { records[item.index].setSlip(slip) }
                }
            }
            open = open.compactMap { item in
                next(of: item, after: results[item.index], records[item.index].header.mail)
            }
        }
        return Receipt(results: results, position: position)
    }

    /// What is left to try with an item, if anything need be tried.
    private func next(of item: OpenItem, after result: ItemResult, _ mail: MailID) -> OpenItem? {
        guard result.isKept, !isAddressed, let slip = result.slip else {
            return item.next(after: result, isAddressed: isAddressed)
        }
        guard slip.wantsMoreCopies(before: copies) else { return nil }
        // When it is still the earlier one who says so, the next may take it too.
        guard slip.holders.count > item.holders else { return item.rest }
        return OpenItem(
            index: item.index, candidates: TargetRules.passOn(mail, slip, targets),
            holders: slip.holders.count)
    }

    private struct OpenItem {
        var index: Int
        var candidates: [Registration]
        /// How many hold it, while more must before it is settled; 0 before anybody took it.
        var holders = 0

        /// What is left to try, if anything need be tried.
        func next(after result: ItemResult, isAddressed: Bool) -> OpenItem? {
            switch result.outcome {
            case .kept, .alreadyHeld: return isAddressed ? rest : nil
            case .notHere, .later: return rest
            case .refused: return nil
            }
        }

        /// Without the candidate that was tried; nil when there is no other.
        var rest: OpenItem? {
            guard candidates.count > 1 else { return nil }
            return OpenItem(
                index: index, candidates: Array(candidates.dropFirst()), holders: holders)
        }
    }

    /// An ack goes to every gateway on the slip, not to the first that takes it.
    private var isAddressed: Bool { link.toQueue == "acks" }

    private func candidates(for record: Record, _ spread: [Registration]) -> [Registration] {
        guard let slip = try? Slip(decoding: record.slip) else { return spread }
        switch (link.fromQueue, link.toQueue) {
        case ("sync", _): return TargetRules.passOn(record.header.mail, slip, targets)
        case (_, "acks"): return TargetRules.addressed(to: slip.gateways, in: targets)
        case (_, "input") where link.toRole == .storage:
            return TargetRules.offer(record.header.mail, slip, to: spread, copies: copies)
        default: return spread
        }
    }

    /// One call; when it fails, every item of it has failed for now.
    func put(_ records: [Record], to address: String) async -> Receipt {
        do {
            return try await surroundings.client.put(
                records, into: address, queue: link.toQueue,
                from: source.node.flatMap { NodeID($0) })
        } catch {
            return Receipt(results: records.map { $0.result(of: error) })
        }
    }

    /// A large record goes to one target: its message passes through, and cannot be read twice.
    private func deliver(_ record: Record, _ rest: PassedOn) async -> ItemResult {
        var random = surroundings.machine.chance
        let spread = TargetRules.spread(targets, using: &random)
        var result = ItemResult(
            mail: record.header.mail, position: record.header.position,
            outcome: .later("no node is there to take it"))
        guard let target = candidates(for: record, spread).first else { return result }
        do {
            let receipt = try await surroundings.client.put(
                record, rest: rest, into: target.address, queue: link.toQueue)
            if let answer = receipt.results.first { result.take(answer) }
        } catch {
            result.take(record.result(of: error))
        }
        return result
    }
}

extension ItemResult {
    fileprivate var isKept: Bool { outcome == .kept || outcome == .alreadyHeld }

    /// Takes over what a target said; the position stays that of the source's queue.
    mutating func take(_ answer: ItemResult) {
        outcome = answer.outcome
        slip = answer.slip ?? slip
        node = answer.node
    }
}

extension Record {
    /// What a failed call means for an item of it.
    func result(of error: any Error) -> ItemResult {
        let outcome: Outcome
        switch error {
        case let error as NodeError where error.isAboutTheItem: outcome = .refused(error.message)
        case let error as RecordError: outcome = .refused("\(error)")
        default: outcome = .later("\(error)")
        }
        return ItemResult(mail: header.mail, position: header.position, outcome: outcome)
    }
}
