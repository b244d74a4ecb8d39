// SPDX-License-Identifier: Apache-2.0
// What queries mean, and what is wrong with those that mean nothing.

import HoldfastChance
import HoldfastMIME
import HoldfastModel
import Testing

@testable import HoldfastCatalog

private func parse(_ text: String, offset: Int = 0) throws -> Condition {
    try Query(parsing: text, now: now, offset: offset).condition
}

private func word(_ terms: String..., in places: Places = .all) -> Condition {
    .words(Words(terms, in: places))
}

private func time(_ text: String) throws -> Timestamp {
    try #require(Day(text)).start
}

@Test(
    "words, phrases and prefixes are read as the index has them",
    arguments: [
        ("invoice", word("invoice")),
        ("Isenböck", word("isenbock")),
        ("a-b", word("a", "b")),
        ("\"Quick brown\"", word("quick", "brown")),
        ("\u{201C}curly one\u{201D}", word("curly", "one")),
        ("bob@acme.com", word("bob", "acme", "com")),
        ("inv*", .words(Words(["inv"], prefix: true))),
        ("\"big inv\"*", .words(Words(["big", "inv"], prefix: true))),
        ("http://acme.com/x", word("http", "acme", "com", "x")),
        ("mailto:bob", word("mailto", "bob")),
        ("12:30", word("12", "30")),
        ("std::list", word("std", "list")),
        ("C:\\temp", word("c", "temp")),
        ("x=1", word("x", "1")),
        ("Re: invoice", .all([word("re"), word("invoice")])),
        ("ORDER", word("order")),
        ("Android", word("android")),
        ("Not", word("not")),
        ("a - b", .all([word("a"), word("b")])),
        ("fun!", word("fun")),
        ("", .everything),
        ("  ", .everything),
        ("*", .everything),
    ]
)
func readsWords(text: String, expected: Condition) throws {
    #expect(try parse(text) == expected)
}

@Test(
    "AND binds tighter than OR, NOT tightest",
    arguments: [
        ("a b", .all([word("a"), word("b")])),
        ("a AND b", .all([word("a"), word("b")])),
        ("a and b", .all([word("a"), word("b")])),
        ("a OR b", .any([word("a"), word("b")])),
        ("a|b", .any([word("a"), word("b")])),
        ("a b OR c", .any([.all([word("a"), word("b")]), word("c")])),
        ("a (b OR c)", .all([word("a"), .any([word("b"), word("c")])])),
        ("-a", .not(word("a"))),
        ("!a", .not(word("a"))),
        ("NOT a b", .all([.not(word("a")), word("b")])),
        ("a -b", .all([word("a"), .not(word("b"))])),
        ("NOT NOT a", word("a")),
        ("--a", word("a")),
        ("-\"a b\"", .not(word("a", "b"))),
        ("-(a OR b)", .not(.any([word("a"), word("b")]))),
        ("-from:bob", .not(word("bob", in: .from))),
        ("((a))", word("a")),
        ("a OR ---", word("a")),
    ] as [(String, Condition)]
)
func readsOperators(text: String, expected: Condition) throws {
    #expect(try parse(text) == expected)
}

@Test(
    "a field and its other names mean the same",
    arguments: [
        ("from:bob", word("bob", in: .from)), ("F:bob", word("bob", in: .from)),
        ("from:acme.com", word("acme", "com", in: .from)),
        ("from:<bob@acme.com>", word("bob", "acme", "com", in: .from)),
        ("from=bob", word("bob", in: .from)),
        ("to:bob", word("bob", in: [.to, .cc, .bcc])),
        ("recipients:bob", word("bob", in: .recipients)),
        ("cc:bob", word("bob", in: .cc)), ("bcc:bob", word("bob", in: .bcc)),
        ("mailfrom:bob", word("bob", in: .mailFrom)), ("rcpt:bob", word("bob", in: .rcpt)),
        ("SenderAddress:bob", word("bob", in: .mailFrom)),
        ("with:bob", word("bob", in: .people)),
        ("subject:\"two words\"", word("two", "words", in: .subject)),
        ("s:x", word("x", in: .subject)),
        ("body:x", word("x", in: .body)), ("filename:x", word("x", in: .names)),
        (
            "subject:(a OR -b)",
            .any([word("a", in: .subject), .not(word("b", in: .subject))])
        ),
        ("has:attachment", .attachment), ("hasattachment:true", .attachment),
        ("hasattachment:no", .not(.attachment)), ("flag:attach", .attachment),
        ("type:pdf", .attachmentType(["pdf"])),
        ("type:image/*", .attachmentType(["image"])),
        ("mime:image/png", .attachmentType(["image", "png"])),
        ("tag:attachment", .attachment), ("reason:spam", .reason(.spam)),
        ("reason:Virus", .reason(.virus)),
        ("from:@acme.com", .domain(Domain(["acme", "com"], in: .from))),
        ("rcpt:@ac*", .domain(Domain(["ac"], in: .rcpt, prefix: true))),
        ("with:@acme.com", .domain(Domain(["acme", "com"], in: .people))),
        ("subject:@acme", word("acme", in: .subject)), ("@acme.com", word("acme", "com")),
        ("in:bob@acme.com", word("bob", "acme", "com", in: .rcpt)), ("in:anywhere", .everything),
        ("score:>8", .score(ScoreRange(from: 8001))),
        ("score:5..10", .score(ScoreRange(from: 5000, to: 10_000))),
        ("score<-1.5", .score(ScoreRange(to: -1501))),
        ("score:7", .score(ScoreRange(from: 7000, to: 7000))),
        ("node:storage-3", .kept(KeptAt(node: "storage-3"))),
        ("segment:127", .kept(KeptAt(node: nil, segment: 127))),
        ("segment:storage-3/127", .kept(KeptAt(node: "storage-3", segment: 127))),
        (
            "expires:2026-12-01",
            .keepUntil(DayRange(from: today.advanced(by: 8), to: today.advanced(by: 8)))
        ),
        ("expires:<3d", .keepUntil(DayRange(to: today.advanced(by: 2)))),
        (
            "StartExpiresDate:today..1w",
            .keepUntil(DayRange(from: today, to: today.advanced(by: 7)))
        ),
        ("京", .words(Words(["京"], prefix: true))), ("京都", word("京都")),
        ("a京", .words(Words(["a", "京"], prefix: true))),
        ("is:onhold", .held), ("t:bob", word("bob", in: .recipients)),
        ("is:released", .released), ("state:short", .short), ("is:held", .held),
        ("id:a@b", .messageID("a@b")), ("msgid:<a@b>", .messageID("a@b")),
        ("rfc822msgid:a@b", .messageID("a@b")), ("message-id:1234", .messageID("1234")),
        ("copies:<2", .copies(NumberRange(to: 1))),
        ("copies:1..2", .copies(NumberRange(from: 1, to: 2))),
    ]
)
func readsFields(text: String, expected: Condition) throws {
    #expect(try parse(text) == expected)
}

@Test("a mail id may be cut short, and may be a Message-ID after all")
func readsIDs() throws {
    let mail = id(77)
    let all = try #require(MailID.range(ofPrefix: mail.description))
    let text = mail.description
    #expect(try parse("id:\(text)") == .any([.id(all), .messageID(text)]))
    let some = try #require(MailID.range(ofPrefix: "0000"))
    #expect(try parse("id:0000") == .any([.id(some), .messageID("0000")]))
}

@Test(
    "sizes count in thousands, or in 1024s when they say so",
    arguments: [
        ("size:>10M", NumberRange(from: 10_000_001)), ("size>10M", NumberRange(from: 10_000_001)),
        ("size:>=10M", NumberRange(from: 10_000_000)), ("size:<1Mi", NumberRange(to: 1_048_575)),
        ("size:1M..5M", NumberRange(from: 1_000_000, to: 5_000_000)),
        ("size:5..", NumberRange(from: 5)), ("size:..5kb", NumberRange(to: 5000)),
        ("larger:10k", NumberRange(from: 10_001)), ("smaller:2Ki", NumberRange(to: 2047)),
        ("size:<0", NumberRange(from: 1, to: 0)), ("size:12", NumberRange(from: 12, to: 12)),
    ]
)
func readsSizes(text: String, expected: NumberRange) throws {
    #expect(try parse(text) == .size(expected))
}

// `now` is noon of 2026-11-23.
@Test(
    "days are whole days of the asker",
    arguments: [
        ("after:2026-01-31", "2026-01-31", nil), ("since:2026/1/31", "2026-01-31", nil),
        ("before:2026-01-31", nil, "2026-01-31"), ("until:2026-01", nil, "2026-01-01"),
        ("received:2026", "2026-01-01", "2027-01-01"),
        ("received:2026-02", "2026-02-01", "2026-03-01"),
        ("received:20260203", "2026-02-03", "2026-02-04"),
        ("received:2026-12", "2026-12-01", "2027-01-01"),
        ("received:2026-02-03", "2026-02-03", "2026-02-04"),
        ("arrived:2026-01..2026-02", "2026-01-01", "2026-03-01"),
        ("received:2026-01..", "2026-01-01", nil), ("received:..2026-01", nil, "2026-02-01"),
        ("received:>2026-01-31", "2026-02-01", nil), ("received>=2026-01-31", "2026-01-31", nil),
        ("received:<2026-01-31", nil, "2026-01-31"), ("received:<=2026-01", nil, "2026-02-01"),
        ("received:today", "2026-11-23", "2026-11-24"),
        ("received:yesterday", "2026-11-22", "2026-11-23"),
        ("received:7d..", "2026-11-16", nil), ("received:2w", "2026-11-09", "2026-11-10"),
        ("after:3m", "2026-08-23", nil), ("after:1y", "2025-11-23", nil),
        ("after:9m", "2026-02-23", nil),
    ] as [(String, String?, String?)]
)
func readsDays(text: String, from: String?, until: String?) throws {
    let expected = TimeRange(from: try from.map(time), until: try until.map(time))
    #expect(try parse(text) == .received(expected))
    let east = TimeRange(
        from: expected.from?.advanced(bySeconds: -3600),
        until: expected.until?.advanced(bySeconds: -3600))
    #expect(try parse(text, offset: 3600) == .received(east))
}

@Test("lengths of time count from this moment, and moments may be written out")
func readsMoments() throws {
    let week = now.advanced(bySeconds: -7 * 86_400)
    #expect(try parse("newer_than:7d") == .received(TimeRange(from: week)))
    #expect(try parse("older_than:1w") == .received(TimeRange(until: week)))
    let start = try time("2026-01-31").advanced(bySeconds: 10 * 3600 + 15 * 60)
    let minute = TimeRange(from: start, until: start.advanced(bySeconds: 60))
    #expect(try parse("date:2026-01-31T10:15Z", offset: 7200) == .date(minute))
    let second = TimeRange(from: start, until: start.advanced(bySeconds: 1))
    #expect(try parse("sent:2026-01-31T12:15:00", offset: 7200) == .date(second))
    #expect(try parse("date:2026-01-31T10:15:00.250Z") == .date(second))
}

@Test("the day after the last of a short month is its last")
func countsMonths() throws {
    let leap = AskerCalendar(now: try time("2024-03-31"), clock: .utc)
    #expect(leap.span("1m")?.lowerBound == (try time("2024-02-29")))
    #expect(leap.span("13m")?.lowerBound == (try time("2023-02-28")))
}

@Test(
    "what cannot be understood is an error that says where",
    arguments: [
        ("form:bob", 0, "There is no field 'form:'; did you mean 'from:'?"),
        ("a subjct:x", 2, "There is no field 'subjct:'; did you mean 'subject:'?"),
        ("newer-than:7d", 0, "There is no field 'newer-than:'; did you mean 'newer_than:'?"),
        (
            "banana:x", 0,
            "There is no field 'banana:'; there are \(Field.common); to look for the text itself, put it in quotation marks"
        ),
        (
            "list-id:x", 0,
            "There is no field 'list-id:'; there are \(Field.common); to look for the text itself, put it in quotation marks"
        ),
        (
            "h2o:x", 0,
            "There is no field 'h2o:'; there are \(Field.common); to look for the text itself, put it in quotation marks"
        ),
        ("from: bob", 0, "After 'from:' its value must follow, without a blank"),
        ("\"open", 0, "This quotation mark is never closed"),
        ("a (b", 2, "This parenthesis is never closed"),
        ("a) b", 1, "This parenthesis was never opened"),
        ("a ()", 2, "There is nothing between these parentheses"),
        ("a OR", 2, "After OR something must follow"),
        ("OR a", 0, "Something is missing here"),
        ("AND a", 0, "AND stands between two things"),
        ("a AND", 2, "AND stands between two things"),
        ("a NOT", 2, "After NOT something must follow"),
        ("(NOT )", 1, "After NOT something must follow"),
        ("f*o", 0, "A '*' can only end a word"),
        ("a*", 0, "Before '*' there must be 2 letters"),
        ("---", 0, "There is no letter or digit to look for"),
        ("subject:---", 8, "'subject:' needs a letter or digit to look for"),
        ("subject>x", 8, "'subject:' cannot be larger or smaller"),
        ("size:big", 5, "'big' is no number; write 1200, 10K, 10M or 2Gi"),
        ("size:99999999999G", 5, "'99999999999G' is no number; write 1200, 10K, 10M or 2Gi"),
        ("size:..", 5, "A range looks like 'a..b', 'a..' or '..b'"),
        (
            "date:2026-02-30", 5,
            "'2026-02-30' is no date; write 2026-01-31, 2026-01, 2026, today, yesterday or 7d"
        ),
        ("newer_than:soon", 11, "'soon' is no length of time; write 7d, 2w, 3m or 1y"),
        ("is:green", 3, "A mail can be 'is:released', 'is:held' or 'is:short'"),
        ("has:money", 4, "Only 'has:attachment' can be asked"),
        ("id:0a", 3, "Of a mail id 'id:' needs 4 letters or more"),
        ("sha256:12", 7, "'sha256:' needs 8 to 64 hexadecimal digits"),
        ("msgid:<>", 6, "'msgid:' needs a Message-ID"),
        ("type:a*b", 5, "A type looks like 'pdf', 'image/png' or 'image/*'"),
        ("reason:green", 7, "The reasons that scanners give are spam, virus, banned, badheader"),
        ("score:high", 6, "'high' is no score; write 5, 7.5 or -1"),
        ("in:inbox", 3, "There are no folders; 'in:' takes an address or a domain of the envelope"),
        ("segment:x", 8, "A segment looks like '127' or 'storage-3/127'"),
        ("reasn:spam", 0, "There is no field 'reasn:'; did you mean 'reason:'?"),
        ("size:(1 2)", 5, "'size:' takes one value"),
    ]
)
func refuses(text: String, place: Int, reason: String) {
    let error = #expect(throws: QueryError.self) { try parse(text) }
    #expect(error?.reason == reason)
    #expect(error?.place.lowerBound == place)
}

@Test("everything about a query has a limit")
func limits() {
    let deep = String(repeating: "(", count: 30) + "a" + String(repeating: ")", count: 30)
    let many = Array(repeating: "a", count: 201).joined(separator: " ")
    let long = "\"" + String(repeating: "a ", count: 201) + "\""
    let large = String(repeating: "x", count: 5000)
    for text in [deep, many, long, large] {
        #expect(throws: QueryError.self) { try parse(text) }
    }
    #expect(throws: Never.self) { try parse(String(repeating: "-", count: 4000) + "a") }
}

@Test("any text at all is either understood or refused", arguments: Seeds.toTry())
func survivesNoise(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let pieces = [
        "(", ")", "\"", "-", "!", "|", ":", "*", "..", " ", " ", "OR", "AND", "NOT", "from", "size",
        "date", "id", "a", "7d", "2026", "<", ">", "=", "京都", "\u{0}", "\u{301}", "é", "\\", "'",
        "%", "𝕏", "\u{202E}", ";", "type", "copies", "0", "@", "in", "score", "expires", "reason",
        "segment", "spam", "1.5", "99999999999999999999", "T", "Z", "/",
    ]
    for _ in 0..<3000 {
        let text = random.some(of: pieces, upTo: 14).joined()
        do {
            _ = try parse(text, offset: random.below(100_000) - 50_000)
        } catch let error as QueryError {
            let inside = 0...text.count
            #expect(inside.contains(error.place.lowerBound), "seed \(seed): \(text)")
            #expect(inside.contains(error.place.upperBound), "seed \(seed): \(text)")
        } catch {
            Issue.record("seed \(seed): \(text): \(error)")
        }
    }
}
