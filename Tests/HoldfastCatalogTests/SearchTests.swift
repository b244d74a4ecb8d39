// SPDX-License-Identifier: Apache-2.0
// Finding: every engine finds what a reader of all mails would.

import HoldfastCatalog
import HoldfastChance
import HoldfastModel
import Testing

struct World {
    var mails: [Matchable] = []

    /// Fills the catalog from two storages, in random batches and order.
    init(_ catalog: any Catalog, _ random: inout SplitMix64, count: Int) throws {
        var shippers = [Shipper(1), Shipper(2)]
        mails = (0..<count).map { Matchable(sample: random.mail($0)) }
        for place in mails.indices.shuffled(using: &random) {
            let mail = mails[place].sample
            try ship(place, from: &shippers[0], to: catalog, &random)
            if random.chance(2) {
                mails[place].copies = 2
                try ship(place, from: &shippers[1], to: catalog, &random)
            }
            if random.chance(5) {
                let sent = !random.chance(3)
                mails[place].isReleased = sent
                let results = [
                    RecipientResult(
                        recipient: "a@b", outcome: sent ? .sent : .refused, reply: "250 yes")
                ]
                let note = Note(
                    id: id(1000 + place), mail: mail.id, order: id(2000 + place), at: now,
                    by: "eve", sentTo: "relay:25", results: results, lineEndsChanged: false)
                try catalog.merge([shippers[0].ship(note, slip: mail.slip)], from: shippers[0])
            }
        }
    }

    private mutating func ship(
        _ place: Int, from shipper: inout Shipper, to catalog: any Catalog,
        _ random: inout SplitMix64
    ) throws {
        let segment = SegmentNumber(1 + random.below(3))
        mails[place].kept.append(KeptAt(node: shipper.name, segment: segment))
        try catalog.merge(
            [shipper.ship(mails[place].sample, segment: segment)], from: shipper)
    }

    func expected(_ condition: Condition) -> [MailID] {
        visible.filter { $0.matches(condition) }
            .sorted { $0.sample.received > $1.sample.received }.map(\.sample.id)
    }

    private var visible: [Matchable] { mails.filter { $0.sample.slip.keepUntil >= today } }

    /// Newest first; mails of one moment may stand in any order among themselves.
    func isSorted(_ found: [MailID]) -> Bool {
        let received = Dictionary(
            uniqueKeysWithValues: mails.map { ($0.sample.id, $0.sample.received) })
        let times = found.compactMap { received[$0] }
        return zip(times, times.dropFirst()).allSatisfy { $0 >= $1 }
    }
}

@Test(
    "random queries find in random mails what reading them all would find",
    arguments: Engine.allCases, Seeds.toTry())
func findsWhatIsThere(engine: Engine, seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    try engine.withCatalog { catalog in
        let world = try World(catalog, &random, count: 120)
        for step in 0..<400 {
            // Rows that were removed and tables that were dropped must make no difference.
            if step == 200 { while try catalog.expire(before: today, limit: 7).isUnfinished {} }
            let condition = random.condition(world.mails.map(\.sample))
            let query = Query(text: "", condition: condition)
            let expected = world.expected(condition)
            let all = try catalog.search(query, limit: 1000, offset: 0, today: today).map(\.id)
            #expect(Set(all) == Set(expected), "seed \(seed): \(condition)")
            #expect(all.count == expected.count, "seed \(seed): \(condition)")
            #expect(world.isSorted(all), "seed \(seed): \(condition)")
            let count = try catalog.count(query, today: today)
            #expect(count == expected.count, "seed \(seed): \(condition)")
            let (limit, offset) = (1 + random.below(9), random.below(9))
            let page = try catalog.search(query, limit: limit, offset: offset, today: today)
            #expect(
                page.map(\.id) == Array(all.dropFirst(offset).prefix(limit)),
                "seed \(seed): \(condition)")
            let next = try page.last.map { last in
                try catalog.search(
                    query, limit: limit, offset: 0, after: SearchPlace(row: last.row), today: today
                ).map(\.id)
            }
            #expect(
                next ?? [] == Array(all.dropFirst(offset + limit).prefix(limit)),
                "seed \(seed): \(condition)")
        }
    }
}

@Test("each kind of query finds its mail", arguments: Engine.allCases)
func findsByEverything(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let wanted = Sample(1) { mail in
            mail.received = now
            mail.summary.subject = "Your invoice is ready"
            mail.summary.from = [Address(name: "Jörg Isenböck", address: "joerg@mail.acme.com")]
            mail.summary.to = [Address(name: "", address: "bob@example.net")]
            mail.summary.cc = [Address(name: "Carol", address: "carol@example.net")]
            mail.summary.date = now.advanced(bySeconds: -3600)
            mail.summary.messageID = "1234.abcd@mail.acme.com"
            mail.summary.attachments = [Attachment(name: "Bill 7.pdf", type: "application/pdf")]
            mail.summary.size = 20_000
            mail.envelope = Envelope(
                sender: "bounce@lists.acme.com", recipients: ["dave@example.net"])
            mail.words = "please pay the 北京 京大 大学 bill at once"
        }
        let other = Sample(2) { $0.received = now.advanced(bySeconds: -90 * 86_400) }
        try catalog.merge([shipper.ship(wanted), shipper.ship(other)], from: shipper)
        let finding = [
            "invoice", "INVOICE ready", "\"invoice is ready\"", "inv*", "\"pay the\" bill",
            "from:isenbock", "from:acme.com", "from:joerg@mail.acme.com", "to:bob", "to:carol",
            "cc:carol", "subject:invoice", "body:pay", "filename:bill", "type:pdf",
            "type:application/pdf", "has:attachment", "mailfrom:bounce", "rcpt:dave", "dave",
            "id:\(wanted.id)", "id:\(String(wanted.id.description.prefix(25)))",
            "id:1234.abcd@mail.acme.com", "msgid:<1234.abcd@mail.acme.com>",
            "sha256:\(wanted.summary.digest.hex)", "sha256:0000010000000000", "size:>19K",
            "size:19K..20K", "after:today", "date:today", "newer_than:1d", "北京", "北京大学",
            "京大", "invoice -from:eve", "NOT subject", "copies:1 -subject:2", "is:short invoice",
            "bill OR nothing", "(nothing OR from:joerg) size:20000", "body:(pay bill) -body:eve",
        ]
        for text in finding {
            #expect(try catalog.found(text) == [wanted.id], "\(text)")
            #expect(try catalog.counted(text) == 1, "\(text)")
        }
        let missing = [
            "ready invoice nothing", "\"ready invoice\"", "from:bob", "cc:bob", "subject:pay",
            "mailfrom:joerg", "type:png", "id:1234.abcd@mail.acme.co", "sha256:0000010000000001",
            "size:>20K", "before:today -id:\(other.id)", "is:released", "copies:>1", "京北",
            "application", "a§pdf", "§a", "\"marks : a\"",
        ]
        for text in missing {
            #expect(try catalog.found(text) == [], "\(text)")
            #expect(try catalog.counted(text) == 0, "\(text)")
        }
        #expect(try catalog.found("") == [wanted.id, other.id])
    }
}

@Test("a query cannot say anything to the database itself", arguments: Engine.allCases)
func isNotInjected(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        try catalog.merge([shipper.ship(Sample(1))], from: shipper)
        let before = try catalog.dumped
        let hostile = [
            "'; DROP TABLE qt_files; --", "\"x' OR 1=1\"", "from:\"x\\\" OR subject\"",
            "subject:x') OR ('1'='1", "NEAR(a b)", "{subject}x", "^x", "x + y", "marks", "%", "_",
            "id:'OR'1@x", "msgid:\"' OR 1=1 --\"", "filename:*x", "a\u{0}b", "rowid", "x NEAR y",
            "\"AND OR NOT\"", "AND\u{0}", "subject\u{A0}:x", "x\u{3000}y", "type:\"x' OR '1\"",
        ]
        for text in hostile {
            do {
                _ = try catalog.found(text)
                _ = try catalog.counted(text)
                _ = try catalog.found("-(" + text + ")")
            } catch is QueryError {}
        }
        #expect(try catalog.dumped == before)
        #expect(try catalog.found("\"' OR 1=1\"") == [])
    }
}

@Test("pages of an answer join without a gap", arguments: Engine.allCases)
func pages(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let mails = (0..<100).map { number in
            Sample(number) {
                $0.received = now.advanced(bySeconds: -Int64(number))
                $0.words = "common"
                $0.slip.keepUntil = today.advanced(by: number)
            }
        }
        try catalog.merge(mails.shuffled().map { shipper.ship($0) }, from: shipper)
        let paged = try (0..<10).flatMap { try catalog.found("common", limit: 10, offset: $0 * 10) }
        #expect(paged == mails.map(\.id))
        #expect(try catalog.found("common", limit: 0) == [])
        #expect(try catalog.found("common", limit: 5, offset: 200) == [])
    }
}

@Test("the longest and the deepest queries are answered", arguments: Engine.allCases)
func answersExtremes(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let mail = Sample(1) { $0.words = "word" }
        try catalog.merge([shipper.ship(mail)], from: shipper)
        let many = Array(repeating: "word", count: 200)
        #expect(try catalog.counted(many.joined(separator: " ")) == 1)
        #expect(try catalog.counted(many.joined(separator: " OR ")) == 1)
        #expect(try catalog.counted(many.map { "-" + $0 }.joined(separator: " ")) == 0)
        #expect(try catalog.counted(many.map { "-" + $0 }.joined(separator: " OR ")) == 0)
        #expect(try catalog.counted("\"" + many.joined(separator: " ") + "\"") == 0)
        let sizes = (0..<199).map { "size:\($0)" }
        #expect(try catalog.counted(sizes.joined(separator: " OR ")) == 1)
        #expect(try catalog.counted("word " + sizes.map { "-" + $0 }.joined(separator: " ")) == 0)
        let depth = Query.Limits.depthMax
        let openings = [
            "-(subject OR -(", "(word -(nothing -(", "(word (nothing OR (", "(word -(nothing OR -(",
            "(subject:word OR word -(word nothing OR -(", "(size:1 -(word -(", "(size:1 OR (word (",
        ]
        for opening in openings {
            let open = opening.count { $0 == "(" }
            let levels = depth / open
            let text =
                String(repeating: opening, count: levels) + "word"
                + String(repeating: ")", count: levels * open)
            let found = try catalog.counted(text)
            let query = try Query(parsing: text, now: now, offset: 0)
            #expect(found == (Matchable(sample: mail).matches(query.condition) ? 1 : 0), "\(text)")
        }
    }
}
