// SPDX-License-Identifier: Apache-2.0
// Answers in another order than that of receipt, page by page, while mail arrives.

import HoldfastCatalog
import HoldfastChance
import HoldfastMIME
import HoldfastModel
import Testing

/// What a mail is sorted by, told a second time: nil stands last.
private func sortKey(_ mail: Sample, _ key: SearchOrder.Key) -> (number: Int64, text: String)? {
    switch key {
    case .received: return (mail.received.milliseconds, "")
    case .date: return mail.summary.date.map { ($0.milliseconds, "") }
    case .size: return (Int64(mail.summary.size), "")
    case .score: return Judgement(of: mail.summary.verdicts).score.map { ($0, "") }
    case .from, .subject:
        let from = mail.summary.from.map(\.text).joined(separator: ", ")
        let words = SearchText.words(key == .from ? from : mail.summary.subject)
        return words.isEmpty ? nil : (0, String(words.prefix(120)))
    }
}

/// Whether two mails may stand in this order.
private func mayPrecede(_ left: Sample, _ right: Sample, _ order: SearchOrder) -> Bool {
    guard let first = sortKey(left, order.key) else {
        return sortKey(right, order.key) == nil && left.received >= right.received
    }
    guard let second = sortKey(right, order.key) else { return true }
    if first == second { return order.key == .received || left.received >= right.received }
    let isText = order.key == .from || order.key == .subject
    return (first < second) == (isText != order.isReversed)
}

@Suite("Sorted answers")
struct SortTests {
    @Test(
        "the whole answer is in order, and its pages join",
        arguments: Engine.allCases, SearchOrder.Key.allCases)
    func sorts(engine: Engine, key: SearchOrder.Key) throws {
        var random = SplitMix64(seed: Seeds.ofThisRun)
        try engine.withCatalog { catalog in
            let world = try World(catalog, &random, count: 150)
            let mails = Dictionary(
                uniqueKeysWithValues: world.mails.map { ($0.sample.id, $0.sample) })
            for text in ["", "alpha", "-alpha", "has:attachment OR order"] {
                for isReversed in [false, true] {
                    let order = SearchOrder(key, isReversed: isReversed)
                    let query = try Query(parsing: text, now: now)
                    let paged = try pages(of: query, order, catalog)
                    #expect(Set(paged) == Set(world.expected(query.condition)), "\(order) \(text)")
                    #expect(paged.count == Set(paged).count)
                    let samples = paged.compactMap { mails[$0] }
                    for (left, right) in zip(samples, samples.dropFirst()) {
                        #expect(
                            mayPrecede(left, right, order),
                            "seed \(Seeds.ofThisRun): \(order): \(left.id) before \(right.id)")
                    }
                    let offset = try catalog.search(
                        query, order, limit: 10, offset: 5, after: nil, today: today)
                    #expect(offset.mails.map(\.id) == Array(paged.dropFirst(5).prefix(10)))
                }
            }
        }
    }

    private func pages(
        of query: Query, _ order: SearchOrder, _ catalog: any Catalog
    ) throws -> [MailID] {
        var (paged, place): ([MailID], SearchPlace?) = ([], nil)
        repeat {
            let page = try catalog.search(
                query, order, limit: 7, offset: 0, after: place, today: today)
            paged += page.mails.map(\.id)
            // As it travels.
            place = try page.next.map { try #require(SearchPlace("\($0)")) }
        } while place != nil
        return paged
    }

    @Test(
        "no mail is missed or shown twice while others come and go",
        arguments: Engine.allCases, SearchOrder.Key.allCases)
    func staysStable(engine: Engine, key: SearchOrder.Key) throws {
        var random = SplitMix64(seed: Seeds.ofThisRun)
        try engine.withCatalog { catalog in
            var shipper = Shipper(1)
            let first = (0..<40).map { _ in random.mail(random.below(1 << 30)) }.filter {
                $0.slip.keepUntil >= today
            }
            for mail in first { try catalog.merge([shipper.ship(mail)], from: shipper) }
            var (seen, place): ([MailID], SearchPlace?) = ([], nil)
            repeat {
                let page = try catalog.search(
                    .everything, SearchOrder(key), limit: 3, offset: 0, after: place, today: today)
                seen += page.mails.map(\.id)
                place = page.next
                try catalog.merge([shipper.ship(random.mail(random.below(1 << 30)))], from: shipper)
            } while place != nil && seen.count < 400
            #expect(Set(first.map(\.id)).isSubset(of: seen), "seed \(Seeds.ofThisRun)")
            #expect(seen.count == Set(seen).count, "seed \(Seeds.ofThisRun)")
        }
    }

    @Test("a total is exact, or says that there are more", arguments: Engine.allCases)
    func counts(engine: Engine) throws {
        try engine.withCatalog { catalog in
            var shipper = Shipper(1)
            let mails = (0..<30).map { number in
                Sample(number) {
                    $0.words = "common"
                    $0.slip.keepUntil = today.advanced(by: number * 9)
                }
            }
            try catalog.merge(mails.map { shipper.ship($0) }, from: shipper)
            for text in ["", "common", "common size:>=0", "-nothing"] {
                let query = try Query(parsing: text, now: now)
                func counted(_ limit: Int?) throws -> MailCount {
                    try catalog.count(query, upTo: limit, today: today)
                }
                #expect(try counted(nil) == MailCount(mails: 30))
                #expect(try counted(30) == MailCount(mails: 30))
                #expect(try counted(29) == MailCount(mails: 29, orMore: true))
                #expect(try counted(7) == MailCount(mails: 7, orMore: true))
            }
        }
    }

    @Test(
        "places travel as text",
        arguments: [
            SearchPlace(row: -5), SearchPlace(.number(.min), row: 7),
            SearchPlace(.text(""), row: 1),
            SearchPlace(.text("müller 京"), row: .max),
        ])
    func placesTravel(place: SearchPlace) {
        #expect(SearchPlace("\(place)") == place)
    }

    @Test(
        "what is no place is refused",
        arguments: ["", "x", "1.", "1.n", "1.nx", "1.t1", "1.tzz", "1.tff"])
    func refusesPlaces(text: String) {
        #expect(SearchPlace(text) == nil)
    }
}
