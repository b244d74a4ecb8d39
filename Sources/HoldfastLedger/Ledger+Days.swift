// SPDX-License-Identifier: Apache-2.0
// The books of each day: how many mails of it came and went, counted with what they count.

internal import GRDB
package import HoldfastModel

/// What is counted of the mails that were received on a day.
package enum DayCount: String, CaseIterable, Sendable {
    /// Records that were kept.
    case kept
    /// Records that are done with, or that another stands for now.
    case gone
    /// Of a gateway: done with, and the catalog has the mail as it was received at another time.
    case joined
    /// Of a gateway: done with, because the mail's keep-until day has passed without an ack.
    case givenUp = "given up"
    /// Records that went with their segment.
    case dropped
    /// Offers of a mail that was held: answered with yes, and not kept again.
    case known
}

/// The mails that were received on one day, as a node knows them now.
package struct DayBook: Hashable, Sendable {
    package var counts: [DayCount: Int] = [:]
    /// Records that are there.
    package var live = 0
    /// Of those, the ones that nobody takes.
    package var buried = 0

    package init() {}
}

extension Ledger {
    /// Days of which the counts are kept.
    package static let daysMax = 400
    private static let dayMilliseconds: Int64 = 86_400_000

    func count(_ what: DayCount, _ days: [Day: Int], in database: Database) throws {
        guard !days.isEmpty else { return }
        let add = try database.cachedStatement(
            sql: """
                INSERT INTO days VALUES (?, ?, ?)
                ON CONFLICT DO UPDATE SET mails = mails + excluded.mails
                """)
        for (day, mails) in days where mails != 0 {
            try add.execute(arguments: [day.number, what.rawValue, mails])
        }
        // The oldest go, whatever any clock says.
        let forget = try database.cachedStatement(
            sql: """
                DELETE FROM days WHERE day < (SELECT day FROM
                    (SELECT DISTINCT day FROM days ORDER BY day DESC LIMIT 1 OFFSET ?))
                """)
        try forget.execute(arguments: [Self.daysMax - 1])
    }

    /// On which days the mails of these records were received.
    func days(of positions: [Position], in database: Database) throws -> [Day: Int] {
        let select = try database.cachedStatement(
            sql: """
                SELECT f.received FROM qt_files_entries AS e
                JOIN qt_files AS f ON f.mail_id = e.mail_id WHERE e.position = ? AND e.kind = ?
                """)
        return try positions.reduce(into: [:]) { days, position in
            let received = try Int64.fetchOne(
                select,
                arguments: [Int64(bitPattern: position.raw), Int(RecordKind.mail.rawValue)])
            if let received { days[Timestamp(milliseconds: received).day, default: 0] += 1 }
        }
    }

    func days(of segment: SegmentNumber, in database: Database) throws -> [Day: Int] {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT coalesce(f.received / \(Self.dayMilliseconds), s.day) AS day, count(*)
                FROM qt_files_entries AS e LEFT JOIN qt_files AS f ON f.mail_id = e.mail_id
                JOIN segments AS s ON s.segment = e.segment
                WHERE e.segment = ? AND e.kind = ? GROUP BY day
                """, arguments: [Int64(bitPattern: segment), Int(RecordKind.mail.rawValue)])
        return Dictionary(uniqueKeysWithValues: rows.map { (Day(number: $0[0]), $0[1]) })
    }

    /// The books of a day, from one state of the ledger. Reads the whole index.
    ///
    /// - Parameter queue: whose buried items are counted.
    package func dayBook(of day: Day, queue: String) throws -> DayBook {
        try read { database in
            var book = DayBook()
            let counts = try Row.fetchAll(
                database.cachedStatement(sql: "SELECT what, mails FROM days WHERE day = ?"),
                arguments: [day.number])
            for row in counts {
                if let what = DayCount(rawValue: row[0]) { book.counts[what] = row[1] }
            }
            // No index has them in this order.
            let range: StatementArguments = [
                day.start.milliseconds, day.advanced(by: 1).start.milliseconds,
                Int(RecordKind.mail.rawValue),
            ]
            book.live =
                try Int.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT count(*) FROM qt_files_entries AS e
                            CROSS JOIN qt_files AS f ON f.mail_id = e.mail_id
                            WHERE f.received >= ? AND f.received < ? AND e.kind = ?
                            """), arguments: range) ?? 0
            book.buried =
                try Int.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT count(*) FROM unfinished AS u
                            CROSS JOIN qt_files_entries AS e ON e.position = u.position
                            CROSS JOIN qt_files AS f ON f.mail_id = e.mail_id
                            WHERE f.received >= ? AND f.received < ? AND e.kind = ? AND u.buried
                                AND u.queue = ?
                            """), arguments: range + [queue]) ?? 0
            return book
        }
    }
}
