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
        books.acked = books.gateways.reduce(0) { $0 + $1.book.gone }
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

    @Test("when nothing is on its way all that was acked is stored, and nothing else is")
    func equal() {
        // Two of five were handed in before: that excuses no mail too many.
        func stored(_ count: Int) -> DayBooks {
            books(
                gateway: { ($0.kept, $0.gone, $0.joined) = (5, 3, 2) },
                catalog: { $0.kept = count })
        }
        #expect(stored(3).isBalanced)
        #expect(stored(2).faults == ["3 mails were acked and 2 are stored"])
        #expect(stored(4).faults == ["4 mails are stored, and the gateways know of 3"])
    }

    @Test("what came while the books were asked for is no fault")
    func meanwhile() {
        // Acked after the catalog was asked.
        var later = books(gateway: { ($0.kept, $0.gone) = (4, 4) }, catalog: { $0.kept = 3 })
        later.acked = 3
        #expect(later.isBalanced, "\(later.faults)")
    }

    @Test("a mail that lives without a copy is a fault")
    func withoutCopy() {
        let found = books(
            gateway: { ($0.kept, $0.gone) = (4, 4) },
            catalog: { ($0.kept, $0.live, $0.without_copy) = (4, 4, 3) })
        #expect(found.faults == ["3 mails that live have no copy on any storage"])
        #expect(found.text.hasSuffix("Not balanced.\n"))
    }

    @Test("without the books of a gateway that was retired what it took in is no fault")
    func without() {
        var found = books(gateway: { ($0.kept, $0.gone) = (1, 1) }, catalog: { $0.kept = 4 })
        #expect(!found.isBalanced)
        found.without = ["g2"]
        #expect(found.isBalanced && found.text.contains("Without g2:"))
        found.acked = 5
        #expect(!found.isBalanced, "what was acked is to be there all the same")
    }

    @Test(
        "a gateway of that day and a storage with copies are needed, unless somebody says otherwise",
        arguments: [
            (living: ["g1", "g2", "s1", "s2"], without: [], away: []),
            (living: ["g1", "s1", "s2"], without: [], away: ["g2"]),
            (living: ["g1", "g2", "s1"], without: [], away: ["s2"]),
            (living: ["s1"], without: ["g1"], away: ["g2", "s2"]),
            (living: ["g1", "s1"], without: ["g2", "s2"], away: []),
        ] as [(living: [String], without: [String], away: [String])])
    func away(living: [String], without: [String], away: [String]) {
        func known(_ name: String, copies: Int = 1, gone: Bool = false) -> DependentsAnswer.Node {
            .init(
                node: name, name: name, copies: copies, dependent: 0, counts: true, gone: gone,
                recounting: false, orders: 0)
        }
        let nodes = living.map { name in
            Registration(
                name: name, role: name.hasPrefix("g") ? .gateway : .storage, address: "",
                node: name)
        }
        let found = DayBooks.away(
            gateways: ["g1", "g2"],
            [known("s1"), known("s2"), known("s3", copies: 0), known("s4", gone: true)],
            Roster(nodes: nodes, clock: 0), without: without)
        #expect(found == away)
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
