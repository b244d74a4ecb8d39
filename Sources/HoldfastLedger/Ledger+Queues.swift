// SPDX-License-Identifier: Apache-2.0
// The queues as they lie in the ledger, and the records that they walk over.

internal import Foundation
internal import GRDB
package import HoldfastModel

/// One record that a queue may lease out.
package struct QueueEntry: Hashable, Sendable {
    package var position: Position
    package var mail: MailID
    package var kind: RecordKind
    package var segment: SegmentNumber
    package var offset: UInt64
    package var length: UInt64
}

extension Ledger {
    /// A queue as it was written down last; new ones begin at the beginning.
    package func queue(_ name: String) throws -> QueueBook {
        try read { database in
            let next = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT next FROM queues WHERE queue = ?"),
                arguments: [name])
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: "SELECT * FROM unfinished WHERE queue = ?"),
                arguments: [name])
            var unfinished: [Position: QueueBook.Item] = [:]
            for row in rows {
                let isBuried: Bool = row["buried"]
                unfinished[Position(raw: UInt64(bitPattern: row["position"]))] = QueueBook.Item(
                    state: isBuried ? .buried : .waiting(notBefore: QueueBook.Item.atOnce),
                    attempts: row["attempts"],
                    reason: row["reason"])
            }
            return QueueBook(
                next: Position(raw: UInt64(bitPattern: next ?? 0)), unfinished: unfinished)
        }
    }

    private static let saveItem = """
        INSERT INTO unfinished (queue, position, attempts, buried, reason) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (queue, position) DO UPDATE SET
            attempts = excluded.attempts, buried = excluded.buried, reason = excluded.reason
        """

    /// Writes down what changed in a queue. May lag behind: what is lost is offered again.
    func save(_ changes: QueueBook.Changes, of queue: String, in database: Database) throws {
        let item = try database.cachedStatement(sql: Self.saveItem)
        for (position, state) in changes.unfinished {
            try item.execute(arguments: [
                queue, Int64(bitPattern: position.raw), state.attempts, state.state == .buried,
                state.reason,
            ])
        }
        let finished = try database.cachedStatement(
            sql: "DELETE FROM unfinished WHERE queue = ? AND position = ?")
        for position in changes.finished {
            try finished.execute(arguments: [queue, Int64(bitPattern: position.raw)])
        }
        let next = try database.cachedStatement(
            sql: "INSERT INTO queues VALUES (?, ?) ON CONFLICT DO UPDATE SET next = excluded.next")
        try next.execute(arguments: [queue, Int64(bitPattern: changes.next.raw)])
    }

    private static let selectFollowing = """
        SELECT position, mail_id, kind, segment, offset, length
        FROM qt_files_entries WHERE position >= ? ORDER BY position LIMIT ?
        """

    private static let selectPassingOn = """
        SELECT position, mail_id, kind, segment, offset, length
        FROM qt_files_entries WHERE passes_on AND position >= ? ORDER BY position LIMIT ?
        """

    /// The records from a position on, in their order.
    ///
    /// - Parameter passingOn: only those whose slip wants more copies.
    package func entries(
        from position: Position, passingOn: Bool = false, limit: Int
    ) throws -> [QueueEntry] {
        try read { database in
            let sql = passingOn ? Self.selectPassingOn : Self.selectFollowing
            let statement = try database.cachedStatement(sql: sql)
            return try Row.fetchAll(statement, arguments: [Int64(bitPattern: position.raw), limit])
                .compactMap(QueueEntry.init)
        }
    }

    /// The last record that is there, up to a position.
    package func lastEntry(upTo position: Position) throws -> QueueEntry? {
        try read { database in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT position, mail_id, kind, segment, offset, length
                        FROM qt_files_entries WHERE position <= ? ORDER BY position DESC LIMIT 1
                        """), arguments: [Int64(bitPattern: position.raw)]
            ).flatMap(QueueEntry.init)
        }
    }

    /// The records of a segment behind a position, in their order, in which they lie.
    package func entries(
        of segment: SegmentNumber, after position: Position, limit: Int
    ) throws -> [QueueEntry] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT position, mail_id, kind, segment, offset, length
                    FROM qt_files_entries WHERE segment = ? AND position > ?
                    ORDER BY position LIMIT ?
                    """)
            let arguments: StatementArguments = [
                Int64(bitPattern: segment), Int64(bitPattern: position.raw), limit,
            ]
            return try Row.fetchAll(statement, arguments: arguments).compactMap(QueueEntry.init)
        }
    }

    /// The records at these positions that are still there.
    package func entries(at positions: [Position]) throws -> [QueueEntry] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT position, mail_id, kind, segment, offset, length
                    FROM qt_files_entries WHERE position = ?
                    """)
            return try positions.compactMap { position in
                try Row.fetchOne(statement, arguments: [Int64(bitPattern: position.raw)])
                    .flatMap(QueueEntry.init)
            }
        }
    }

    /// Records for which later ones of the same mails stand.
    package func superseded() throws -> [QueueEntry] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT e.position, e.mail_id, e.kind, e.segment, e.offset, e.length
                    FROM qt_files_entries AS e
                    CROSS JOIN qt_files AS f ON f.mail_id = e.mail_id
                    WHERE f.position > e.position ORDER BY e.position
                    """
            ).compactMap(QueueEntry.init)
        }
    }

    /// When the oldest record from a position on was received.
    package func received(from position: Position) throws -> Timestamp? {
        try read { database in
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT f.received FROM qt_files_entries AS e JOIN qt_files AS f USING (mail_id)
                        WHERE e.position >= ? ORDER BY e.position LIMIT 1
                        """), arguments: [Int64(bitPattern: position.raw)]
            ).map(Timestamp.init(milliseconds:))
        }
    }

    /// How many records lie behind a position.
    package func count(from position: Position, passingOn: Bool = false) throws -> Int {
        try read { database in
            let sql =
                passingOn
                ? "SELECT count(*) FROM qt_files_entries WHERE passes_on AND position >= ?"
                : "SELECT count(*) FROM qt_files_entries WHERE position >= ?"
            return try Int.fetchOne(
                database, sql: sql, arguments: [Int64(bitPattern: position.raw)]) ?? 0
        }
    }
}

extension QueueEntry {
    /// By number, in the order of all these queries: every record comes by here more than once.
    init?(_ row: Row) {
        guard let mail = MailID(bytes: row[1] as Data), let kind = RecordKind(rawValue: row[2])
        else { return nil }
        self.mail = mail
        self.kind = kind
        position = Position(raw: UInt64(bitPattern: row[0]))
        segment = UInt64(bitPattern: row[3])
        offset = UInt64(bitPattern: row[4])
        length = UInt64(bitPattern: row[5])
    }
}
