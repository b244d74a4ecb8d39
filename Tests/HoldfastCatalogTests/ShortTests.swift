// SPDX-License-Identifier: Apache-2.0
// Which copies count, and what is short of them.

import GRDB
import HoldfastChance
import HoldfastModel
import Testing

@testable import HoldfastCatalog

private let later = now.advanced(bySeconds: 3600)

extension Catalog {
    fileprivate var shortIDs: [MailID] {
        get throws {
            try short(after: .start, before: later, limit: 999).map(\.id)
                + short(after: .notes, before: later, limit: 999).map(\.id)
        }
    }

    fileprivate func recountAll() throws {
        while try recount(limit: 3) {}
    }
}

@Suite("What is short of copies") struct ShortTests {
    @Test("a node whose copies cease to count makes its mails short, until they count again")
    func counts() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mails = (1...10).map { Sample($0) }
            try catalog.merge(mails.map { one.ship($0, segment: $0.summary.size % 3) }, from: one)
            #expect(try catalog.shortIDs.count == 10)
            try catalog.merge(mails.map { two.ship($0) }, from: two)
            #expect(try catalog.shortIDs.isEmpty)
            try catalog.setCounts(one.node, false, isGone: false)
            try catalog.recountAll()
            #expect(try Set(catalog.shortIDs) == Set(mails.map(\.id)))
            #expect(try catalog.counted("is:short") == 10)
            #expect(try catalog.shortCount(before: later, at: one.node, limit: 99) == 10)
            #expect(try catalog.shortCount(before: later, at: nil, limit: 4) == 4)
            #expect(try catalog.shortCount(before: now, at: nil, limit: 99) == 0)
            #expect(try catalog.statistics().nodes.map(\.counts) == [false, true])
            let mail = try #require(
                try catalog.short(after: .start, before: later, limit: 1).first)
            #expect(mail.copies.map(\.counts) == [false, true])
            #expect((mail.counted, mail.copiesWanted) == (1, 2))
            // A third copy helps; one of a node that does not count does not.
            var three = Shipper(3)
            try catalog.merge([three.ship(mails[0])], from: three)
            try catalog.merge([one.ship(mails[1], segment: 9)], from: one)
            #expect(try catalog.shortIDs.count == 9)
            #expect(try catalog.stillShort(mails.prefix(2).map(\.id)) == [mails[1].id])
            try catalog.setCounts(one.node, true, isGone: false)
            try catalog.recountAll()
            #expect(try catalog.shortIDs.isEmpty)
            #expect(try catalog.statistics().nodes.allSatisfy(\.isRecounted))
        }
    }

    @Test("D7: two copies on one disk are one, unless they may share it")
    func disks() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1, disk: 7), Shipper(2, disk: 7))
            let mail = Sample(1)
            try catalog.merge([one.ship(mail)], from: one)
            try catalog.merge([two.ship(mail)], from: two)
            #expect(try catalog.shortIDs == [mail.id])
            try catalog.setDisksMayBeShared(true)
            try catalog.recountAll()
            #expect(try catalog.shortIDs.isEmpty)
            try catalog.setDisksMayBeShared(false)
            try catalog.recountAll()
            #expect(try catalog.shortIDs == [mail.id])
        }
    }

    /// Two storages hold a mail, one of them until an earlier day.
    private static func oneEarly(
        _ mail: Sample, in catalog: any Catalog, lateFirst: Bool = false
    ) throws -> (one: Shipper, two: Shipper, late: Sample) {
        var (one, two) = (Shipper(1), Shipper(2))
        var late = mail
        late.slip.keepUntil = mail.slip.keepUntil.advanced(by: 30)
        if lateFirst { try catalog.merge([two.ship(late)], from: two) }
        try catalog.merge([one.ship(mail)], from: one)
        if !lateFirst { try catalog.merge([two.ship(late)], from: two) }
        return (one, two, late)
    }

    @Test("a copy that goes before its mail is none", arguments: [false, true])
    func early(lateFirst: Bool) throws {
        try Engine.sqlite.withCatalog { catalog in
            let mail = Sample(1)
            let made = try Self.oneEarly(mail, in: catalog, lateFirst: lateFirst)
            var (one, two) = (made.one, made.two)
            let late = made.late
            let short = try #require(
                try catalog.short(after: .start, before: later, limit: 9).first)
            #expect((short.counted, short.keepUntil) == (1, late.slip.keepUntil))
            #expect(short.copies.map(\.lasts) == [false, true])
            #expect(short.copies.map(\.counts) == [true, true])
            #expect(try catalog.found("copies:1 is:short") == [mail.id])
            let statistics = try catalog.copyStatistics(disksMayBeShared: true, today: today)
            #expect(statistics.short == 1 && statistics.copies == 1...1)
            let details = try #require(try catalog.mail(mail.id, today: today))
            #expect(details.found.copies == 1)
            #expect(details.entries.map(\.counts) == [false, true])
            // The other is lost: what is left is no copy until it is written again.
            try catalog.forget(two.node, segments: [1])
            #expect(try catalog.found("copies:0") == [mail.id])
            try catalog.merge([one.ship(late)], from: one)
            #expect(try catalog.found("copies:1") == [mail.id])
            try catalog.merge([two.ship(late)], from: two)
            #expect(try catalog.shortIDs.isEmpty)
        }
    }

    @Test(
        "what is held stays, whatever its day; when it is held no more its copies are looked at again"
    )
    func earlyAndHeld() throws {
        try Engine.sqlite.withCatalog { catalog in
            let mail = Sample(1)
            let released = Note(id: id(9), mail: mail.id, order: id(8), at: now, by: "eve")
            let made = try Self.oneEarly(mail, in: catalog)
            var (one, two) = (made.one, made.two)
            try catalog.merge([one.ship(released, slip: mail.slip)], from: one)
            try catalog.merge([two.ship(released, slip: made.late.slip)], from: two)
            #expect(try catalog.shortIDs == [mail.id, released.id])
            func order(_ number: Int, _ kind: StorageOrder.Kind) -> StorageOrder {
                StorageOrder(
                    id: id(number), kind: kind, mail: mail.id, node: NodeID(0),
                    ordered: now.advanced(bySeconds: Int64(number)), by: "eve",
                    keepUntil: today.advanced(by: 400))
            }
            _ = try catalog.enter(order(50, .hold))
            #expect(try catalog.shortIDs.isEmpty)
            #expect(
                try catalog.copyStatistics(disksMayBeShared: false, today: today).short == 0)
            _ = try catalog.enter(order(51, .unhold))
            #expect(try catalog.shortIDs == [mail.id, released.id])
            // Its note alone tells it, and counts itself.
            let hold = order(52, .hold)
            let note = Note(
                id: hold.id, kind: .hold, mail: mail.id, order: hold.id, at: hold.ordered, by: "eve"
            )
            try catalog.merge(
                [one.ship(note, slip: Slip(copiesWanted: 1, keepUntil: hold.keepUntil))], from: one)
            #expect(try catalog.shortIDs.isEmpty)
        }
    }

    @Test("what is counted as it comes is what a new count finds", arguments: Seeds.toTry())
    func countedAsItComes(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        try Engine.sqlite.withCatalog { catalog in
            var shippers = [Shipper(1), Shipper(2), Shipper(3, disk: 2)]
            for step in 0..<150 {
                let number = 1 + random.below(12)
                var mail = Sample(number)
                mail.slip.keepUntil = today.advanced(by: random.one(of: [5, 30, 60]))
                mail.slip.copiesWanted = 1 + random.below(3)
                let place = random.below(shippers.count)
                let ordered = now.advanced(bySeconds: Int64(step))
                let order = StorageOrder(
                    id: id(1000 + step), kind: random.one(of: [.hold, .unhold]), mail: mail.id,
                    node: NodeID(0), ordered: ordered, by: "eve", keepUntil: mail.slip.keepUntil)
                let note = Note(
                    id: id(500 + number), mail: mail.id, order: id(8), at: now, by: "eve")
                switch random.below(12) {
                case 0: _ = try catalog.enter(order)
                case 1:
                    try catalog.forget(
                        shippers[place].node, segments: [SegmentNumber(random.below(3))])
                case 2...4:
                    try catalog.merge(
                        [shippers[place].ship(note, slip: mail.slip)], from: shippers[place])
                default:
                    let item = shippers[place].ship(mail, segment: SegmentNumber(random.below(3)))
                    try catalog.merge([item], from: shippers[place])
                }
            }
            func counts() throws -> [[Int]] {
                try (1...3).map { wanted in
                    [try catalog.counted("copies:\(wanted)"), try catalog.counted("is:short")]
                } + [try catalog.shortIDs.map { Int(truncatingIfNeeded: $0.number) }]
            }
            let before = try counts()
            try catalog.setDisksMayBeShared(true)
            try catalog.setDisksMayBeShared(false)
            try catalog.recountAll()
            #expect(try counts() == before, "seed \(seed)")
        }
    }

    @Test("notes are short like mails")
    func notes() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mail = Sample(1)
            let note = Note(id: id(9), mail: mail.id, order: id(8), at: now, by: "eve")
            try catalog.merge([one.ship(note, slip: mail.slip)], from: one)
            #expect(try catalog.shortIDs == [note.id])
            try catalog.merge([two.ship(note, slip: mail.slip)], from: two)
            #expect(try catalog.shortIDs.isEmpty)
            try catalog.forget(two.node, segments: [1])
            #expect(try catalog.shortIDs == [note.id])
            try catalog.setCounts(one.node, false, isGone: true)
            try catalog.recountAll()
            let short = try #require(
                try catalog.short(after: .notes, before: later, limit: 9).first)
            #expect((short.counted, short.copies.count) == (0, 1))
        }
    }

    @Test("a copy that is not there is forgotten, but for the last one, and but for a newer one")
    func forgetsCopies() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mails = (1...3).map { Sample($0) }
            let old = mails.map { one.ship($0, segment: 4) }
            try catalog.merge(old, from: one)
            try catalog.merge(mails.prefix(2).map { two.ship($0) }, from: two)
            try catalog.merge([one.ship(mails[1], segment: 5)], from: one)
            let places = old.map(\.entry.location).map {
                CopyPlace(segment: $0.segment, offset: $0.offset)
            }
            try catalog.forget(one.node, copies: places)
            #expect(try catalog.found("copies:1") == [mails[2].id, mails[0].id])
            #expect(try catalog.shortIDs == [mails[0].id, mails[2].id])
            #expect(
                try catalog.mail(mails[0].id, today: today)?.entries.map(\.name) == ["storage-2"])
            #expect(try catalog.statistics().nodes.map(\.entries) == [2, 2])
        }
    }

    @Test("what is fine is not read: the short ones stand in an index, a node's copies in another")
    func cost() throws {
        try withFolder { folder in
            let catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
            let plans = try catalog.read { database in
                try [
                    "SELECT id FROM qt_files WHERE counted < copies_wanted AND id > 1 ORDER BY id",
                    """
                    SELECT segment, file FROM qt_files_entries
                    WHERE node = 1 AND (segment, file) > (1, 2) ORDER BY segment, file LIMIT 3
                    """,
                ].map { sql in
                    try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN " + sql)
                        .map { $0["detail"] as String }.joined()
                }
            }
            #expect(plans[0].contains("INDEX qt_files_short"))
            #expect(
                plans[1].contains("INDEX qt_files_entries_segment") && !plans[1].contains("TEMP"))
        }
    }
}
