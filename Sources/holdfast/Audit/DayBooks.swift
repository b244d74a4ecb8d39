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
        // Acked is stored. A mail on its way may be entered already, and one that a storage had when
        // it was offered may be counted on the day on which it came first.
        let acked = sum(\.gone)
        if stored < acked {
            faults.append("\(acked) mails were acked and \(stored) are stored")
        }
        let most = acked + sum { $0.joined + $0.given_up } + waiting + refused
        if stored > most {
            faults.append("\(stored) mails are stored, and the gateways know of \(most)")
        }
        return faults
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

            """ + table.text + faults.map { $0 + "\n" }.joined()
                + (isBalanced ? "Balanced.\n" : "Not balanced.\n")
    }
}
