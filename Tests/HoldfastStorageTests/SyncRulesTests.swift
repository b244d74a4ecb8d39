// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import Testing

@testable import HoldfastStorage

@Suite("What becomes of a mail that was offered to another storage")
struct SyncRulesTests {
    private static let position = Position(raw: 5)

    /// A queue whose one item is leased.
    private static var book: QueueBook {
        var book = QueueBook(next: position)
        _ = book.lease(due: [], new: [position], through: position.next, now: 0, seconds: 30_000)
        return book
    }

    private static func slip(day: Int32, _ holders: UInt64...) -> Slip {
        Slip(
            copiesWanted: 2, keepUntil: Day(number: day),
            holders: holders.map { holder($0) }, gateways: ["g"])
    }

    struct Answer: Sendable {
        var what: String
        var joinedBefore: Slip?
        var answered: Slip
        var slip: Slip?
    }

    @Test(
        "what a target says of its copy says no more of ours than is so",
        arguments: [
            Answer(
                what: "kept as long as here", answered: slip(day: 7, 1, 2), slip: slip(day: 7, 1, 2)
            ),
            Answer(
                what: "another holder became known meanwhile", joinedBefore: slip(day: 7, 1, 3),
                answered: slip(day: 7, 1, 2), slip: slip(day: 7, 1, 3, 2)),
            Answer(
                what: "kept longer there", answered: slip(day: 30, 2, 3), slip: slip(day: 7, 2, 3)),
            Answer(
                what: "of what was kept here before it was written again",
                answered: slip(day: 5, 1, 2), slip: nil),
        ])
    func joined(_ example: Answer) {
        let held = Held(
            position: Self.position, segment: 1, offset: 0, digest: .zero,
            keepUntil: Day(number: 7), joinedSlip: example.joinedBefore)
        #expect(SyncRules.joined(held, with: example.answered) == example.slip, "\(example.what)")
    }

    private static func slip(_ copies: Int) -> Slip {
        Slip(copiesWanted: copies, keepUntil: Day(number: 1), holders: [holder(1), holder(2)])
    }

    private static func settle(_ outcome: Outcome, slip: Slip? = nil, in book: inout QueueBook) {
        SyncRules.settle(
            ItemResult(mail: MailID(1), position: position, outcome: outcome, slip: slip),
            in: &book, now: 1000)
    }

    @Test(
        "one more copy ends it here: where still more are wanted, the target passes it on",
        arguments: [Outcome.kept, .alreadyHeld], [2, 3])
    func ended(_ outcome: Outcome, copies: Int) {
        var book = Self.book
        Self.settle(outcome, slip: Self.slip(copies), in: &book)
        #expect(book.unfinished.isEmpty)
    }

    @Test(
        "no target now: it waits, and no attempt is counted",
        arguments: [Outcome.notHere("the same disk"), .later("away")])
    func waits(_ outcome: Outcome) {
        var book = Self.book
        Self.settle(outcome, in: &book)
        #expect(book.due(limit: 1, now: 1000 + SyncRules.waitMilliseconds - 1) == [])
        #expect(book.due(limit: 1, now: 1000 + SyncRules.waitMilliseconds) == [Self.position])
        #expect(book.unfinished[Self.position]?.attempts == 0)
    }

    @Test("what is refused again and again is buried, and stays")
    func buried() {
        var book = Self.book
        for attempt in 1...SyncRules.refusalsMax {
            #expect(book.buriedCount == 0, "before attempt \(attempt)")
            Self.settle(.refused("no"), in: &book)
        }
        #expect(book.buriedCount == 1)
        #expect(book.unfinished[Self.position]?.reason == "no")
    }
}
