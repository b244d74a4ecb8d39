// SPDX-License-Identifier: Apache-2.0
// The records that stand for their mails, in the order in which they lie.

internal import GRDB
package import HoldfastModel

extension Ledger {
    private static let selectCurrent = """
        SELECT e.position, e.mail_id, e.kind, e.segment, e.offset, e.length
        FROM qt_files_entries AS e
        CROSS JOIN qt_files AS f ON f.mail_id = e.mail_id AND f.position = e.position
        WHERE (e.segment > ?1 OR e.segment = ?1 AND e.offset > ?2) AND e.segment >= ?1
            AND f.keep_until >= ?3
        ORDER BY e.segment, e.position LIMIT ?4
        """

    /// Records behind a place, lowest first: those that no later record of the mail has replaced.
    ///
    /// - Parameter day: nothing whose keep-until day is before this.
    package func current(
        after place: (segment: SegmentNumber, offset: UInt64), visibleOn day: Day, limit: Int
    ) throws -> [QueueEntry] {
        try read { database in
            let statement = try database.cachedStatement(sql: Self.selectCurrent)
            let arguments: StatementArguments = [
                Int64(bitPattern: place.segment), Int64(bitPattern: place.offset), day.number,
                limit,
            ]
            return try Row.fetchAll(statement, arguments: arguments).compactMap(QueueEntry.init)
        }
    }
}
