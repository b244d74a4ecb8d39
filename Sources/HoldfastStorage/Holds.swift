// SPDX-License-Identifier: Apache-2.0
// Keeping what is held, and asking the DAL what else is (D8).

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1
internal import Synchronization

/// What may not expire here.
final class Holds: Sendable {
    private let keeper: RecordKeeper
    private let surroundings: Surroundings
    /// The day for which all was looked at; nil when something changed since.
    private let renewed = Mutex<Day?>(nil)

    private static let mark = "holds"
    private static let pageMails = 1000

    init(keeper: RecordKeeper, surroundings: Surroundings) {
        self.keeper = keeper
        self.surroundings = surroundings
    }

    /// Something is held that was not, or the other way round.
    func changed() {
        renewed.withLock { $0 = nil }
    }

    /// Writes again what is held and whose day is near, once a day.
    func renew() async throws {
        let today = keeper.clock.now.day
        guard renewed.withLock({ $0 }) != today else { return }
        renewed.withLock { $0 = today }
        do {
            try await eachOwnPage { try await renew($0, today: today) }
        } catch {
            changed()
            throw error
        }
    }

    /// The mails that are held by the notes here, with these notes, page by page.
    private func eachOwnPage(_ body: ([MailID]) async throws -> Void) async throws {
        var last: MailID?
        while true {
            try Task.checkCancellation()
            let page = try await keeper.read { [last] ledger, _ in
                try ledger.held(after: last, limit: Self.pageMails)
            }
            guard let end = page.last else { return }
            try await body(page.flatMap { [$0.mail, $0.note] })
            last = end.mail
        }
    }

    private func renew(_ ids: [MailID], today: Day) async throws {
        let near = try await keeper.read { ledger, _ in
            let held = try ledger.held(ids).values
            return try ledger.entries(
                at: held.filter { HoldRules.renewal(keepUntil: $0.keepUntil, today: today) != nil }
                    .map(\.position))
        }
        try await Forwarding(keeper: keeper).copy(
            near, keepUntil: today.advanced(by: HoldRules.holdDays))
    }

    /// All mails that are held, as the DAL and the notes here know them. Throws a sentence when nothing may
    /// be dropped.
    func all() async throws(Doubt) -> Set<MailID> {
        let dals = surroundings.roster.current?.roster.nodes(of: .dal) ?? []
        guard let dal = dals.first else { throw Doubt("no DAL is there to say what is held") }
        do {
            let list = try await surroundings.client.holds(at: dal.address)
            let seen = try await keeper.read { ledger, _ in try ledger.marks()[Self.mark] ?? 0 }
            if let doubt = HoldRules.doubt(number: list.number, seen: seen) { throw Doubt(doubt) }
            try await keeper.note(.marks([Self.mark: list.number]))
            var all = Set(list.mails)
            try await eachOwnPage { all.formUnion($0) }
            return all
        } catch let doubt as Doubt {
            throw doubt
        } catch {
            throw Doubt("the DAL does not say what is held: \(error)")
        }
    }

    /// Why nothing is dropped.
    struct Doubt: Error {
        var reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }
}

extension NodeClient {
    /// The whole list of holds of a DAL, page by page; of one number, or it is asked for again.
    fileprivate func holds(at address: String) async throws -> (number: Int64, mails: [MailID]) {
        var mails: [MailID] = []
        var number: Int64?
        var after = ""
        while true {
            let page = try await json(.GET, "\(address)/holds\(after)", as: HoldsAnswer.self)
            // A list that changed between two pages is older than it says: the lower number is true.
            number = min(number ?? page.number, page.number)
            mails += page.mails
            guard let next = page.next else { return (number ?? 0, mails) }
            after = "?after=\(next)"
        }
    }
}
