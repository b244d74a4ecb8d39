// SPDX-License-Identifier: Apache-2.0
// What verbs ask the DAL.

internal import AsyncHTTPClient
internal import Foundation
internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// A query as a person wrote it, and where on earth its dates are meant.
struct Question: Sendable {
    var query: String
    var clock: AskerClock
    var order = SearchOrder.newest

    /// - Parameter words: the words of the command line; several are one query.
    init(words: [String], utcOffset: Int?) {
        query = words.joined(separator: " ")
        clock = utcOffset.map { AskerClock(offset: $0) } ?? .ofThisMachine
    }

    var parameters: String {
        "q=\(query.inQuery)&utc_offsets=\(clock.text.inQuery)"
    }
}

extension Cluster {
    /// Mails asked for at once; the DAL may give fewer.
    private static let pageMails = 500
    /// For each page of a sorted answer the DAL looks at all that match: few and large ones.
    private static let sortedPageMails = 10_000

    /// - Parameter limit: more are not counted; 0 counts all.
    func count(_ question: Question, upTo limit: Int = 0) async throws -> CountAnswer {
        try await ask(any: .dal) { address in
            let url = "\(address)/mails/count?\(question.parameters)&up_to=\(limit)"
            return try await client.json(.GET, url, as: CountAnswer.self)
        }
    }

    /// How the query is understood, and answered.
    func explain(_ question: Question) async throws -> ExplainAnswer {
        try await ask(any: .dal) { address in
            let url =
                "\(address)/mails/explain?\(question.parameters)&\(question.order.parameters)"
            return try await client.json(.GET, url, as: ExplainAnswer.self)
        }
    }

    /// The mails that match, page by page, in the order that is asked for, none of them twice.
    ///
    /// - Parameter limit: 0 for all.
    func eachPage(
        _ question: Question, limit: Int = 0, offset: Int = 0,
        _ take: ([MailAnswer]) async throws -> Void
    ) async throws {
        var taken = 0
        // Only the first page is counted off from the newest mail: each further one begins where the
        // last has ended, whatever comes meanwhile.
        var place = "offset=\(offset)"
        while limit == 0 || taken < limit {
            let most = question.order == .newest ? Self.pageMails : Self.sortedPageMails
            let wanted = limit == 0 ? most : min(most, limit - taken)
            let page = try await page(question, limit: wanted, place)
            if let incomplete = page.incomplete, taken == 0 {
                await Output.say("holdfast: mails may be missing: \(incomplete)")
            }
            guard !page.mails.isEmpty else { return }
            taken += page.mails.count
            try await take(page.mails)
            guard let next = page.next else { return }
            place = "after=\(next.inQuery)"
        }
    }

    private func page(
        _ question: Question, limit: Int, _ place: String
    ) async throws -> SearchAnswer {
        try await ask(any: .dal) { address in
            let url =
                "\(address)/mails?\(question.parameters)&\(question.order.parameters)&limit=\(limit)&\(place)"
            return try await client.json(.GET, url, as: SearchAnswer.self)
        }
    }

    /// What is known of some mails.
    struct Known: Sendable {
        /// A storage holds a copy.
        var held: Set<MailID> = []
        /// Until when they are not taken again.
        var purged: [MailID: Day] = [:]
    }

    /// What the DAL knows of these; nothing when none answers, for it is only good to know: storages take
    /// nothing twice, and nothing that was purged.
    func known(_ ids: [MailID]) async -> Known {
        var known = Known()
        for start in stride(from: 0, to: ids.count, by: KnownMails.idsMax) {
            let part = ids[start..<min(start + KnownMails.idsMax, ids.count)]
            let answer = try? await ask(any: .dal) { address in
                try await client.json(
                    .POST, "\(address)/mails/known", as: KnownMails.self,
                    body: .json(KnownMails(ids: Array(part))))
            }
            known.held.formUnion(answer?.ids ?? [])
            for purged in answer?.purged ?? [] { known.purged[purged.id] = Day(purged.until) }
        }
        return known
    }

    /// All that is known of one mail.
    ///
    /// - Parameter id: any prefix of the mail id that no other mail's begins with.
    func details(_ id: String) async throws -> MailDetailsAnswer {
        let letters = id.trimmingCharacters(in: .whitespaces)
        guard MailID.range(ofPrefix: letters) != nil else {
            throw Failure(.badQuery, "'\(id)' is no mail id, nor the beginning of one")
        }
        do {
            return try await ask(any: .dal) { address in
                try await client.json(
                    .GET, "\(address)/mails/\(letters)", as: MailDetailsAnswer.self)
            }
        } catch let error as NodeError where error.status == 404 {
            throw Failure(.none, "there is no mail \(letters)")
        } catch let error as NodeError where error.status == 409 {
            throw Failure(.badQuery, "several mails begin with \(letters): give more of the id")
        }
    }
}

extension SearchOrder {
    fileprivate var parameters: String { "sort=\(key.rawValue)&reverse=\(isReversed ? 1 : 0)" }
}

extension AskerClock {
    private static let yearsBack = 10.0
    private static let year = 366 * 86_400.0

    /// What the machine's time zone was, is, and will be next year.
    fileprivate static var ofThisMachine: AskerClock {
        let zone = TimeZone.current
        let start = Date(timeIntervalSinceNow: -yearsBack * year)
        let end = Date(timeIntervalSinceNow: year)
        var (changes, moment): ([Change], Date) = ([], start)
        while changes.count < changesMax,
            let next = zone.nextDaylightSavingTimeTransition(after: moment),
            next > moment, next < end
        {
            let since = Timestamp(milliseconds: Int64(next.timeIntervalSince1970) * 1000)
            changes.append(Change(since: since, offset: zone.secondsFromGMT(for: next)))
            moment = next
        }
        return AskerClock(offset: zone.secondsFromGMT(for: start), changes: changes)
    }
}
