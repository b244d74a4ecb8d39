// SPDX-License-Identifier: Apache-2.0
// Whose copies count, who passes on what is short, and how much at a time.

import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastCatalog
@testable import HoldfastDAL

private func node(_ number: Int) -> NodeID { NodeID(UInt128(number)) }

private func storage(
    _ number: Int, disk: Int? = nil, writable: Bool = true, draining: Bool? = nil
) -> Registration {
    Registration(
        name: "s\(number)", role: .storage, address: "", node: node(number).description,
        disk: DiskID(UInt64(disk ?? number)).description, writable: writable, draining: draining)
}

private func known(_ number: Int, counts: Bool = true, isGone: Bool = false) -> Statistics.Node {
    Statistics.Node(
        id: node(number), name: "s\(number)", position: .none, entries: 1, counts: counts,
        isGone: isGone)
}

@Suite("Whose copies count") struct NodeWatchTests {
    private static let minute: Int64 = 60_000

    struct Case: Sendable {
        var what: String
        var known: [Statistics.Node]
        var living: [Registration]
        var minutes: Int64 = 61
        var dues: Set<Int> = []
        var changes: [NodeWatch.Change]
    }

    private static func change(
        _ number: Int, _ counts: Bool, gone: Bool = false
    ) -> NodeWatch.Change {
        .init(node: node(number), counts: counts, isGone: gone)
    }

    @Test(
        "a node counts, or does not, by what is known of it",
        arguments: [
            Case(
                what: "all are there", known: [known(1), known(2), known(3)],
                living: [storage(1), storage(2), storage(3)], changes: []),
            Case(
                what: "one is dead", known: [known(1), known(2), known(3)],
                living: [storage(1), storage(2)], changes: [change(3, false)]),
            Case(
                what: "one is away for a while", known: [known(1), known(2), known(3)],
                living: [storage(1), storage(2)], minutes: 59, changes: []),
            Case(
                what: "more than a third vanished: nobody is dead",
                known: [known(1), known(2), known(3)], living: [storage(1)], changes: []),
            Case(
                what: "a dead one is back", known: [known(1), known(2), known(3, counts: false)],
                living: [storage(1), storage(2), storage(3)], changes: [change(3, true)]),
            Case(
                what: "it is being emptied", known: [known(1), known(2)],
                living: [storage(1), storage(2, draining: true)],
                changes: [change(2, false, gone: true)]),
            Case(
                what: "it was emptied and is away: nobody misses it",
                known: [known(1), known(2), known(3, counts: false, isGone: true)],
                living: [storage(1), storage(2)], changes: []),
            Case(
                what: "it was lost and is back, and does not know what was ordered",
                known: [known(1), known(2, counts: false, isGone: true)],
                living: [storage(1), storage(2)], dues: [2], changes: []),
            Case(
                what: "it was lost and is back",
                known: [known(1), known(2, counts: false, isGone: true)],
                living: [storage(1), storage(2)], changes: [change(2, true)]),
        ])
    func changes(_ example: Case) {
        var watch = NodeWatch(deadAfterMinutes: 60, now: 0)
        _ = watch.changes(example.known, living: [storage(1)], now: 0) { _ in false }
        let changes = watch.changes(
            example.known, living: example.living, now: example.minutes * Self.minute
        ) { asked in example.dues.contains { node($0) == asked } }
        #expect(changes == example.changes, "\(example.what)")
    }

    @Test("a node is dead when it was silent for so long, not when this began so long ago")
    func silence() {
        var watch = NodeWatch(deadAfterMinutes: 60, now: 0)
        let nodes = [known(1), known(2), known(3)]
        _ = watch.changes(
            nodes, living: [storage(1), storage(2), storage(3)], now: 50 * Self.minute
        ) { _ in false }
        for (minute, isDead) in [(109, false), (110, true)] as [(Int64, Bool)] {
            let changes = watch.changes(
                nodes, living: [storage(1), storage(2)], now: minute * Self.minute
            ) { _ in false }
            #expect(changes.isEmpty != isDead)
        }
    }

    @Test(
        "repairs pause when more than a third vanish, and those who are gone are not missed",
        arguments: [
            ([known(1), known(2), known(3)], [1, 2, 3], false),
            ([known(1), known(2), known(3)], [1, 2], false),
            ([known(1), known(2), known(3)], [1], true),
            ([known(1), known(2)], [1], true),
            ([known(1), known(2, counts: false, isGone: true)], [1], false),
            ([], [], false),
        ] as [([Statistics.Node], [Int], Bool)])
    func pauses(nodes: [Statistics.Node], living: [Int], isPaused: Bool) {
        let pause = NodeWatch.pause(nodes, living: living.map { storage($0) })
        #expect((pause != nil) == isPaused)
        if let pause { #expect(pause.contains("s2") && pause.contains("--gone")) }
    }
}

@Suite("Who passes on what is short") struct RepairRulesTests {
    private static func copy(
        _ number: Int, disk: Int? = nil, counts: Bool = true, lasts: Bool = true
    ) -> ShortMail.Copy {
        ShortMail.Copy(
            holder: Holder(node: node(number), disk: DiskID(UInt64(disk ?? number)), host: "h"),
            place: CopyPlace(segment: 1, offset: UInt64(number)), counts: counts, lasts: lasts)
    }

    private static func mail(_ copies: ShortMail.Copy...) -> ShortMail {
        ShortMail(
            place: .start, id: MailID(1), keepUntil: day, copiesWanted: 3, counted: 0,
            copies: copies)
    }

    private static let day = Day(number: 20_000)

    struct Case: Sendable {
        var what: String
        var mail: ShortMail
        var living: [Registration]
        var shared = false
        var attempts = 0
        var plan: RepairRules.Plan
    }

    private static func order(_ source: ShortMail.Copy, _ holders: Int...) -> RepairRules.Plan {
        .order(
            at: source,
            holders: holders.map { Holder(node: node($0), disk: DiskID(UInt64($0)), host: "h") })
    }

    @Test(
        "a holder that lives is ordered, and only when somebody could take it",
        arguments: [
            Case(
                what: "one of two is dead", mail: mail(copy(1), copy(2, counts: false)),
                living: [storage(1), storage(3)], plan: order(copy(1), 1)),
            Case(
                what: "both count and live; a third is wanted", mail: mail(copy(1), copy(2)),
                living: [storage(1), storage(2), storage(3)], plan: order(copy(1), 1, 2)),
            Case(
                what: "asked again: another one", mail: mail(copy(1), copy(2)),
                living: [storage(1), storage(2), storage(3)], attempts: 1,
                plan: order(copy(2), 2, 1)),
            Case(
                what: "one that counts is away for a while", mail: mail(copy(1), copy(2)),
                living: [storage(2), storage(3)], plan: order(copy(2), 2, 1)),
            Case(
                what: "the only one is being emptied", mail: mail(copy(1, counts: false)),
                living: [storage(1, writable: false, draining: true), storage(2)],
                plan: order(copy(1, counts: false))),
            Case(
                what: "nobody who lives has it", mail: mail(copy(1)), living: [storage(2)],
                plan: .noCopy),
            Case(what: "no copy at all", mail: mail(), living: [storage(2)], plan: .noCopy),
            Case(
                what: "all who live have it", mail: mail(copy(1), copy(2)),
                living: [storage(1), storage(2)], plan: .noTarget),
            Case(
                what: "the other takes nothing", mail: mail(copy(1)),
                living: [storage(1), storage(2, writable: false)], plan: .noTarget),
            Case(
                what: "the other is on the same disk", mail: mail(copy(1, disk: 1)),
                living: [storage(1), storage(2, disk: 1)], plan: .noTarget),
            Case(
                what: "the other is on the same disk, and may be", mail: mail(copy(1)),
                living: [storage(1), storage(2, disk: 1)], shared: true, plan: order(copy(1), 1)),
            Case(
                what: "one goes before the mail: the other passes it on, to that one perhaps",
                mail: mail(copy(1, lasts: false), copy(2)), living: [storage(1), storage(2)],
                plan: order(copy(2), 2)),
            Case(
                what: "it goes early, but the other is being emptied",
                mail: mail(copy(1, lasts: false), copy(2, counts: false)),
                living: [storage(1), storage(2, writable: false, draining: true)],
                plan: order(copy(2, counts: false))),
            Case(
                what: "asked again: the one that goes early is written again itself",
                mail: mail(copy(1, lasts: false), copy(2)), living: [storage(1), storage(2)],
                attempts: 1, plan: order(copy(1, lasts: false), 1, 2)),
            Case(
                what: "the only one goes early, and nobody could take another",
                mail: mail(copy(1, lasts: false)), living: [storage(1)],
                plan: order(copy(1, lasts: false), 1)),
            Case(
                what: "what is being emptied is no copy more, however long it lasts",
                mail: mail(copy(1, counts: false, lasts: false)),
                living: [storage(1, writable: false, draining: true)], plan: .noTarget),
            Case(
                what: "two on one disk count as one", mail: mail(copy(1), copy(2, disk: 1)),
                living: [storage(1), storage(2, disk: 1), storage(3)], plan: order(copy(1), 1)),
        ])
    func plans(_ example: Case) {
        let rules = RepairRules(living: example.living, disksMayBeShared: example.shared)
        let plan = rules.plan(example.mail, attempts: example.attempts)
        #expect(plan == example.plan, "\(example.what)")
    }

    @Test("whoever passes a mail on is told until when it is to be kept")
    func saysTheDay() {
        var state = RepairState(
            watch: NodeWatch(deadAfterMinutes: 60, now: 0), book: RepairBook(RepairLimits()))
        var random = SystemRandomNumberGenerator()
        let orders = state.plan(
            [Self.mail(Self.copy(1, lasts: false))],
            by: RepairRules(living: [storage(1)], disksMayBeShared: false), room: 9, now: 0,
            at: Timestamp(milliseconds: 0), using: &random)
        #expect(orders.map(\.keepUntil) == [Self.day])
        #expect(orders.map(\.node) == [node(1)])
    }
}

@Suite("Repairs under way") struct RepairBookTests {
    private static let copy = ShortMail.Copy(
        holder: Holder(node: node(1), disk: DiskID(1), host: ""),
        place: CopyPlace(segment: 2, offset: 3), counts: true)

    @Test("there is room for so many at a time, and so many a second")
    func room() {
        var book = RepairBook(RepairLimits(perSecond: 3, openMax: 5))
        for number in 1...3 {
            #expect(book.room(now: 1000) == 4 - number)
            book.ordered(MailID(UInt128(number)), at: Self.copy, now: 1000)
        }
        #expect(book.room(now: 1999) == 0)
        #expect(book.room(now: 2000) == 2, "five at a time")
        book.look(stillShort: [], now: 2000)
        #expect(book.room(now: 2000) == 3)
        #expect(book.done == 3 && book.perMinute(now: 62_000) > 0)
    }

    @Test("what was ordered in vain rests, longer each time, and another holder is asked")
    func rests() {
        var book = RepairBook(RepairLimits())
        let mail = MailID(7)
        #expect(book.attempts(mail, now: 0) == 0)
        book.ordered(mail, at: Self.copy, now: 0)
        #expect(book.attempts(mail, now: 0) == nil)
        book.look(stillShort: [mail], now: 29_999)
        #expect(book.openCount == 1)
        book.look(stillShort: [mail], now: 30_000)
        #expect(book.openCount == 0 && book.attempts(mail, now: 59_999) == nil)
        #expect(book.attempts(mail, now: 60_000) == 1)
        book.ordered(mail, at: Self.copy, now: 60_000)
        book.look(stillShort: [mail], now: 90_000)
        #expect(book.attempts(mail, now: 149_999) == nil)
        #expect(book.attempts(mail, now: 150_000) == 2)
    }

    @Test("a holder that says it has no such copy is taken at its word, and the next asked at once")
    func refused() throws {
        var book = RepairBook(RepairLimits())
        book.ordered(MailID(7), at: Self.copy, now: 0)
        let failed = book.failed(MailID(7), isGone: true, now: 5)
        let lost = try #require(failed)
        #expect(lost.node == node(1) && lost.place == CopyPlace(segment: 2, offset: 3))
        #expect(book.attempts(MailID(7), now: 5) == 1)
        book.ordered(MailID(7), at: Self.copy, now: 5)
        let other = book.failed(MailID(7), isGone: false, now: 6)
        #expect(other == nil)
        #expect(book.attempts(MailID(7), now: 6) == nil)
    }
}
