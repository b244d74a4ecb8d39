// SPDX-License-Identifier: Apache-2.0
// Searching, counting, explaining: a query in, mails out.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird

extension DALComponent {
    private var pageMax: Int { 10_000 }

    func addSearchRoutes(to router: NodeRouter) {
        router.get("\(path.text)/mails") { [self] request, _ in
            let (query, order) = (try query(of: request), try request.order)
            let limit = try request.number("limit", default: 50, in: 0...pageMax)
            let offsets = 0...(order == .newest ? Int.max / 2 : SearchLimits.sortedOffsetMax)
            let offset = try request.number("offset", default: 0, in: offsets)
            let after = try request.place
            let today = surroundings.clock.now.day
            // Before it is searched: what comes between is found, and was announced.
            let incomplete = try await filling().notice
            let page = try await read { catalog in
                try catalog.search(
                    query, order, limit: limit, offset: offset, after: after, today: today)
            }
            return JSONAnswer(
                SearchAnswer(
                    mails: page.mails.map(MailAnswer.init), next: page.next?.description,
                    incomplete: incomplete))
        }
        router.get("\(path.text)/mails/count") { [self] request, _ in
            let query = try query(of: request)
            let limit = try request.number("up_to", default: 0, in: 0...Int.max / 2)
            let today = surroundings.clock.now.day
            let count = try await read { catalog in
                try catalog.count(query, upTo: limit == 0 ? nil : limit, today: today)
            }
            return JSONAnswer(CountAnswer(count: count.mails, orMore: count.orMore))
        }
        router.get("\(path.text)/mails/explain") { [self] request, _ in
            let (query, order) = (try query(of: request), try request.order)
            let today = surroundings.clock.now.day
            return JSONAnswer(
                try await read { catalog in
                    ExplainAnswer(try catalog.explain(query, order, today: today))
                })
        }
    }

    private func query(of request: Request) throws -> Query {
        let text = request.uri.queryParameters["q"].map(String.init) ?? ""
        do {
            return try Query(
                parsing: text, now: surroundings.clock.now, clock: try request.askerClock)
        } catch let error as QueryError {
            throw Refusal.malformed("\(error)")
        }
    }
}

extension Request {
    fileprivate var order: SearchOrder {
        get throws {
            let name = uri.queryParameters["sort"].map(String.init) ?? "received"
            guard let key = SearchOrder.Key(rawValue: name) else {
                let names = SearchOrder.Key.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal.malformed("sort must be one of \(names).")
            }
            return SearchOrder(key, isReversed: uri.queryParameters["reverse"] == "1")
        }
    }

    fileprivate var place: SearchPlace? {
        get throws {
            try uri.queryParameters["after"].map { text in
                guard let place = SearchPlace(String(text)) else {
                    throw Refusal.malformed("after must be what `next` was in an answer.")
                }
                return place
            }
        }
    }

    /// `utc_offsets` with the changes of the year, or `utc_offset_seconds` without.
    fileprivate var askerClock: AskerClock {
        get throws {
            guard let text = uri.queryParameters["utc_offsets"] else {
                return AskerClock(
                    offset: try number("utc_offset_seconds", default: 0, in: -86_400...86_400))
            }
            guard let clock = AskerClock(String(text)) else {
                throw Refusal.malformed("utc_offsets looks like 3600,7200@1774746000.")
            }
            return clock
        }
    }

    fileprivate func number(
        _ name: String, default standard: Int, in range: ClosedRange<Int>
    ) throws -> Int {
        guard let text = uri.queryParameters[Substring(name)] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw Refusal.malformed(
                "\(name) must be from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
