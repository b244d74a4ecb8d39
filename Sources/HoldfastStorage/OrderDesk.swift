// SPDX-License-Identifier: Apache-2.0
// The queue `orders` of a storage: pass on again, hold, unhold, purge.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging

/// Does what a storage is ordered to. Each order may come again: it is done once.
struct OrderDesk: Sendable {
    let name: String
    let here: Holder
    let keeper: RecordKeeper
    let logger: Logger
    /// Lets a record be passed on again.
    let reopen: @Sendable (_ position: Position) -> Void
    /// Told that people want something else of a mail than before.
    let wished: @Sendable () -> Void

    /// A result for each order, in their order; what is confirmed is durable.
    func take(_ records: [Record]) async -> [ItemResult] {
        var results: [ItemResult] = []
        for record in records {
            results.append(
                ItemResult(mail: record.header.mail, outcome: await take(record), node: name))
        }
        return results
    }

    private func take(_ record: Record) async -> Outcome {
        do {
            guard let order = try StorageOrder(decoding: record) else {
                return .refused("a storage releases nothing")
            }
            guard order.node == here.node else { return .notHere("the order is for another node") }
            return order.kind == .passOn ? try await passOn(order) : await keepNote(of: order)
        } catch let error as RecordError {
            return .refused("the order cannot be read: \(error)")
        } catch {
            return .later("\(error)")
        }
    }

    /// Nobody is given less than the mail's day, nor does less remain here.
    private func passOn(_ order: StorageOrder) async throws -> Outcome {
        guard var held = try await look(up: order.mail) else {
            return .refused("it is not held here")
        }
        let isEarly = PassOnRules.mustRenew(held, for: order, today: keeper.clock.now.day)
        if isEarly {
            guard let renewed = try await renew(held, for: order) else {
                return keeper.damage.isKnown(segment: held.segment, offset: held.offset)
                    ? .refused("its record is damaged") : .later("it is being written again")
            }
            held = renewed
        }
        var slip: Slip
        do {
            if let joined = held.joinedSlip {
                slip = joined
            } else {
                slip = try await keeper.known(of: held, order.mail).slip
            }
        } catch let error as SegmentError {
            keeper.damage.note(error)
            if case .disk = error { return .later("\(error)") }
            return .refused("\(error)")
        }
        slip = PassOnRules.slip(slip, for: order)
        guard slip.wantsMoreCopies else { return isEarly ? .kept : .alreadyHeld }
        try await keeper.note(.passOn(slip, of: order.mail, held.position))
        reopen(held.position)
        return .kept
    }

    private func look(up mail: MailID) async throws -> Held? {
        try await keeper.read { ledger, _ in try ledger.held([mail])[mail] }
    }

    /// Writes the record again, to be kept as long as the mail: what lies here would be dropped before.
    ///
    /// - Returns: nil when that was not done.
    private func renew(_ held: Held, for order: StorageOrder) async throws -> Held? {
        let entries = try await keeper.read { ledger, _ in try ledger.entries(at: [held.position]) }
        try await Forwarding(keeper: keeper).copy(entries, keepUntil: order.keepUntil)
        let renewed = try await look(up: order.mail)
        return renewed.flatMap { $0.keepUntil >= order.keepUntil ? $0 : nil }
    }

    /// What a person ordered becomes a note beside the mail, so that it is known as long as the mail (D9);
    /// with its row in the ledger it is done.
    private func keepNote(of order: StorageOrder) async -> Outcome {
        guard let kind = Note.Kind(rawValue: order.kind.rawValue) else {
            return .refused("an order of an unknown kind")
        }
        let today = keeper.clock.now.day
        let keepUntil = max(order.keepUntil, today)
        let note = Note(
            id: order.id, kind: kind, mail: order.mail, order: order.id, at: order.ordered,
            by: order.by, reason: order.reason,
            until: order.kind == .purge ? order.keepUntil : nil)
        // A DAL whose clock is ahead must not make ours seem to be behind what lies here (D8).
        let received = min(order.ordered, keeper.clock.now)
        var record = Record(
            RecordHeader(kind: .note, mail: note.id, received: received, keepUntil: keepUntil))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: keepUntil, holders: [here]))
        record.setSummary(note.encoded[...])
        var offer = RecordKeeper.Offer(
            Appendable(record), keepClass: KeepClass(keepUntil: keepUntil, today: today))
        offer.wish = Wish(note, keepUntil: keepUntil)
        switch await keeper.keep([offer])[0] {
        case .success(.placed):
            logger.notice(
                "Order kept",
                metadata: [
                    "node": "\(name)", "order": "\(order.kind)", "mail": "\(order.mail)",
                ])
            // What asks next finds it in the ledger.
            do { try await keeper.note(.kept([], segments: [])) } catch {
                return .later("\(error)")
            }
            wished()
            return .kept
        case .success(.held): return .alreadyHeld
        case .failure(let error): return .later("\(error)")
        }
    }
}

extension RecordKeeper {
    /// Digest and slip of what is held; from its record where the index does not have them.
    func known(of held: Held, _ mail: MailID) async throws -> (digest: Digest, slip: Slip) {
        if let slip = held.joinedSlip, let digest = held.digest { return (digest, slip) }
        let record = try await read { _, reader in
            try reader.record(segment: held.segment, offset: held.offset, mail: mail)
        }
        return (record.header.digest, try held.joinedSlip ?? Slip(decoding: record.slip))
    }
}
