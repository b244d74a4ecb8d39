// SPDX-License-Identifier: Apache-2.0
// The books of a day side by side: decisions, without asking anybody.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode

/// What all nodes counted of the mails of one day; its JSON is described in Protocol.
struct DayBooks: Codable {
    struct Node: Codable {
        var name: String
        var book: DayAnswer
    }

    var format_version = 1
    var day: String
    var gateways: [Node] = []
    var storages: [Node] = []
    var catalog: DayAnswer
    /// Mails that were acked before the catalog was asked; the books of the gateways are of after that.
    var acked = 0
    /// Nodes whose books nobody has any more, as whoever asked says; absent for none.
    var without: [String]?

    init(day: String) {
        self.day = day
        catalog = DayAnswer(day: Day(day) ?? Day(number: 0))
    }

    private func sum(_ count: (DayAnswer) -> Int) -> Int {
        gateways.reduce(0) { $0 + count($1.book) }
    }

    /// Every mail that was answered with yes, those that were known among them.
    var accepted: Int { sum { $0.kept + $0.known } }
    var joined: Int { sum { $0.joined + $0.known } }
    var refused: Int { sum(\.buried) }
    var givenUp: Int { sum(\.given_up) }
    /// Not acked yet: a storage may have it, or not.
    var waiting: Int { sum { $0.live - $0.buried } }
    var stored: Int { catalog.kept }

    /// What is wrong, a sentence each.
    var faults: [String] {
        var faults: [String] = []
        for node in gateways {
            let book = node.book
            let found = book.live + book.gone + book.joined + book.given_up + book.expired
            if book.kept != found {
                faults.append("\(node.name) took in \(book.kept) mails and knows of \(found)")
            }
        }
        for node in storages {
            let book = node.book
            let found = book.live + book.expired + book.gone
            if book.kept != found {
                faults.append("\(node.name) kept \(book.kept) records and knows of \(found)")
            }
        }
        if let lost = catalog.without_copy, lost > 0 {
            faults.append("\(lost) mails that live have no copy on any storage")
        }
        return faults + faultsBetween
    }

    /// Acked is stored, and nothing else is but what is on its way: when nothing is, both are the same.
    private var faultsBetween: [String] {
        if stored < acked { return ["\(acked) mails were acked and \(stored) are stored"] }
        // What a gateway without books took in is among what is stored.
        guard without == nil else { return [] }
        let most = sum { $0.gone + $0.given_up } + waiting + refused
        return stored > most
            ? ["\(stored) mails are stored, and the gateways know of \(most)"] : []
    }

    var isBalanced: Bool { faults.isEmpty }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }

    var text: String {
        var table = Table([
            .init("STORAGE"), .init("KEPT", isNumber: true), .init("LIVE", isNumber: true),
            .init("EXPIRED", isNumber: true), .init("REPLACED", isNumber: true),
        ])
        for node in storages {
            let book = node.book
            let cells = [book.kept, book.live, book.expired, book.gone]
            table.add([node.name] + cells.map { String($0) })
        }
        return """
            \(day): accepted \(accepted) = stored \(stored) + joined \(joined) + refused \(refused) + \
            given up \(givenUp) + on their way \(max(0, waiting - max(0, stored - sum(\.gone))))
            stored \(stored) = live \(catalog.live) + expired \(catalog.expired) + purged \
            \(catalog.purged)

            """ + table.text + verdict
    }

    private var verdict: String {
        var lines = faults
        if let without {
            lines.append(
                "Without \(without.joined(separator: ", ")): what it took in is not compared.")
        }
        lines.append(isBalanced ? "Balanced." : "Not balanced.")
        return lines.map { $0 + "\n" }.joined()
    }
}

extension DayBooks {
    /// Those whose books are needed and that do not live, by name.
    ///
    /// - Parameter known: the storages that the catalog knows.
    /// - Parameter without: those of whom whoever asks says that they do not come back.
    static func away(
        gateways: [String], _ known: [DependentsAnswer.Node], _ roster: Roster, without: [String]
    ) -> [String] {
        let living = Set(roster.nodes(of: .gateway).map(\.name))
        let alive = Set(roster.nodes(of: .storage).compactMap(\.node))
        let storages = known.filter { !$0.gone && $0.copies > 0 && !alive.contains($0.node) }
        return (gateways.filter { !living.contains($0) } + storages.map(\.name))
            .filter { !without.contains($0) }.sorted()
    }
}
