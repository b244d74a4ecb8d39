// SPDX-License-Identifier: Apache-2.0
// Taking in what storages ship: twice, in any order, and when it is safe to say so.

import HoldfastChance
import HoldfastModel
import Testing

@testable import HoldfastCatalog

private func note(_ number: Int, of mail: Sample, order: Int = 900) -> Note {
    Note(
        id: id(number), mail: mail.id, order: id(order), at: now, by: "eve", sentTo: "relay:25",
        results: [
            RecipientResult(recipient: "bob@b", outcome: .sent, reply: "250 \"ok\"\tthen"),
            RecipientResult(recipient: "eve@b", outcome: .inDoubt, reply: ""),
        ], lineEndsChanged: true)
}

@Test("all that a storage ships of a mail can be shown", arguments: Engine.allCases)
func shows(engine: Engine) throws {
    try engine.withCatalog { catalog in
        let mail = Sample(1) {
            $0.summary.from = [Address(name: "Ann", address: "ann@a"), Address(address: "x@a")]
            $0.summary.to = [Address(name: "Bob \"B\"", address: "bob@b")]
            $0.summary.cc = [Address(address: "carol@c")]
            $0.summary.bcc = [Address(address: "dan@d")]
            $0.summary.replyTo = [Address(address: "re@a")]
            $0.summary.date = now
            $0.summary.messageID = "1@a"
            $0.summary.attachments = [Attachment(name: "a\\b\n.pdf", type: "application/pdf")]
            $0.summary.verdicts = ["X-Spam: yes"]
            $0.envelope = Envelope(
                sender: "s@a", recipients: ["r@b", "é@c"], eightBit: true, utf8: true,
                origin: .init(transport: "LMTP", client: "::1", greeting: "mx"))
        }
        var (one, two) = (Shipper(1), Shipper(2))
        let items = (one.ship(mail), two.ship(mail, segment: 9))
        try catalog.merge([items.0], from: one)
        try catalog.merge([items.1], from: two)
        let details = try #require(try catalog.mail(mail.id, today: today))
        let found = try #require(
            try catalog.search(.everything, limit: 1, offset: 0, today: today).first)
        #expect(details.found == found)
        #expect(found.from == "Ann <ann@a>, x@a")
        #expect(found.to == ["Bob \"B\" <bob@b>"])
        #expect(found.cc == ["carol@c"])
        #expect(found.subject == "Subject 1")
        #expect((found.received, found.date) == (now, now))
        #expect((found.messageID, found.size) == ("1@a", 1))
        #expect(found.digest == mail.summary.digest)
        #expect(found.keepUntil == mail.slip.keepUntil)
        #expect((found.copies, found.released) == (2, nil))
        #expect((details.bcc, details.replyTo) == (["dan@d"], ["re@a"]))
        #expect(found.attachments == mail.summary.attachments)
        #expect(details.verdicts == mail.summary.verdicts)
        #expect(details.envelope == mail.envelope)
        #expect(found.copiesWanted == 2)
        #expect(details.entries.map(\.entry) == [items.0.entry, items.1.entry])
        #expect(details.entries.map(\.name) == ["storage-1", "storage-2"])
        #expect(try catalog.mail(id(2), today: today) == nil)
    }
}

@Test("the same items twice, or in another order, make the same catalog", arguments: Seeds.toTry())
func mergesInAnyOrder(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var shippers = [Shipper(1), Shipper(2), Shipper(3)]
    var shipped: [(Int, IndexItem)] = []
    let mails = (0..<40).map { random.mail($0) }
    for (number, mail) in mails.enumerated() {
        for place in shippers.indices where random.chance(2) {
            var mail = mail
            mail.slip.keepUntil = mail.slip.keepUntil.advanced(by: random.below(3))
            mail.slip.copiesWanted = 1 + random.below(3)
            shipped.append((place, shippers[place].ship(mail, again: random.chance(5))))
            if random.chance(4) {
                let note = note(100 + number, of: mail, order: 500 + number)
                shipped.append((place, shippers[place].ship(note, slip: mail.slip)))
            }
            if random.chance(4) {  // The copy moved: the later entry is the true one.
                shipped.append((place, shippers[place].ship(mail, segment: 5)))
            }
        }
    }
    func dump(_ items: [(Int, IndexItem)]) throws -> [String] {
        var lines: [String] = []
        for engine in Engine.allCases {
            try engine.withCatalog { catalog in
                for (place, item) in items { try catalog.merge([item], from: shippers[place]) }
                lines += try catalog.dumped
            }
        }
        return lines
    }
    let once = try dump(shipped)
    #expect(once.count > 40)
    #expect(try dump(shipped + shipped) == once, "seed \(seed)")
    #expect(try dump(shipped.shuffled(using: &random)) == once, "seed \(seed)")
}

@Test("a batch is the same as its items one by one", arguments: Engine.allCases, Seeds.toTry())
func mergesBatches(engine: Engine, seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var shipper = Shipper(1)
    let mails = (0..<60).map { random.mail($0) }
    let items = mails.map { shipper.ship($0) } + mails.prefix(9).map { shipper.ship($0) }
    var dumps: [[String]] = []
    for batch in [items.map { [$0] }, [items]] {
        try engine.withCatalog { catalog in
            for items in batch { try catalog.merge(items, from: shipper) }
            dumps.append(try catalog.dumped)
        }
    }
    #expect(dumps[0] == dumps[1], "seed \(seed)")
}

@Test("the position follows the items that come in order", arguments: Engine.allCases)
func followsOrder(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let before = try catalog.position(of: shipper.node)
        #expect(before == .none)
        let items = (1...5).map { shipper.ship(Sample($0)) }
        #expect(try catalog.merge([items[0], items[1]], from: shipper).position.number == 2)
        #expect(try catalog.merge([items[0]], from: shipper).position.number == 2)
        var again = items[4]
        again.entry.again = true
        #expect(try catalog.merge([again], from: shipper).position.number == 2)
        #expect(try catalog.merge([], from: shipper).position.number == 2)
        #expect(try catalog.merge([items[3], items[2]], from: shipper).position.number == 4)
        #expect(try catalog.position(of: shipper.node) == items[3].entry.position)
        #expect(try catalog.position(of: NodeID(99)) == .none)
    }
}

@Test(
    "a mail is acked when it has enough copies that count",
    arguments: [
        (wanted: 1, disks: [1], rule: AckRule(), acked: [true]),
        (wanted: 2, disks: [1, 2], rule: AckRule(), acked: [false, true]),
        (wanted: 3, disks: [1, 2, 3], rule: AckRule(), acked: [false, true, false]),
        (wanted: 3, disks: [1, 2, 3], rule: AckRule(copies: 3), acked: [false, false, true]),
        (wanted: 2, disks: [1, 1, 2], rule: AckRule(), acked: [false, false, true]),
        (
            wanted: 2, disks: [1, 1], rule: AckRule(disksMayBeShared: true),
            acked: [false, true]
        ),
        (wanted: 2, disks: [1], rule: AckRule(copies: 0), acked: [true]),
    ]
)
func acks(wanted: Int, disks: [Int], rule: AckRule, acked: [Bool]) throws {
    for engine in Engine.allCases {
        try engine.withCatalog { catalog in
            let mail = Sample(1) { $0.slip.copiesWanted = wanted }
            let results = try disks.enumerated().map { number, disk in
                var shipper = Shipper(number + 1, disk: disk)
                let item = shipper.ship(mail)
                return try catalog.merge([item], from: shipper, acks: rule).acks.map(\.gateways)
            }
            let expected = [["gateway-1"]]
            #expect(results == acked.map { $0 ? expected : [] })
        }
    }
}

@Test("D7: what is not to be relied on as a copy is none for the ack", arguments: Engine.allCases)
func acksByWhatCounts(engine: Engine) throws {
    try engine.withCatalog { catalog in
        let (mail, other) = (Sample(1), Sample(2))
        var (one, two, three) = (Shipper(1), Shipper(2), Shipper(3))
        try catalog.merge([one.ship(mail)], from: one)
        // Declared lost before a second copy was made, and then a third.
        try catalog.setCounts(one.node, false, isGone: true)
        #expect(try catalog.merge([two.ship(mail)], from: two).acks.isEmpty)
        #expect(try catalog.mail(mail.id, today: today)?.found.copies == 1)
        #expect(try catalog.merge([two.ship(mail, again: true)], from: two).acks.isEmpty)
        #expect(try catalog.merge([three.ship(mail)], from: three).acks.map(\.copies) == [2])
        // Handed in again to be kept longer: one has it so long, and then the other.
        try catalog.merge([two.ship(other)], from: two)
        #expect(try catalog.merge([three.ship(other)], from: three).acks.count == 1)
        let longer = Sample(2) { $0.slip.keepUntil = other.slip.keepUntil.advanced(by: 30) }
        #expect(try catalog.merge([two.ship(longer)], from: two).acks.isEmpty)
        #expect(try catalog.merge([two.ship(longer, again: true)], from: two).acks.isEmpty)
        let renewed = try catalog.merge([three.ship(longer)], from: three)
        #expect(renewed.acks.map(\.mail) == [other.id])
        #expect(renewed.acks.map(\.copies) == [2])
    }
}

@Test("a copy shipped again asks for the ack again, from all who wait", arguments: Engine.allCases)
func acksAgain(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var mail = Sample(1)
        var (one, two) = (Shipper(1), Shipper(2))
        try catalog.merge([one.ship(mail)], from: one)
        #expect(try catalog.merge([one.ship(mail, again: true)], from: one).acks.isEmpty)
        let second = two.ship(mail)
        #expect(try catalog.merge([second], from: two).acks.count == 1)
        #expect(try catalog.merge([second], from: two).acks.count == 1)
        mail.slip.gateways = ["gateway-1", "gateway-2"]
        let again = try catalog.merge(
            [one.ship(mail, again: true), one.ship(mail, again: true)], from: one)
        #expect(again.acks.map(\.gateways) == [["gateway-1", "gateway-2"]])
        #expect(try catalog.mail(mail.id, today: today)?.entries.count == 2)
    }
}

@Test("a note is acked by its own copies, and finishes its order", arguments: Engine.allCases)
func keepsNotes(engine: Engine) throws {
    try engine.withCatalog { catalog in
        let mail = Sample(1)
        let made = note(7, of: mail)
        var (one, two) = (Shipper(1), Shipper(2))
        let order = Order(
            id: made.order, mail: mail.id, gateway: "gateway-1", sender: "s@a",
            recipients: ["bob@b"], ordered: now, by: "eve")
        try catalog.add(order, .queued, now: now)
        // The note comes first.
        #expect(try catalog.merge([one.ship(made, slip: mail.slip)], from: one).acks.isEmpty)
        let acks = try catalog.merge([two.ship(made, slip: mail.slip)], from: two).acks
        #expect(acks == [Merged.Ack(mail: made.id, gateways: ["gateway-1"], copies: 2)])
        #expect(try catalog.found("is:released") == [])
        try catalog.merge([one.ship(mail)], from: one)
        #expect(try catalog.found("is:released") == [mail.id])
        #expect(try catalog.found("-is:released") == [])
        let details = try #require(try catalog.mail(mail.id, today: today))
        #expect(details.found.released != nil)
        #expect(details.notes == [made])
        #expect(details.orders.map(\.stage) == [.finished])
        #expect(try catalog.pendingOrders(limit: 9).isEmpty)
    }
}

@Test("a node that has a new name, host or disk is shown so", arguments: Engine.allCases)
func knowsNodes(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        try catalog.merge([shipper.ship(Sample(1))], from: shipper)
        func copy() throws -> KnownCopy? {
            try catalog.mail(id(1), today: today)?.entries.first
        }
        #expect(try copy()?.entry.host == "box")
        (shipper.name, shipper.host) = ("storage-a", "other box")
        try catalog.merge([shipper.ship(Sample(2))], from: shipper)
        #expect(try copy()?.name == "storage-a")
        #expect(try copy()?.entry.host == "other box")
        #expect(try copy()?.entry.disk == DiskID(1))
        shipper.disk = DiskID(9)
        try catalog.merge([shipper.ship(Sample(3))], from: shipper)
        #expect(try copy()?.entry.disk == DiskID(9))
        #expect(try copy()?.entry.host == "other box")
    }
}

@Test("what cannot be read is named, passed over, and fails no other", arguments: Engine.allCases)
func refusesOne(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var (shipper, stranger) = (Shipper(1), Shipper(2))
        let good = shipper.ship(Sample(1))
        var cut = shipper.ship(Sample(2))
        cut.record.setSummary([8, 200])
        let foreign = stranger.ship(Sample(3))
        let order = shipper.item(
            Record(
                RecordHeader(kind: .order, mail: id(4), received: now, keepUntil: today)), "",
            at: Position(run: 1, number: 9), 1, false)
        let merged = try catalog.merge([cut, foreign, good, order], from: shipper)
        #expect(merged.refused.map(\.mail) == [id(2), id(3), id(4)])
        #expect(merged.position.number == 9)
        #expect(try catalog.found("") == [id(1)])
    }
}

@Test("mails of one moment keep apart, and keep their moment", arguments: Engine.allCases)
func sharesAMoment(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        // All have the same low bits, so all want the same row; some lie at the end of the range.
        let mails = (0..<50).map { number in
            Sample(number) { $0.id = MailID(UInt128(number + 1) << 64 | 0xf_ffff) }
        }
        try catalog.merge(mails.map { shipper.ship($0) }, from: shipper)
        #expect(Set(try catalog.found("")) == Set(mails.map(\.id)))
        let all = try catalog.search(.everything, limit: 99, offset: 0, today: today)
        #expect(all.allSatisfy { $0.received == now })
        #expect(try catalog.counted("received:2026-11-23T12:00:00Z") == 50)
        #expect(try catalog.counted("received:>=2026-11-23T12:00:01Z") == 0)
    }
}
