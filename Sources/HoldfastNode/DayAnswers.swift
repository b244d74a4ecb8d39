// SPDX-License-Identifier: Apache-2.0
// The books of a day, as each node keeps them.

internal import HoldfastLedger
package import HoldfastModel
internal import Hummingbird

/// `GET /days/{day}` of a gateway, a storage or a DAL: the mails that were received on that day (UTC).
/// What a role does not count is 0.
package struct DayAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var day: String
    /// Records that were kept; of a DAL, mails that were ever entered.
    package var kept = 0
    /// What is there now, expired mail that was not removed yet included.
    package var live = 0
    /// Of a gateway: what is there and nobody takes.
    package var buried = 0
    /// Records that are done with: acked, or another stands for them.
    package var gone = 0
    /// Of a gateway: acked, and there was the mail before: the catalog has it as received at another time.
    package var joined = 0
    /// Of a gateway: not acked before their keep-until day had passed.
    package var given_up = 0
    /// Of a storage: gone with their segments; of a DAL: mails that have expired.
    package var expired = 0
    /// Of a DAL: mails that a person purged.
    package var purged = 0
    /// Of a gateway: offers of a mail that it had, answered with yes.
    package var known = 0
    /// Of a DAL: of those that live and are to be kept, the ones of which no storage has a copy.
    package var without_copy: Int?
    /// Of a DAL: the gateways that were there on that day, by name.
    package var gateways: [String]?

    package init(day: Day) {
        self.day = day.description
    }
}

extension DayAnswer {
    init(day: Day, _ book: DayBook) {
        self.init(day: day)
        func count(_ what: DayCount) -> Int { book.counts[what] ?? 0 }
        (kept, gone, joined) = (count(.kept), count(.gone), count(.joined))
        (given_up, expired, known) = (count(.givenUp), count(.dropped), count(.known))
        (live, buried) = (book.live, book.buried)
    }
}

extension NodeServer {
    /// Offers the books of a node that keeps records.
    package func tellDays(of keeper: RecordKeeper, queue: String, at path: NodePath) {
        router.get("\(path.text)/days/:day") { _, context in
            let day = try context.parameters.day
            // What is on its way into the ledger is part of it.
            try await keeper.note(.kept([], segments: []))
            let book = try await keeper.readLong { ledger, _ in
                try ledger.dayBook(of: day, queue: queue)
            }
            return JSONAnswer(DayAnswer(day: day, book))
        }
    }
}

extension Parameters {
    /// The day that a path names.
    package var day: Day {
        get throws {
            let text = try require("day")
            guard let day = Day(text) else {
                throw Refusal.malformed("'\(text)' is no day; write 2026-01-31.")
            }
            return day
        }
    }
}

extension Request {
    /// The day that is asked about, as `on`.
    package func day(default standard: Day) throws -> Day {
        guard let text = uri.queryParameters["on"] else { return standard }
        guard let day = Day(String(text)) else {
            throw Refusal.malformed("on must be a day like 2026-01-31.")
        }
        return day
    }
}
