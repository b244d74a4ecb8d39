// SPDX-License-Identifier: Apache-2.0
// What becomes of a catalog: orders, expiry, dropped segments, reopening.

import Foundation
import GRDB
import HoldfastChance
import HoldfastModel
import Testing

@testable import HoldfastCatalog

private func order(_ number: Int, mail: Int = 1) -> Order {
    Order(
        id: id(number), mail: id(mail), gateway: "gateway-1", sender: "s@a", recipients: ["r@b"],
        eightBit: true, ordered: now.advanced(bySeconds: Int64(number)), by: "eve",
        copies: [Location(node: NodeID(1), segment: 2, offset: 3)])
}

@Test("a mail that has expired and is shipped again counts once in the books of its day")
func expiresOnce() throws {
    try Engine.sqlite.withCatalog { catalog in
        var one = Shipper(1)
        let mail = Sample(1)
        try catalog.merge([one.ship(mail)], from: one)
        let later = now.advanced(bySeconds: 86_400 * 99)
        for again in [false, true] {
            if again {
                _ = try catalog.merge(
                    [one.ship(mail, again: true)], from: one.node, name: one.name, now: later,
                    acks: AckRule())
                let book = try catalog.dayBook(of: now.day, living: [], today: now.day)
                #expect(book.live == 1 && book.expired == 0)
            }
            while try catalog.expire(before: later.day, limit: 10).isUnfinished {}
            let book = try catalog.dayBook(of: now.day, living: [], today: now.day)
            #expect(book.live == 0 && book.expired == 1)
        }
        // What comes in its order was never here.
        _ = try catalog.merge(
            [one.ship(Sample(2))], from: one.node, name: one.name, now: later, acks: AckRule())
        let book = try catalog.dayBook(of: now.day, living: [], today: now.day)
        #expect(book.live == 1 && book.expired == 1)
    }
}

@Test("an order waits, is taken, and is finished for good", arguments: Engine.allCases)
func keepsOrders(engine: Engine) throws {
    try engine.withCatalog { catalog in
        for number in [12, 11, 10] { try catalog.add(order(number), .queued, now: now) }
        try catalog.add(order(11), .queued, now: now)
        #expect(try catalog.pendingOrders(limit: 2) == [order(10), order(11)])
        try catalog.setState(id(10), .taken, reason: "", now: now)
        try catalog.setState(id(11), .finished, reason: "refused by gateway-1", now: now)
        try catalog.setState(id(11), .queued, reason: "too late", now: now)
        #expect(try catalog.pendingOrders(limit: 9) == [order(12)])
        let states = try catalog.orders(for: id(1))
        #expect(states.map(\.stage) == [.taken, .finished, .queued])
        #expect(states.map(\.reason) == ["", "refused by gateway-1", ""])
        #expect(states.map(\.order) == [order(10), order(11), order(12)])
        #expect(try catalog.orders(for: id(2)).isEmpty)
    }
}

@Test("an expired mail is hidden at once and removed in steps", arguments: Engine.allCases)
func expires(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let mails = (0..<60).map { number in
            Sample(number) {
                $0.words = "common"
                $0.slip.keepUntil = today.advanced(by: number % 30)
                $0.slip.copiesWanted = 1
            }
        }
        try catalog.merge(mails.map { shipper.ship($0) }, from: shipper)
        try catalog.add(order(500, mail: 3), .queued, now: now)
        let day = today.advanced(by: 16)
        let query = try Query(parsing: "common", now: now, offset: 0)
        for _ in 0..<2 {
            #expect(try catalog.count(query, today: day) == 28)
            #expect(try catalog.count(.everything, today: day) == 28)
            #expect(try catalog.search(query, limit: 99, offset: 0, today: day).count == 28)
            #expect(try catalog.mail(id(3), today: day) == nil)
            #expect(try catalog.mail(id(16), today: day) != nil)
            #expect(try catalog.ids(prefix: "0", limit: 99, today: day).count == 28)
            var (steps, removed, texts) = (0, 0, 0)
            while true {
                let step = try catalog.expire(before: day, limit: 10)
                #expect(step.mails <= 10)
                (steps, removed, texts) = (steps + 1, removed + step.mails, texts + step.texts)
                if !step.isUnfinished { break }
            }
            #expect(steps < 10 && (removed, texts) == (0, 0) || (removed, texts > 0) == (32, true))
            #expect(try catalog.statistics().mails == 28)
            #expect(try catalog.statistics().nodes.map(\.entries) == [28])
            #expect(try catalog.orders(for: id(3)).isEmpty)
        }
        // Asked about an earlier day, what is gone stays gone.
        #expect(try catalog.count(query, today: today) == 28)
        #expect(try catalog.search(query, limit: 99, offset: 0, today: today).count == 28)
        while try catalog.expire(before: today.advanced(by: 99), limit: 10).isUnfinished {}
        #expect(try catalog.dumped.isEmpty)
        #expect(try catalog.statistics().bytes == 0)
    }
}

@Test("a mail whose day is put off stays findable by its words", arguments: Engine.allCases)
func keepsLonger(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var (one, two) = (Shipper(1), Shipper(2))
        var mail = Sample(1) { $0.words = "kept" }
        mail.slip.keepUntil = today.advanced(by: 1)
        try catalog.merge([one.ship(mail)], from: one)
        mail.slip.keepUntil = today.advanced(by: 100)
        try catalog.merge([two.ship(mail)], from: two)
        let day = today.advanced(by: 90)
        while try catalog.expire(before: day, limit: 10).isUnfinished {}
        let query = try Query(parsing: "kept", now: now, offset: 0)
        #expect(try catalog.count(query, today: day) == 1)
        #expect(try catalog.search(query, limit: 9, offset: 0, today: day).count == 1)
    }
}

@Test("a note goes when its day has passed and its mail is gone", arguments: Engine.allCases)
func expiresNotes(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        var mail = Sample(1)
        let note = Note(
            id: id(9), mail: mail.id, order: id(8), at: now, by: "", sentTo: "",
            results: [RecipientResult(recipient: "a", outcome: .sent, reply: "")],
            lineEndsChanged: false)
        let short = Slip(copiesWanted: 1, keepUntil: today)
        mail.slip.keepUntil = today.advanced(by: 5)
        try catalog.merge([shipper.ship(mail), shipper.ship(note, slip: short)], from: shipper)
        while try catalog.expire(before: today.advanced(by: 3), limit: 1).isUnfinished {}
        #expect(try catalog.found("is:released") == [mail.id])
        while try catalog.expire(before: today.advanced(by: 6), limit: 1).isUnfinished {}
        #expect(try catalog.dumped.isEmpty)
    }
}

@Test("what lay in a dropped segment is a copy no longer", arguments: Engine.allCases)
func forgets(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var (one, two) = (Shipper(1), Shipper(2))
        let mails = (1...6).map { Sample($0) }
        try catalog.merge(mails.map { one.ship($0, segment: $0.summary.size % 3) }, from: one)
        try catalog.merge(mails.map { two.ship($0) }, from: two)
        try catalog.forget(one.node, segments: [0, 2, 77])
        try catalog.forget(NodeID(99), segments: [1])
        #expect(try catalog.counted("copies:2") == 2)
        #expect(try catalog.counted("is:short") == 4)
        #expect(try catalog.mail(id(3), today: today)?.entries.map(\.name) == ["storage-2"])
        #expect(try catalog.statistics().nodes.map(\.entries) == [2, 6])
        // Without any copy it is still known that there was such a mail.
        try catalog.forget(two.node, segments: [1])
        #expect(try catalog.found("copies:0").count == 4)
    }
}

@Test("ids are found by how they begin", arguments: Engine.allCases)
func findsIDs(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        try catalog.merge((1...3).map { shipper.ship(Sample($0)) }, from: shipper)
        #expect(try catalog.ids(prefix: id(2).description, limit: 2, today: today) == [id(2)])
        #expect(try catalog.ids(prefix: "000", limit: 2, today: today) == [id(1), id(2)])
        #expect(try catalog.ids(prefix: "zz", limit: 2, today: today).isEmpty)
        #expect(try catalog.ids(prefix: "", limit: 2, today: today).isEmpty)
    }
}

@Test("statistics count what is there", arguments: Engine.allCases)
func countsAll(engine: Engine) throws {
    try engine.withCatalog { catalog in
        #expect(try catalog.statistics().oldest == nil)
        var shipper = Shipper(1)
        let old = Sample(1000) { $0.received = now.advanced(bySeconds: -500) }
        try catalog.merge([shipper.ship(Sample(24)), shipper.ship(old)], from: shipper)
        try catalog.merge([shipper.ship(old)], from: shipper)
        let statistics = try catalog.statistics()
        #expect((statistics.mails, statistics.bytes) == (2, 1024))
        #expect(statistics.oldest == old.received)
        #expect(statistics.databaseBytes > 0)
        #expect(statistics.nodes.map(\.entries) == [2])
        #expect(statistics.nodes.map(\.position.number) == [3])
    }
}

@Test("a catalog reopened is the catalog that was closed")
func reopens() throws {
    try withFolder { folder in
        let path = folder + "/catalog.sqlite"
        var shipper = Shipper(1)
        var before: [String] = []
        do {
            let catalog = try SQLiteCatalog(path: path)
            try catalog.merge((1...20).map { shipper.ship(Sample($0)) }, from: shipper)
            before = try catalog.dumped
        }
        let catalog = try SQLiteCatalog(path: path)
        #expect(try catalog.dumped == before)
        #expect(try catalog.position(of: shipper.node).number == 20)
        #expect(try catalog.found("subject:7") == [id(7)])
        try catalog.merge([shipper.ship(Sample(21))], from: shipper)
        #expect(try catalog.counted("subject") == 21)
    }
}

@Test("a commit is synced, and readers do not wait for the writer")
func isSynced() throws {
    try withFolder { folder in
        let catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        let pragma = try catalog.write { database in
            try ["synchronous", "journal_mode", "foreign_keys"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        #expect(pragma == ["2", "wal", "1"])
    }
}

@Test("a catalog of a later version, or another program's database, is refused and left alone")
func refusesOthers() throws {
    try withFolder { folder in
        let (later, strange, text) = (folder + "/later", folder + "/strange", folder + "/text")
        do { _ = try SQLiteCatalog(path: later) }
        try DatabaseQueue(path: later).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        #expect(throws: CatalogError.newerSchema(found: 99, known: Schema.known)) {
            try SQLiteCatalog(path: later)
        }
        try DatabaseQueue(path: strange).write { try $0.execute(sql: "CREATE TABLE t (a)") }
        #expect(throws: CatalogError.notACatalog(path: strange)) {
            try SQLiteCatalog(path: strange)
        }
        try String(repeating: "no database at all\n", count: 99).write(
            toFile: text, atomically: true, encoding: .utf8)
        #expect {
            try SQLiteCatalog(path: text)
        } throws: { error in
            guard case .damaged = error as? CatalogError else { return false }
            return true
        }
        for path in [folder, folder + "/nowhere/catalog.sqlite"] {
            #expect {
                try SQLiteCatalog(path: path)
            } throws: { error in
                guard case .notOpen = error as? CatalogError else { return false }
                return true
            }
        }
    }
}

@Test("damage that is met by use is told, and marked for the next start")
func marksDamage() throws {
    try withFolder { folder in
        let path = folder + "/catalog.sqlite"
        var shipper = Shipper(1)
        do {
            let catalog = try SQLiteCatalog(path: path)
            try catalog.merge((1...50).map { shipper.ship(Sample($0)) }, from: shipper)
            #expect(!catalog.isDamaged)
        }
        // A page that a start does not read.
        let page = try DatabaseQueue(path: path).writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
            return try UInt64.fetchOne(
                database, sql: "SELECT rootpage FROM sqlite_master WHERE name = 'qt_files'")
        }
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: (try #require(page) - 1) * 4096)
        try file.write(contentsOf: Data(repeating: 0x5a, count: 4096))
        try file.close()
        let catalog = try SQLiteCatalog(path: path)
        #expect(throws: CatalogError.self) { try catalog.dumped }
        #expect(catalog.isDamaged)
        #expect(FileManager.default.fileExists(atPath: SQLiteCatalog.mark(of: path)))
    }
}

@Test("a node that is gone is forgotten with its copies, and ships all again when it comes back")
func forgetsNodes() throws {
    try Engine.sqlite.withCatalog { catalog in
        var (one, two) = (Shipper(1), Shipper(2))
        let mails = (1...6).map { Sample($0) }
        try catalog.merge(mails.map { one.ship($0, segment: $0.summary.size % 3) }, from: one)
        try catalog.merge(mails.prefix(2).map { two.ship($0) }, from: two)
        #expect(try catalog.segments(of: one.node) == [0, 1, 2])
        #expect(try catalog.segments(of: NodeID(99)).isEmpty)
        let ids = mails.map(\.id) + [id(99)]
        #expect(try catalog.held(ids, by: [two.node], today: today) == Array(ids.prefix(2)))
        #expect(
            try catalog.held(ids, by: [one.node, two.node], today: today) == Array(ids.dropLast()))
        // With copies left it stays.
        try catalog.forget(one.node)
        #expect(try catalog.position(of: one.node).number == 6)
        try catalog.forget(one.node, segments: catalog.segments(of: one.node))
        try catalog.forget(one.node)
        #expect(try catalog.position(of: one.node) == .none)
        #expect(try catalog.counted("copies:1") == 2)
        #expect(try catalog.counted("copies:0") == 4)
        #expect(try catalog.held(ids, by: [one.node], today: today).isEmpty)
        try catalog.merge(mails.map { one.ship($0) }, from: one)
        #expect(try catalog.counted("copies:2") == 2)
        #expect(try catalog.counted("copies:1") == 4)
    }
}

@Test(
    "the structure of the database is whole after all that was done to it",
    arguments: Seeds.toTry())
func isWhole(seed: UInt64) throws {
    try withFolder { folder in
        var random = SplitMix64(seed: seed)
        let catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
        var shippers = [Shipper(1), Shipper(2)]
        for round in 0..<20 {
            let mails = (0..<30).map { random.mail(round * 30 + $0) }
            for place in shippers.indices {
                let items = mails.map { shippers[place].ship($0, segment: SegmentNumber(round)) }
                try catalog.merge(items, from: shippers[place])
            }
            try catalog.forget(NodeID(1), segments: [SegmentNumber(random.below(20))])
            _ = try catalog.expire(before: today.advanced(by: random.below(9)), limit: 40)
        }
        try catalog.read { database in
            #expect(try String.fetchAll(database, sql: "PRAGMA integrity_check") == ["ok"])
            #expect(try Row.fetchAll(database, sql: "PRAGMA foreign_key_check").isEmpty)
            let sums = try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT count(*) FROM qt_files) - mails,
                        (SELECT total(size) FROM qt_files) - bytes,
                        (SELECT sum(entries) FROM qt_nodes) -
                        (SELECT count(*) FROM qt_files_entries),
                        (SELECT count(*) FROM qt_files f WHERE copies <>
                            (SELECT count(*) FROM qt_files_entries e WHERE e.file = f.id))
                    FROM qt_totals
                    """)
            let differences = try #require(sums)
            #expect((0..<4).map { differences[$0] as Int } == [0, 0, 0, 0], "seed \(seed)")
        }
        try catalog.write { database in
            for table in try TextTable.all(database, in: .min ... .max) {
                let name = table.name
                try database.execute(
                    sql: "INSERT INTO \(name) (\(name)) VALUES ('integrity-check')")
            }
        }
    }
}
