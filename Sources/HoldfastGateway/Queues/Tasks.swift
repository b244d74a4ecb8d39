// SPDX-License-Identifier: Apache-2.0
// The queue `tasks`: every mail and note of the spool, offered again until its ack (R13).

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// Owns the queue `tasks`, and what is remembered of each task.
final class Tasks: Sendable {
    private let desk: QueueDesk
    private let keeper: RecordKeeper
    private let spool: Spool
    /// Told of notes that are safe; true for one whose order is here, which it must not go before.
    private let keepsNote: @Sendable (MailID) -> Bool
    private let clock: ClockWatch
    private let histories: TaskHistories
    private let waits: CopyWaits
    /// So many copies are wanted before a reply (D12).
    private let copies: Int
    /// Tasks whose records are damaged or gone.
    private let lost: Mutex<Set<Position>>
    private let logger: Logger

    init(
        desk: QueueDesk, lost: Set<Position>, keeper: RecordKeeper, spool: Spool,
        intake: Intake, logger: Logger,
        keepsNote: @escaping @Sendable (MailID) -> Bool
    ) {
        self.desk = desk
        self.lost = Mutex(lost)
        self.keeper = keeper
        self.spool = spool
        self.logger = logger
        self.keepsNote = keepsNote
        (histories, waits, copies) = (intake.histories, intake.waits, intake.copiesBeforeReply)
        clock = intake.clock
    }

    func length() async throws -> Int { try await desk.length() }

    /// Tasks that a storage took and no ack came for yet.
    var waitingForAck: Int { histories.all.withLock { $0.values.count { $0.timesKept > 0 } } }

    var buried: Int { desk.look(\.buriedCount) }

    /// Mails that were answered for, and that nobody may ever read again.
    var unreadable: Int { lost.withLock { $0.count } }

    func lease(_ request: LeaseRequest) async throws -> Leased? {
        let end = keeper.clock.monotonicMilliseconds + Int64(request.waitSeconds) * 1000
        var request = request
        while let (lease, entries) = try await desk.lease(request) {
            let items = try await items(for: entries)
            if !items.isEmpty {
                return Leased(
                    lease: lease, seconds: QueueDesk.leaseSeconds, items: items,
                    copies: max(1, copies))
            }
            // There were only orders, or what is over: look again, for the time that is left.
            let left = max(0, end - keeper.clock.monotonicMilliseconds)
            request.waitSeconds = Int(left / 1000)
        }
        return nil
    }

    private func items(for entries: [QueueEntry]) async throws -> [LeasedItem] {
        let orders = entries.filter { $0.kind == .order }
        // Orders never leave, and their rows stay until their notes are safe.
        if !orders.isEmpty {
            desk.update { book in for order in orders { book.finish(order.position) } }
        }
        let read = try await keeper.read { _, reader in
            entries.filter { $0.kind != .order }.map { entry in
                let record = Result {
                    try reader.record(
                        segment: entry.segment, offset: entry.offset, mail: entry.mail)
                }
                return (entry, record)
            }
        }
        var items: [LeasedItem] = []
        for (entry, record) in read {
            switch record {
            case .success(let record):
                lost.withLock { _ = $0.remove(entry.position) }
                if let item = item(record, entry, beside: items) { items.append(item) }
            case .failure(let error): setAside(entry, error)
            }
        }
        return items
    }

    /// Nil when it does not go with these, or not at all any more.
    private func item(
        _ record: Record, _ entry: QueueEntry, beside others: [LeasedItem]
    ) -> LeasedItem? {
        var record = record
        if isOver(record.header) {
            // No ack ever came of it: somebody may want to know.
            logger.notice(
                "Mail given up on its keep-until day",
                metadata: [
                    "mail": "\(entry.mail)", "keep_until": "\(record.header.keepUntil)",
                ])
            finish([(entry.mail, entry.kind, entry.position, entry.segment)], isGivenUp: true)
            return nil
        }
        if let slip = histories.all.withLock({ $0[entry.position]?.slip }) { record.setSlip(slip) }
        let othersAreLarge = others.first?.pieces != nil
        if othersAreLarge || (record.messageIsBeside && !others.isEmpty) {
            // A large record travels alone.
            putBack(entry.position, after: 0, reason: "")
            return nil
        }
        guard record.messageIsBeside else { return LeasedItem(record) }
        return LeasedItem(
            record, pieces: keeper.pieces(of: record, segment: entry.segment, offset: entry.offset))
    }

    private func isOver(_ header: RecordHeader) -> Bool {
        TaskRules.isOver(
            keepUntil: header.keepUntil, today: keeper.clock.now.day,
            isDoubtful: clock.doubt() != nil)
    }

    /// What is damaged or gone stays so, and a person must see it; what the disk refuses now comes back.
    private func setAside(_ entry: QueueEntry, _ error: any Error) {
        let metadata: Logger.Metadata = [
            "mail": "\(entry.mail)", "place": "\(entry.segment)/\(entry.offset)",
            "error": "\(error)",
        ]
        keeper.damage.note(error)
        if case SegmentError.disk = error {
            logger.error("Mail not read, tried again", metadata: metadata)
            putBack(
                entry.position, after: TaskRules.backMilliseconds.upperBound, reason: "\(error)")
        } else {
            logger.error("Mail that was taken in cannot be read any more", metadata: metadata)
            lost.withLock { _ = $0.insert(entry.position) }
            desk.update { $0.bury(entry.position, reason: "\(error)") }
        }
    }

    private func putBack(_ position: Position, after milliseconds: Int64, reason: String) {
        let time = keeper.clock.monotonicMilliseconds + milliseconds
        desk.update {
            $0.putBack(position, notBefore: time, countsAsAttempt: false, reason: reason)
        }
    }

    /// Takes what became of leased items.
    func settle(_ results: [ItemResult]) {
        let now = keeper.clock.monotonicMilliseconds
        var random = keeper.machine.chance
        desk.update { book in
            histories.all.withLock { histories in
                for result in results where book.unfinished[result.position] != nil {
                    let decision = TaskRules.settle(
                        result.outcome, by: result.node, slip: result.slip,
                        &histories[result.position, default: TaskHistory()], copies: copies,
                        chance: Double.random(in: 0...1, using: &random))
                    if case .bury(let reason) = decision {
                        logger.error(
                            "Mail buried, for nobody takes it",
                            metadata: ["mail": "\(result.mail)", "reason": "\(reason)"])
                    }
                    if let slip = histories[result.position]?.slip {
                        waits.kept(result.mail, copies: slip.holders.count)
                    }
                    book.follow(decision, at: result.position, now: now)
                }
            }
        }
    }

    /// Offers again what was refused as it is; it has as many tries as a new task.
    func retry(_ mails: [MailID]?) async throws -> Int {
        let dugUp = try await desk.retry(mails)
        histories.all.withLock { histories in
            for position in dugUp { histories[position] = nil }
        }
        return dugUp.count
    }

    /// The DAL's word about one mail: it is safe.
    struct Ack: Hashable, Sendable {
        var mail: MailID
        var copies: Int
        /// When it was received, as the catalog has it; nil where that is not said.
        var received: Timestamp?
    }

    /// The DAL says that these are safe, with so many copies: nothing of them is needed here any more.
    ///
    /// Where somebody waits for more copies than that the task goes on; it asks for its ack again.
    func acked(_ acks: [Ack]) async throws {
        let acks = acks.filter { !waits.kept($0.mail, copies: $0.copies) }
        let (held, entries) = try await keeper.read { ledger, _ in
            let held = try ledger.held(acks.map(\.mail))
            let entries = try ledger.entries(at: held.values.map(\.position))
            return (held, entries.map { ($0.mail, $0.kind, $0.position, $0.segment) })
        }
        // The one mail that the catalog has is somebody else's, or came here at another time.
        let joined = acks.filter { ack in
            ack.received.map { $0 != held[ack.mail]?.received } ?? false
        }
        finish(entries, joined: Set(joined.map(\.mail)))
    }

    private func finish(
        _ done: [(MailID, RecordKind, Position, SegmentNumber)], isGivenUp: Bool = false,
        joined: Set<MailID> = []
    ) {
        let finished = desk.update { book in done.filter { book.finish($0.2) } }
        histories.all.withLock { histories in
            for (_, _, position, _) in finished { histories[position] = nil }
        }
        lost.withLock { lost in for (_, _, position, _) in finished { lost.remove(position) } }
        let gone = finished.filter { mail, kind, _, _ in kind != .note || !keepsNote(mail) }
        func entries(_ isJoined: Bool) -> [(position: Position, segment: SegmentNumber)] {
            gone.filter { joined.contains($0.0) == isJoined }.map { ($0.2, $0.3) }
        }
        spool.finish(entries(false), as: isGivenUp ? .givenUp : .gone)
        spool.finish(entries(true), as: .joined)
    }
}

extension QueueBook {
    fileprivate mutating func follow(
        _ decision: TaskRules.Decision, at position: Position, now: Int64
    ) {
        switch decision {
        case .waitForAck(let milliseconds):
            putBack(position, notBefore: now + milliseconds, countsAsAttempt: true, reason: "")
        case .comeBack(let milliseconds, let reason):
            putBack(position, notBefore: now + milliseconds, countsAsAttempt: true, reason: reason)
        case .bury(let reason):
            bury(position, reason: reason)
        }
    }
}
