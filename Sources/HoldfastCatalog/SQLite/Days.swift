// SPDX-License-Identifier: Apache-2.0
// How many mails of each day came, and went.

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
    package func dayBook(of day: Day) throws(CatalogError) -> CatalogDay {
        try read { database in
            let times = TimeRange(from: day.start, until: day.advanced(by: 1).start)
            var live = 0
            if let keys = Key.range(of: times) {
                live =
                    try Int.fetchOne(
                        database.cachedStatement(
                            sql: "SELECT count(*) FROM qt_files WHERE id BETWEEN ? AND ?"),
                        arguments: [keys.lowerBound, keys.upperBound]) ?? 0
            }
            func count(_ what: String) throws -> Int {
                try Int.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT mails FROM qt_days WHERE day = ? AND what = ?"),
                    arguments: [Int64(day.number), what]) ?? 0
            }
            return CatalogDay(
                live: live, expired: try count("expired"), purged: try count("purged"))
        }
    }
}
