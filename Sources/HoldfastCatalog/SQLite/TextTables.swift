// SPDX-License-Identifier: Apache-2.0
// The full-text tables: one for each week of keep-until days, so that expiry drops them whole.
//
// They are contentless (the words only, which lead to rows of qt_files) and cannot forget a single
// row; a search that meets a table in which some mails are hidden or gone looks at qt_files too. A
// mail whose keep-until day is put off stays in its table, which then lives as long as the mail.

internal import GRDB
internal import HoldfastModel

/// One full-text table, as the register knows it.
struct TextTable {
    let number: Int64
    /// The last day on which a mail in it is to be kept.
    let keepUntil: Int64
    /// The rows it has lie between these.
    let keys: ClosedRange<Int64>
    /// Rows of it have gone from qt_files.
    let hasHoles: Bool

    var name: String { Self.name(number) }

    var sqlName: Fragment { .numbered("qt_texts_", number) }

    /// Every mail in it is to be kept on this day, and is there.
    func isWhole(on today: Day) -> Bool {
        !hasHoles && number * Self.days >= Int64(today.number)
    }

    static let days: Int64 = 7

    static func name(_ number: Int64) -> String { "qt_texts_\(number)" }
}

extension TextTable {
    /// Weeks before and after today for which there is a table; what lies beyond joins the nearest.
    private static let weeksBefore: Int64 = 1
    private static let weeksAfter = Int64(Slip.keepDaysRange.upperBound) / days + 1

    /// Where the words of a mail go.
    static func number(keepUntil: Day, today: Day) -> Int64 {
        let (week, now) = (Int64(keepUntil.number) / days, Int64(today.number) / days)
        return max(0, now - weeksBefore, min(now + weeksAfter, week))
    }

    /// All tables that have rows in `keys`, newest first.
    static func all(_ database: Database, in keys: ClosedRange<Int64>) throws -> [TextTable] {
        let statement = try database.cachedStatement(
            sql: """
                SELECT number, keep_until, oldest, newest, has_holes FROM qt_texts
                WHERE newest >= ? AND oldest <= ? ORDER BY newest DESC, number
                """)
        return try Row.fetchAll(statement, arguments: [keys.lowerBound, keys.upperBound]).map {
            let (oldest, newest): (Int64, Int64) = ($0[2], $0[3])
            return TextTable(
                number: $0[0], keepUntil: $0[1], keys: min(oldest, newest)...newest,
                hasHoles: $0[4])
        }
    }

    /// How the index's sorted runs are made: a few large ones from memory, and merged sixteen at a
    /// time, cost less than half of what FTS5's own choice does (hundreds of small ones, by four).
    private static let runOptions: KeyValuePairs<String, Int> = [
        "hashsize": 8 << 20, "automerge": 16, "crisismerge": 64,
    ]

    /// `body` is the first column because the index spends two bytes more on a word of any other.
    /// Positions are kept, for phrases and pairs of ideographs; lengths are not, nothing is ranked.
    static func create(_ database: Database, _ number: Int64) throws {
        try database.execute(
            sql: """
                CREATE VIRTUAL TABLE \(name(number)) USING fts5(
                    body, subject, from_words, to_words, cc_words, bcc_words, sender_words,
                    rcpt_words, names, marks,
                    content = '', columnsize = 0, tokenize = 'ascii')
                """)
        for (option, value) in runOptions {
            try database.execute(
                sql: "INSERT INTO \(name(number)) (\(name(number)), rank) VALUES (?, ?)",
                arguments: [option, value])
        }
    }

    static func drop(_ database: Database, _ number: Int64) throws {
        try database.execute(sql: "DROP TABLE \(name(number))")
        try database.execute(sql: "DELETE FROM qt_texts WHERE number = ?", arguments: [number])
    }
}

/// The words of the mails of one batch, on their way into the full-text tables.
struct NewTexts {
    private struct Row {
        let key: Int64
        let table: Int64
        let words: SearchWords
    }

    private var rows: [Row] = []
    private var keepUntil: [Int64: Int64] = [:]

    mutating func add(_ words: SearchWords, key: Int64, table: Int64, keepUntil: Int64) {
        rows.append(Row(key: key, table: table, words: words))
        extend(table, to: keepUntil)
    }

    /// A mail of this table is to be kept until then.
    mutating func extend(_ table: Int64, to day: Int64) {
        keepUntil[table] = max(keepUntil[table] ?? .min, day)
    }

    /// Table by table and upwards: the index begins a new run at every row below the last.
    mutating func write(_ database: Database) throws {
        rows.sort { ($0.table, $0.key) < ($1.table, $1.key) }
        var rest = rows[...]
        while let first = rest.first {
            let ofTable = rest.prefix { $0.table == first.table }
            try write(ofTable, to: first.table, database)
            rest = rest.dropFirst(ofTable.count)
        }
        for (table, day) in keepUntil {
            try database.execute(
                sql: "UPDATE qt_texts SET keep_until = max(keep_until, ?) WHERE number = ?",
                arguments: [day, table])
        }
    }

    private func write(_ rows: ArraySlice<Row>, to table: Int64, _ database: Database) throws {
        guard let oldest = rows.first?.key, let newest = rows.last?.key else { return }
        let isThere = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT 1 FROM qt_texts WHERE number = ?"),
            arguments: [table])
        if isThere == nil { try TextTable.create(database, table) }
        try database.execute(
            sql: """
                INSERT INTO qt_texts VALUES (?, 0, ?, ?, 0) ON CONFLICT (number) DO UPDATE
                SET oldest = min(oldest, excluded.oldest), newest = max(newest, excluded.newest)
                """,
            arguments: [table, oldest, newest])
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO \(TextTable.name(table)) (rowid, body, subject, from_words, to_words,
                    cc_words, bcc_words, sender_words, rcpt_words, names, marks)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for row in rows {
            let words = row.words
            insert.setUncheckedArguments([
                row.key, words.body, words.subject, words.from, words.to, words.cc, words.bcc,
                words.mailFrom, words.rcpt, words.names, words.marks,
            ])
            try insert.execute()
        }
    }
}
