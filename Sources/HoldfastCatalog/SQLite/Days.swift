// SPDX-License-Identifier: Apache-2.0
// How many mails of each day came, and went.

internal import Foundation
internal import GRDB
package import HoldfastModel

enum Days {
    /// Days of which it is known what became of their mails.
    private static let daysMax = 400

    /// Counts mails by the days on which they were received, with what removes them.
    static func count(_ what: String, _ days: [Day], _ database: Database) throws {
        guard !days.isEmpty else { return }
        let add = try database.cachedStatement(
            sql: """
                INSERT INTO qt_days VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET mails = mails + excluded.mails
                """)
        let counts = days.reduce(into: [Day: Int]()) { $0[$1, default: 0] += 1 }
        for (day, mails) in counts {
            try add.execute(arguments: [Int64(day.number), what, mails])
        }
        try database.execute(
            sql: """
                DELETE FROM qt_days WHERE day < (SELECT day FROM
                    (SELECT DISTINCT day FROM qt_days ORDER BY day DESC LIMIT 1 OFFSET ?))
                """, arguments: [daysMax - 1])
    }

    /// A mail that was counted once is here again: it will go, and be counted, once more.
    static func uncount(_ what: String, _ day: Day, _ database: Database) throws {
        try database.cachedStatement(
            sql: "UPDATE qt_days SET mails = mails - 1 WHERE day = ? AND what = ? AND mails > 0"
        ).execute(arguments: [Int64(day.number), what])
    }
}

extension SQLiteCatalog {
    package func dayBook(
        of day: Day, living: [NodeID], today: Day
    ) throws(CatalogError) -> CatalogDay {
        try read { database in
            let times = TimeRange(from: day.start, until: day.advanced(by: 1).start)
            var (live, withoutCopy) = (0, 0)
            if let keys = Key.range(of: times) {
                live =
                    try Int.fetchOne(
                        database.cachedStatement(
                            sql: "SELECT count(*) FROM qt_files WHERE id BETWEEN ? AND ?"),
                        arguments: [keys.lowerBound, keys.upperBound]) ?? 0
                withoutCopy = try Self.withoutCopy(
                    keys, living: living.map(\.data), today: today, database)
            }
            func count(_ what: String) throws -> Int {
                try Int.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT mails FROM qt_days WHERE day = ? AND what = ?"),
                    arguments: [Int64(day.number), what]) ?? 0
            }
            return CatalogDay(
                live: live, withoutCopy: withoutCopy, expired: try count("expired"),
                purged: try count("purged"))
        }
    }

    /// How many of some mails no node has that lives or may come back. Reads their entries.
    private static func withoutCopy(
        _ keys: ClosedRange<Int64>, living: [Data], today: Day, _ database: Database
    ) throws -> Int {
        let lost = try Row.fetchAll(database, sql: "SELECT id, node FROM qt_nodes WHERE gone")
            .filter { !living.contains($0[1] as Data) }.map { String($0[0] as Int64) }
        return try Int.fetchOne(
            database,
            sql: """
                SELECT count(*) FROM qt_files f WHERE id BETWEEN ? AND ?
                AND (keep_until >= ? OR EXISTS
                    (SELECT 1 FROM qt_holds h WHERE h.mail_id = f.mail_id AND h.held))
                AND NOT EXISTS (SELECT 1 FROM qt_files_entries e
                    WHERE e.file = f.id AND e.node NOT IN (\(lost.joined(separator: ", "))))
                """, arguments: [keys.lowerBound, keys.upperBound, Int64(today.number)]) ?? 0
    }
}
