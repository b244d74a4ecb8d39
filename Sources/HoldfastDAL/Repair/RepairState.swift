// SPDX-License-Identifier: Apache-2.0
// Where the repairs stand, as a value: the walk over what is short, and what is ordered on it.

internal import HoldfastCatalog
internal import HoldfastModel

/// What `Repairs` knows from one step to the next.
struct RepairState {
    var watch: NodeWatch
    var book: RepairBook
    private(set) var place = ShortPlace.start
    /// When the walk over what is short begins again, on the clock that never jumps.
    private(set) var next: Int64 = 0
    /// Why nothing is repaired.
    var pause: String?
    var isRecounting = false
    /// Short mails that cannot be helped now: of the walk under way, and of the last whole one.
    private var stuck = Stuck()
    private(set) var lastStuck = Stuck()
    /// Nodes that did not take an order are left alone until then.
    var resting: [NodeID: Int64] = [:]

    struct Stuck: Hashable {
        var noCopy = 0
        var noTarget = 0
    }

    static let pageMails = 500
    /// A walk over what is short begins so long after the last one ended.
    private static let walkMilliseconds: Int64 = 5_000

    init(watch: NodeWatch, book: RepairBook) {
        self.watch = watch
        self.book = book
    }

    /// Orders what can be helped of a page of short mails, and moves on behind it.
    mutating func plan(
        _ page: [ShortMail], by rules: RepairRules, room: Int, now: Int64, at time: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> [StorageOrder] {
        var orders: [StorageOrder] = []
        for mail in page {
            guard orders.count < room else { return orders }
            place = mail.place
            guard let attempts = book.attempts(mail.id, now: now) else { continue }
            switch rules.plan(mail, attempts: attempts) {
            case .noCopy: stuck.noCopy += 1
            case .noTarget: stuck.noTarget += 1
            case .order(let copy, let holders):
                book.ordered(mail.id, at: copy, now: now)
                orders.append(
                    StorageOrder(
                        id: MailID(at: time, using: &random), kind: .passOn, mail: mail.id,
                        node: copy.holder.node, ordered: time, by: "audit", holders: holders,
                        copiesWanted: mail.copiesWanted, keepUntil: mail.keepUntil))
            }
        }
        if page.count < Self.pageMails { turn(now: now) }
        return orders
    }

    /// Mails first, then notes, then from the start again.
    private mutating func turn(now: Int64) {
        guard place.isAmongNotes else {
            place = .notes
            return
        }
        place = .start
        (lastStuck, stuck) = (stuck, Stuck())
        next = now + Self.walkMilliseconds
    }
}
