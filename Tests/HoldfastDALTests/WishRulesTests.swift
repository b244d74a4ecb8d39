// SPDX-License-Identifier: Apache-2.0
// Who is waited for with what a person wants of a mail, and when it is safe.

import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastCatalog
@testable import HoldfastDAL

@Suite("Who is waited for with what a person wants") struct WishRulesTests {
    private static func node(_ number: Int) -> NodeID { NodeID(UInt128(number)) }

    private static func known(_ number: Int, isGone: Bool = false) -> Statistics.Node {
        Statistics.Node(
            id: node(number), name: "s\(number)", position: .none, entries: 1, counts: !isGone,
            isGone: isGone)
    }

    private static func storage(_ number: Int, draining: Bool? = nil) -> Registration {
        Registration(
            name: "s\(number)", role: .storage, address: "", node: node(number).description,
            draining: draining)
    }

    struct Case: Sendable {
        var what: String
        var known: [Statistics.Node]
        var living: [Registration]
        var confirmed = 0
        var unconfirmed: [Int]
        var waiting: [String] = []
        var gone: [String]?
        var isSafe: Bool
    }

    @Test(
        "those who can confirm it are waited for; it is safe when one has, or when there is no copy",
        arguments: [
            Case(
                what: "nobody has yet", known: [known(1), known(2)],
                living: [storage(1), storage(2)], unconfirmed: [2, 1], waiting: ["s1", "s2"],
                isSafe: false),
            Case(
                what: "one has", known: [known(1), known(2)], living: [storage(1), storage(2)],
                confirmed: 1, unconfirmed: [2], waiting: ["s2"], isSafe: true),
            Case(
                what: "the only holder is away", known: [known(1)], living: [], unconfirmed: [1],
                waiting: ["s1"], isSafe: false),
            Case(
                what: "the only holder is being emptied", known: [known(1, isGone: true)],
                living: [storage(1, draining: true)], unconfirmed: [1], waiting: ["s1"],
                isSafe: false),
            Case(
                what: "the only holder was declared lost", known: [known(1, isGone: true)],
                living: [storage(2)], unconfirmed: [1], gone: ["s1"], isSafe: false),
            Case(
                what: "one is lost, and the other has it",
                known: [known(1, isGone: true), known(2)], living: [storage(2)], confirmed: 1,
                unconfirmed: [1], gone: ["s1"], isSafe: true),
            Case(
                what: "there is no copy that could be told", known: [known(1)],
                living: [storage(1)], unconfirmed: [], isSafe: true),
        ])
    func answers(_ example: Case) {
        let rules = WishRules(known: example.known, living: example.living)
        let answer = rules.answer(
            MailID(1), of: MailID(2), confirmed: example.confirmed,
            unconfirmed: example.unconfirmed.map(Self.node))
        #expect(answer.waiting == example.waiting, "\(example.what)")
        #expect(answer.gone == example.gone, "\(example.what)")
        #expect(answer.isSafe == example.isSafe, "\(example.what)")
    }
}
