// SPDX-License-Identifier: Apache-2.0
// When the books of a day are balanced.

import HoldfastModel
import HoldfastNode
import Testing

@testable import holdfast

@Suite("The books of a day")
struct DayBooksTests {
    private func answer(_ change: (inout DayAnswer) -> Void) -> DayAnswer {
        var answer = DayAnswer(day: Day(number: 20_000))
        change(&answer)
        return answer
    }

    private func books(
        gateway: (inout DayAnswer) -> Void, storage: (inout DayAnswer) -> Void = { _ in },
        catalog: (inout DayAnswer) -> Void
    ) -> DayBooks {
        var books = DayBooks(day: "2024-10-04")
        books.gateways = [.init(name: "g", book: answer(gateway))]
        books.storages = [.init(name: "s", book: answer(storage))]
        books.catalog = answer(catalog)
        return books
    }

    @Test("all that was accepted is stored, joined, refused, given up, or on its way")
    func balanced() {
        let books = books(
            gateway: {
                ($0.kept, $0.live, $0.buried, $0.gone) = (10, 3, 1, 5)
                ($0.joined, $0.given_up, $0.known) = (1, 1, 4)
            }, storage: { ($0.kept, $0.live, $0.expired, $0.gone) = (9, 4, 3, 2) },
            catalog: { ($0.kept, $0.live, $0.expired, $0.purged) = (6, 3, 2, 1) })
        #expect(books.isBalanced, "\(books.faults)")
        #expect(books.accepted == 14 && books.joined == 5 && books.waiting == 2)
        #expect(books.text.contains("accepted 14 = stored 6 + joined 5 + refused 1"))
    }

    @Test("a mail that was acked and is nowhere is a fault, and so is one from nowhere")
    func lost() {
        #expect(
            !books(gateway: { ($0.kept, $0.gone) = (3, 3) }, catalog: { $0.kept = 2 }).isBalanced)
        #expect(
            !books(gateway: { ($0.kept, $0.gone) = (3, 3) }, catalog: { $0.kept = 4 }).isBalanced)
        #expect(
            books(gateway: { ($0.kept, $0.gone) = (3, 3) }, catalog: { $0.kept = 3 }).isBalanced)
    }

    @Test("a record that a ledger has lost is a fault of its node")
    func ledger() {
        let gateway = books(
            gateway: { ($0.kept, $0.gone, $0.live) = (3, 1, 1) }, catalog: { $0.kept = 2 })
        #expect(gateway.faults == ["g took in 3 mails and knows of 2"])
        let storage = books(
            gateway: { ($0.kept, $0.gone) = (1, 1) }, storage: { ($0.kept, $0.live) = (2, 1) },
            catalog: { $0.kept = 1 })
        #expect(storage.faults == ["s kept 2 records and knows of 1"])
    }
}
