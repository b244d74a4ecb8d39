// SPDX-License-Identifier: Apache-2.0
// Forgetting what has expired (R26).

internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    /// Rows first, a limited number at a time; then one full-text table whose last day has passed;
    /// then the notes of mails that are gone.
    package func expire(before day: Day, limit: Int) throws(CatalogError) -> Expired {
        let limit = max(1, limit)
        return try write { database in
            let mails = try Self.expireMails(before: day, limit: limit, database)
            if mails == limit { return Expired(mails: mails, texts: 0, isUnfinished: true) }
            let texts = try Self.dropOneText(before: day, database)
            try Wishes(database).expire(before: day)
            let notes = try Self.expireNotes(before: day, limit: limit, database)
            return Expired(
                mails: mails, texts: texts, isUnfinished: texts > 0 || notes == limit)
        }
    }

    private static func expireMails(
        before day: Day, limit: Int, _ database: Database
    ) throws -> Int {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT id, size, text_table, mail_id FROM qt_files f WHERE keep_until < ?
                AND NOT EXISTS (SELECT 1 FROM qt_holds h WHERE h.mail_id = f.mail_id AND h.held)
                ORDER BY keep_until LIMIT ?
                """,
            arguments: [Int64(day.number), limit])
        guard !rows.isEmpty else { return 0 }
        let orders = try database.cachedStatement(sql: "DELETE FROM qt_orders WHERE mail_id = ?")
        let file = try database.cachedStatement(sql: "DELETE FROM qt_files WHERE id = ?")
        var bytes: Int64 = 0
        for row in rows {
            try removeEntries(of: row[0], in: .files, database)
            try orders.execute(arguments: [row[3] as DatabaseValue])
            try file.execute(arguments: [row[0] as Int64])
            bytes += row[1]
        }
        try database.execute(
            sql: "UPDATE qt_totals SET mails = mails - ?, bytes = bytes - ?",
            arguments: [rows.count, bytes])
        try Days.count("expired", rows.map { Key.received($0[0]).day }, database)
        for table in Set(rows.map { $0[2] as Int64 }) {
            try database.execute(
                sql: "UPDATE qt_texts SET has_holes = 1 WHERE number = ?", arguments: [table])
        }
        return rows.count
    }

    private static func dropOneText(before day: Day, _ database: Database) throws -> Int {
        let passed = try Int64.fetchOne(
            database,
            sql: "SELECT number FROM qt_texts WHERE keep_until < ? ORDER BY number LIMIT 1",
            arguments: [Int64(day.number)])
        guard let passed else { return 0 }
        try TextTable.drop(database, passed)
        return 1
    }

    /// A note is kept at least as long as its mail (D9).
    private static func expireNotes(
        before day: Day, limit: Int, _ database: Database
    ) throws -> Int {
        let notes = try Int64.fetchAll(
            database,
            sql: """
                SELECT id FROM qt_notes n WHERE keep_until < ?
                AND NOT EXISTS (SELECT 1 FROM qt_files f WHERE f.mail_id = n.mail_id) LIMIT ?
                """,
            arguments: [Int64(day.number), limit])
        for note in notes {
            try removeEntries(of: note, in: .notes, database)
            try database.execute(sql: "DELETE FROM qt_notes WHERE id = ?", arguments: [note])
        }
        return notes.count
    }

    static func removeEntries(
        of key: Int64, in table: EntryTable, _ database: Database
    ) throws {
        let nodes = try database.cachedStatement(
            sql: "DELETE FROM \(table.name) WHERE file = ? RETURNING node")
        let count = try database.cachedStatement(
            sql: "UPDATE qt_nodes SET entries = entries - 1 WHERE id = ?")
        for node in try Int64.fetchAll(nodes, arguments: [key]) {
            try count.execute(arguments: [node])
        }
    }
}
