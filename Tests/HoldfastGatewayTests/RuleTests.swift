// SPDX-License-Identifier: Apache-2.0
// What a gateway decides: slips, re-sending, dropping, connections.

import HoldfastModel
import HoldfastNode
import HoldfastSMTP
import HoldfastSegments
import Testing

@testable import HoldfastGateway

@Suite struct IntakeRulesTests {
    private let rules = IntakeRules(
        gateway: "g", standard: MailTerms(keepDays: 60, copies: 2),
        coding: IntakeRules.Coding(compression: .zstd, keyNumber: 0))

    @Test(
        "the first wish within its limits decides how long a mail is kept",
        arguments: [
            ([nil, nil], 60), ([7, 30], 7), ([nil, 30], 30), ([400, nil], 400), ([401, 30], 30),
            ([0, nil], 60), ([-5, 1], 1),
        ] as [([Int?], Int)])
    func keepsFor(wishes: [Int?], days: Int) {
        let today = Day(number: 20_000)
        let envelope = Envelope(sender: "a@x.example", recipients: ["b@y.example"])
        let terms = rules.terms(for: envelope, wishes.map { .init(keepDays: $0) }, bytes: 1)
        let slip = rules.slip(terms, today: today)
        #expect(slip.keepUntil == today.advanced(by: days))
        #expect(slip.copiesWanted == 2)
        #expect(slip.gateways == ["g"])
    }

    private static let mailRules: [MailRule] = [
        MailRule(recipients: [AddressPattern("boss@y.example")].compactMap(\.self), copies: 3),
        MailRule(recipients: [AddressPattern("@Y.example")].compactMap(\.self), keepDays: 7),
        MailRule(
            senders: [AddressPattern("news@list.example")].compactMap(\.self), keepDays: 1,
            copies: 1),
    ]

    @Test(
        "for each recipient the first rule that fits says how long and in how many copies; the most counts",
        arguments: [
            ("a@x.example", ["b@z.example"], 60, 2), ("a@x.example", ["b@y.example"], 7, 2),
            ("a@x.example", ["B@Y.EXAMPLE"], 7, 2), ("a@x.example", ["b@sub.y.example"], 60, 2),
            ("a@x.example", ["boss@y.example"], 7, 3),
            ("a@x.example", ["b@y.example", "c@z.example"], 60, 2),
            ("a@x.example", ["b@y.example", "boss@y.example"], 7, 3),
            ("news@list.example", ["c@z.example"], 1, 1),
            ("news@list.example", ["b@y.example"], 7, 1),
            ("news@list.example", [], 1, 1), ("", [], 60, 2),
        ] as [(String, [String], Int, Int)])
    func ruled(sender: String, recipients: [String], days: Int, copies: Int) {
        var rules = rules
        rules.rules = Self.mailRules
        let today = Day(number: 20_000)
        let envelope = Envelope(sender: sender, recipients: recipients)
        let slip = rules.slip(rules.terms(for: envelope, [], bytes: 1), today: today)
        #expect(slip.keepUntil == today.advanced(by: days))
        #expect(slip.copiesWanted == copies)
        let wished = rules.terms(for: envelope, [.init(keepDays: 33)], bytes: 1)
        #expect(rules.slip(wished, today: today).keepUntil == today.advanced(by: 33))
    }

    @Test(
        "a rule looks at a header and the size too, and says how a mail is written",
        arguments: [
            ("Subject: x", 10, 60, .zstd, 0), ("X-Spam-Flag: YES", 10, 7, .zstd, 0),
            ("x-spam-flag:   yes  ", 10, 7, .zstd, 0),
            ("X-Spam-Flag: YES, really", 10, 60, .zstd, 0),
            ("X-Spam-Status: Yes, score=9", 10, 60, .none, 0),
            ("X-Spam-Status: No, score=1", 10, 60, .zstd, 0), ("X-Secret: 1", 10, 60, .zstd, 4),
            ("X-Secret:", 10, 60, .zstd, 4), ("Subject: x", 1001, 30, .zstd, 0),
            ("X-Spam-Flag: YES", 1001, 7, .zstd, 0), ("Subject: x", 1000, 60, .zstd, 0),
        ] as [(String, Int, Int, Compression, UInt32)])
    func looksAtMails(
        line: String, bytes: Int, days: Int, compression: Compression, key: UInt32
    ) throws {
        var rules = rules
        rules.newestKey = 4
        rules.rules = [
            MailRule(header: HeaderPattern("X-Spam-Flag: YES"), keepDays: 7),
            MailRule(header: HeaderPattern("X-Spam-Status: Yes*"), compression: Compression.none),
            MailRule(header: HeaderPattern("X-Secret"), encrypts: true),
            MailRule(largerThanBytes: 1000, keepDays: 30),
        ]
        for size in [1, 5, 1000] {
            var header = rules.headerWishes
            let octets = Array((line + "\r\n\r\nX-Secret: in the text\r\n").utf8)
            for start in stride(from: 0, to: octets.count, by: size) {
                header.read(octets[start..<min(start + size, octets.count)])
            }
            let terms = rules.terms(
                for: Envelope(sender: "a@b.c", recipients: ["d@e.f"]), [header.wishes], bytes: bytes
            )
            #expect(terms.keepDays == days)
            let coding = IntakeRules.Coding(compression: compression, keyNumber: key)
            #expect(rules.coding(of: terms) == coding)
        }
    }

    @Test("a mail for somebody whose mail is encrypted is encrypted, whoever else gets it")
    func encryptsForOne() {
        var rules = rules
        rules.newestKey = 4
        let boss = [AddressPattern("boss@y.example")].compactMap(\.self)
        rules.rules = [MailRule(recipients: boss, encrypts: true)]
        for (recipients, key) in [(["a@y.example"], 0), (["a@y.example", "boss@y.example"], 4)] {
            let envelope = Envelope(sender: "", recipients: recipients)
            let terms = rules.terms(for: envelope, [], bytes: 1)
            #expect(rules.coding(of: terms).keyNumber == UInt32(key))
        }
    }

    @Test(
        "a header says how long its mail is kept, in whatever pieces it comes",
        arguments: [
            ("X-Holdfast-Keep-Days: 30\r\n\r\n", 30),
            ("Subject: x\r\nx-holdfast-KEEP-days:7\r\nTo: y\r\n\r\n", 7),
            ("Subject: x\nX-Holdfast-Keep-Days:  9 \n\nb", 9),
            ("Subject: x\r\n\r\nX-Holdfast-Keep-Days: 30\r\n", nil),
            ("X-Holdfast-Keep-Days: soon\r\n\r\n", nil),
            ("XX-Holdfast-Keep-Days: 3\r\n\r\n", nil),
            ("X-Holdfast-Keep-Days: 5\r\nX-Holdfast-Keep-Days: 6\r\n\r\n", 5),
            ("", nil),
        ] as [(String, Int?)])
    func readsHeader(header: String, days: Int?) {
        let octets = Array(header.utf8)
        for size in [1, 2, 3, 7, 1000] {
            var wishes = HeaderWishes(areObeyed: true)
            var ignored = HeaderWishes(areObeyed: false)
            for start in stride(from: 0, to: octets.count, by: size) {
                wishes.read(octets[start..<min(octets.count, start + size)])
                ignored.read(octets[start..<min(octets.count, start + size)])
            }
            #expect(wishes.wishes.keepDays == days, "in pieces of \(size)")
            #expect(ignored.wishes.keepDays == nil)
        }
    }

    @Test("an envelope from HTTP has its limits")
    func checksEnvelope() {
        func fault(_ sender: String, _ recipients: [String], needed: Bool = true) -> String? {
            EnvelopeRules.fault(sender: sender, recipients: recipients, recipientsNeeded: needed)
        }
        #expect(fault("", ["b@x.example"]) == nil)
        #expect(fault("a@x.example", []) != nil)
        #expect(fault("a@x.example", [], needed: false) == nil)
        #expect(fault("a\r\nRCPT TO:<c>", ["b"]) != nil)
        #expect(fault("a", ["b", ""]) != nil)
        #expect(fault("a", [String(repeating: "b", count: 1001)]) != nil)
        #expect(fault("a", Array(repeating: "b", count: 1001)) != nil)
    }

    @Test("an unsure mail is known for a day, and only so many are")
    func remembersUnsureMails() {
        var book = UnsureBook()
        let now = Timestamp(milliseconds: 1_000_000)
        let key = MessageHash.digest(of: [1])
        book.insert(MailID(7), as: key, at: now)
        #expect(book.id(for: key, now: now.advanced(bySeconds: 86_399)) == MailID(7))
        #expect(book.id(for: key, now: now.advanced(bySeconds: 86_400)) == nil)
        #expect(book.id(for: MessageHash.digest(of: [2]), now: now) == nil)
        for number in 0...UnsureBook.mailsMax {
            let other = MessageHash.digest(of: Array("\(number)".utf8))
            book.insert(MailID(UInt128(number)), as: other, at: now)
        }
        #expect(book.id(for: key, now: now) == nil)
    }

    @Test("who brought a mail does not matter for whether it is the same")
    func comparesWithoutOrigin() {
        let digest = MessageHash.digest(of: [1])
        var envelope = Envelope(sender: "a", recipients: ["b"])
        let key = UnsureMails.key(digest, envelope)
        envelope.origin.client = "192.0.2.1"
        #expect(UnsureMails.key(digest, envelope) == key)
        envelope.recipients = ["c"]
        #expect(UnsureMails.key(digest, envelope) != key)
    }

    @Test("memory that is spent is given back")
    func budgetsMemory() {
        let budget = MemoryBudget(bytesMax: 100)
        var share: MemoryBudget.Share? = budget.makeShare()
        #expect(share?.set(100) == .ample)
        #expect(share?.set(101) == .tight)
        #expect(share?.set(201) == .spent)
        share = nil
        #expect(budget.state == .ample)
    }
}

@Suite struct TaskRulesTests {
    @Test("what a storage took is offered again after 30 s, doubling to 15 minutes")
    func waitsForAck() {
        var history = TaskHistory()
        let waits = (0..<8).map { _ in
            TaskRules.settle(.kept, by: "s", slip: nil, &history, chance: 0.5)
        }
        #expect(waits == [30, 60, 120, 240, 480, 900, 900, 900].map { .waitForAck($0 * 1000) })
    }

    @Test("what was not taken comes back after a second, doubling to a minute")
    func comesBack() {
        var history = TaskHistory()
        let waits = (0..<8).map { index in
            let outcome: Outcome = index.isMultiple(of: 2) ? .later("x") : .notHere("x")
            return TaskRules.settle(outcome, by: "s", slip: nil, &history, chance: 0.5)
        }
        #expect(
            waits == [1, 2, 4, 8, 16, 32, 60, 60].map { .comeBack($0 * 1000, reason: "x") })
    }

    @Test("what came at once goes again a tenth apart")
    func spreads() {
        var (early, late) = (TaskHistory(), TaskHistory())
        #expect(
            TaskRules.settle(.kept, by: "s", slip: nil, &early, chance: 0) == .waitForAck(27_000))
        #expect(
            TaskRules.settle(.alreadyHeld, by: "s", slip: nil, &late, chance: 1)
                == .waitForAck(33_000))
    }

    @Test(
        "an item is buried when two targets refused it, or one did five times",
        arguments: [
            (["a", "b"], true), (["a"], false), (["a", "a", "a", "a"], false),
            (["a", "a", "a", "a", "a"], true), (["a", "a", "b"], true),
        ])
    func buries(targets: [String], isBuried: Bool) {
        var history = TaskHistory()
        var last = TaskRules.Decision.waitForAck(0)
        for target in targets {
            last = TaskRules.settle(.refused("no"), by: target, slip: nil, &history, chance: 0.5)
        }
        #expect((last == .bury(reason: "no")) == isBuried)
    }

    @Test("a mail goes back to the storage that took it, until that does not take it again")
    func prefersItsStorage() {
        var slip = Slip(copiesWanted: 2, keepUntil: Day(number: 1))
        slip.holders = [Holder(node: NodeID(1), disk: DiskID(1), host: "h")]
        var history = TaskHistory()
        _ = TaskRules.settle(.kept, by: "s", slip: slip, &history, chance: 0)
        #expect(history.slip == slip)
        _ = TaskRules.settle(.alreadyHeld, by: "s", slip: nil, &history, chance: 0)
        #expect(history.slip == slip)
        _ = TaskRules.settle(.later("away"), by: "s", slip: nil, &history, chance: 0)
        #expect(history.slip == nil)
    }

    @Test("a task is over behind its keep-until day, and never on the word of a doubtful clock")
    func ends() {
        let today = Day(number: 100)
        let yesterday = today.advanced(by: -1)
        #expect(TaskRules.isOver(keepUntil: yesterday, today: today, isDoubtful: false))
        #expect(!TaskRules.isOver(keepUntil: today, today: today, isDoubtful: false))
        #expect(!TaskRules.isOver(keepUntil: Day(number: 1), today: today, isDoubtful: true))
    }
}

@Suite struct SpoolRulesTests {
    private func segment(
        _ number: UInt64, records: Int, complete: Bool = true
    ) -> SpoolRules.Segment {
        SpoolRules.Segment(number: number, isComplete: complete, records: records)
    }

    @Test("a sealed segment goes when all its mails are done with")
    func dropsFinished() {
        let segments = [
            segment(1, records: 2), segment(2, records: 2), segment(3, records: 2, complete: false),
        ]
        let finished: [UInt64: Int] = [1: 2, 2: 1, 3: 2]
        #expect(SpoolRules.droppable(segments, finished: finished, releases: []) == [1])
    }

    @Test("a note goes after its order, never before")
    func keepsNotes() {
        let release = SpoolRules.FinishedRelease(order: 1, records: [1, 2, 3])
        let segments = [segment(1, records: 2), segment(2, records: 1), segment(3, records: 1)]
        #expect(SpoolRules.droppable(segments, finished: [:], releases: [release]) == [])
        #expect(SpoolRules.droppable(segments, finished: [1: 1], releases: [release]) == [1, 2, 3])
        #expect(SpoolRules.droppable(segments, finished: [1: 1], releases: []) == [])
        let later = Array(segments.dropFirst())
        #expect(SpoolRules.droppable(later, finished: [:], releases: [release]) == [2, 3])
    }

    @Test("an active segment is sealed when it is finished and nothing came for a while")
    func sealsIdle() {
        let active = segment(1, records: 3, complete: false)
        let long = SpoolRules.idleMilliseconds
        #expect(SpoolRules.isIdle(active, finished: 3, unchangedFor: long))
        #expect(!SpoolRules.isIdle(active, finished: 2, unchangedFor: long))
        #expect(!SpoolRules.isIdle(active, finished: 3, unchangedFor: long - 1))
        #expect(!SpoolRules.isIdle(segment(1, records: 3), finished: 3, unchangedFor: long))
        let empty = segment(1, records: 0, complete: false)
        #expect(!SpoolRules.isIdle(empty, finished: 0, unchangedFor: long))
    }
}

@Suite struct ConnectionRulesTests {
    private let rules = ConnectionRules(connectionsMax: 3, connectionsPerClientMax: 2)

    @Test("there are so many connections, and so many of one client")
    func limits() {
        #expect(rules.admits(open: 2, ofClient: 1))
        #expect(!rules.admits(open: 3, ofClient: 0))
        #expect(!rules.admits(open: 2, ofClient: 2))
    }

    @Test(
        "who is silent is sent away; when the gateway stops, who has no mail under way goes first",
        arguments: [
            (10, false, nil, .stay), (20, false, nil, .close(.timeout)),
            (10, true, 0, .close(.shuttingDown)), (10, false, 4, .stay),
            (10, false, 5, .close(.shuttingDown)), (20, false, 4, .close(.timeout)),
        ] as [(Int64, Bool, Int64?, ConnectionRules.Verdict)])
    func judges(now: Int64, isIdle: Bool, stopping: Int64?, verdict: ConnectionRules.Verdict) {
        #expect(
            rules.verdict(now: now, deadline: 20, isIdle: isIdle, stopping: stopping, stopMax: 5)
                == verdict)
    }
}

@Suite struct ConfigurationTests {
    private func read(_ values: [String: ConfigurationValue]) throws -> GatewayConfiguration {
        var section = ConfigurationSection(name: "gateway", values: values)
        let configuration = try GatewayConfiguration(reading: &section, hostname: "h.example")
        try section.finish()
        return configuration
    }

    @Test("everything has a default")
    func hasDefaults() throws {
        let configuration = try read([:])
        #expect(configuration.smtp == nil)
        #expect(configuration.smarthost == nil)
        #expect(configuration.hostname == "h.example")
        #expect(configuration.keepDays == 60)
        #expect(configuration.compression == .zstd)
        #expect(configuration.limits.messageBytesMax == 150 << 20)
        #expect(configuration.segments.segmentBytesMax == 64 << 20)
    }

    @Test(
        "addresses are read as they are written",
        arguments: [
            ("127.0.0.1:2525", .tcp(host: "127.0.0.1", port: 2525)),
            ("[::1]:25", .tcp(host: "::1", port: 25)),
            ("mail.example.org:25", .tcp(host: "mail.example.org", port: 25)),
            ("unix:/run/lmtp", .unix(path: "/run/lmtp")),
            (":25", nil), ("host", nil), ("host:", nil), ("host:70000", nil), ("::1:25", nil),
            ("unix:relative", nil), ("", nil),
        ] as [(String, SocketPlace?)])
    func readsPlaces(text: String, place: SocketPlace?) {
        #expect(SocketPlace(text) == place)
        if let place { #expect(place.description == text) }
    }

    @Test("a smarthost may speak LMTP")
    func readsSmarthost() throws {
        #expect(Smarthost("lmtp:127.0.0.1:24")?.dialect == .lmtp)
        #expect(Smarthost("lmtp:unix:/x")?.place == .unix(path: "/x"))
        #expect(try read(["smarthost": .text("mx:25")]).smarthost?.dialect == .smtp)
        #expect(throws: ConfigurationError.self) { try read(["smarthost": .text("mx")]) }
        #expect(throws: ConfigurationError.self) { try read(["lmtp": .text("2424")]) }
        #expect(throws: ConfigurationError.self) { try read(["keep_days": .integer(401)]) }
        #expect(throws: ConfigurationError.self) { try read(["compress": .text("gzip")]) }
    }
}
