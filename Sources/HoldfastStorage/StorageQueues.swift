// SPDX-License-Identifier: Apache-2.0
// The queues of a storage, as helpers meet them: input, sync, index (R17).

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging

/// Input, Sync and Index Queue of one storage.
struct StorageQueues: QueueSource, QueueTarget {
    let intake: Intake
    let sync: QueueDesk
    let index: IndexQueue
    let orders: OrderDesk
    let keeper: RecordKeeper
    let marks: StorageMarks
    let logger: Logger

    func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased? {
        switch queue {
        case "index": return try await index.lease(request)
        case "sync": return try await leaseSync(request)
        default: throw Refusal.absent("A storage has no queue \(queue) to lease from.")
        }
    }

    func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws {
        switch queue {
        case "index":
            guard index.settle(results, position: position) else { return }
            try await keeper.read { [marks] _, _ in try marks.older.set(true) }
            logger.error("No mail is taken", metadata: ["reason": "\(marks.notice ?? "")"])
        case "sync": try await settleSync(results)
        default: throw Refusal.absent("A storage has no queue \(queue) to settle.")
        }
    }

    func retry(_ queue: String, mails: [MailID]?) async throws -> Int {
        switch queue {
        case "index": return try await index.retry(mails)
        case "sync": return try await sync.retry(mails).count
        default: throw Refusal.absent("A storage buries nothing in a queue \(queue).")
        }
    }

    func take(into queue: String, _ records: [Record], from node: NodeID?) async throws -> Receipt {
        switch queue {
        case "input": return Receipt(results: await intake.take(records))
        case "orders": return Receipt(results: await orders.take(records))
        default: throw Refusal.absent("A storage takes nothing into \(queue).")
        }
    }

    func takeLarge(into queue: String, _ record: Record, _ next: NextPiece) async throws -> Receipt
    {
        guard queue == "input" else {
            throw Refusal.absent("A storage takes nothing into \(queue).")
        }
        let landing = try await keeper.land(record, next)
        return Receipt(results: [await intake.take(record, in: landing)])
    }

    private func leaseSync(_ request: LeaseRequest) async throws -> Leased? {
        guard let (lease, entries) = try await sync.lease(request) else { return nil }
        let read = try await keeper.read { ledger, reader in
            let held = try ledger.held(entries.map(\.mail))
            return entries.map { entry in
                (entry, Result { try entry.record(reader: reader, held: held[entry.mail]) })
            }
        }
        var items: [LeasedItem] = []
        for (entry, record) in read {
            switch record {
            case .success((let record, let slip)) where slip.wantsMoreCopies:
                items.append(item(record, entry))
            case .success:
                // It got them by another way: the gateway offered it elsewhere, or a crash took
                // the settle and left the slip.
                sync.update { $0.finish(entry.position) }
            case .failure(let error): setAside(entry, error)
            }
        }
        guard !items.isEmpty else { return nil }
        return Leased(lease: lease, seconds: QueueDesk.leaseSeconds, items: items)
    }

    /// A copy that is damaged cannot be passed on; the other holders can. What the disk refuses now is
    /// tried again some times.
    private func setAside(_ entry: QueueEntry, _ error: any Error) {
        keeper.damage.note(error)
        let result = ItemResult(
            mail: entry.mail, position: entry.position, outcome: .refused("\(error)"))
        let now = keeper.clock.monotonicMilliseconds
        sync.update { book in
            if case SegmentError.disk = error {
                SyncRules.settle(result, in: &book, now: now)
            } else {
                book.bury(entry.position, reason: "\(error)")
            }
        }
    }

    private func item(_ record: Record, _ entry: QueueEntry) -> LeasedItem {
        guard record.messageIsBeside else { return LeasedItem(record) }
        return LeasedItem(
            record, pieces: keeper.pieces(of: record, segment: entry.segment, offset: entry.offset))
    }

    private func settleSync(_ results: [ItemResult]) async throws {
        let now = keeper.clock.monotonicMilliseconds
        let slips = results.compactMap { result in result.slip.map { (result.mail, $0) } }
        let held = try await keeper.read { ledger, _ in try ledger.held(slips.map(\.0)) }
        for (mail, slip) in slips {
            guard let joined = held[mail].flatMap({ SyncRules.joined($0, with: slip) }) else {
                continue
            }
            keeper.noteSoon(.slip(joined, of: mail))
        }
        sync.update { book in
            for result in results { SyncRules.settle(result, in: &book, now: now) }
        }
    }
}

/// What becomes of a mail that was offered to another storage.
enum SyncRules {
    /// A target that is full or on the same disk may be joined by another one before long.
    static let waitMilliseconds: Int64 = 5_000
    static let refusalsMax = 5

    /// The slip of a held mail after a target has answered with its own; nil when that says nothing of what
    /// is held now.
    static func joined(_ held: Held, with answered: Slip) -> Slip? {
        // What was passed on has been written again since, to be kept longer.
        guard answered.keepUntil >= held.keepUntil else { return nil }
        // The target may keep it longer than this storage does: that makes nothing here last longer.
        var answered = answered
        answered.keepUntil = held.keepUntil
        // Another gateway may have joined since the mail was leased.
        return held.joinedSlip.map { $0.joined(with: answered) } ?? answered
    }

    static func settle(_ result: ItemResult, in book: inout QueueBook, now: Int64) {
        let position = result.position
        switch result.outcome {
        // Where more copies are wanted the target passes it on itself, as its slip says; offering it from
        // here too would carry each of them twice. Repairs stand behind a target that dies before.
        case .kept, .alreadyHeld: book.finish(position)
        case .notHere(let reason), .later(let reason):
            book.putBack(
                position, notBefore: now + waitMilliseconds, countsAsAttempt: false, reason: reason)
        case .refused(let reason):
            guard let item = book.unfinished[position] else { return }
            if item.attempts + 1 >= refusalsMax {
                book.bury(position, reason: reason)
            } else {
                book.putBack(
                    position, notBefore: now + waitMilliseconds, countsAsAttempt: true,
                    reason: reason)
            }
        }
    }
}

extension QueueEntry {
    /// The record, with the slip as it is now.
    fileprivate func record(reader: SegmentReader, held: Held?) throws -> (Record, Slip) {
        var record = try reader.record(segment: segment, offset: offset, mail: mail)
        guard let slip = held?.joinedSlip else { return (record, try Slip(decoding: record.slip)) }
        record.setSlip(slip)
        return (record, slip)
    }
}
