// SPDX-License-Identifier: Apache-2.0
// What people want of mails: held, not held any more, purged.

internal import Foundation
internal import GRDB
package import HoldfastModel
internal import Synchronization

/// What the newest of a mail's notes says that a person wants.
package struct Wish: Hashable, Sendable {
    package var note: MailID
    package var mail: MailID
    package var kind: Note.Kind
    package var at: Timestamp
    /// Of a purge: what was received until then is covered by it.
    package var keepUntil: Day

    /// Nil for a note of a release: it wants nothing of a storage.
    ///
    /// - Parameter keepUntil: until when the note is kept.
    package init?(_ note: Note, keepUntil: Day) {
        guard note.kind != .release else { return nil }
        self.note = note.id
        mail = note.mail
        kind = note.kind
        at = note.at
        self.keepUntil = note.until ?? keepUntil
    }
}

extension Ledger {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// The later wish stands, whichever comes first; a purge stands against all that came in its time.
    func note(_ wish: Wish, in database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO wishes (mail_id, note_id, kind, noted, keep_until)
                VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (mail_id) DO UPDATE SET note_id = excluded.note_id,
                    kind = excluded.kind, noted = excluded.noted,
                    keep_until = CASE WHEN kind = 5 AND excluded.kind = 5
                        THEN max(keep_until, excluded.keep_until) ELSE excluded.keep_until END
                WHERE CASE
                    WHEN kind = 5 AND excluded.kind = 5 THEN excluded.keep_until > keep_until
                    WHEN kind = 5 THEN excluded.noted >= (keep_until + 1) * \(Self.dayMilliseconds)
                    WHEN excluded.kind = 5
                        THEN noted < (excluded.keep_until + 1) * \(Self.dayMilliseconds)
                    ELSE (excluded.noted, excluded.note_id) > (noted, note_id) END
                """)
        try insert.execute(arguments: [
            wish.mail.blob, wish.note.blob, wish.kind.rawValue, wish.at.milliseconds,
            wish.keepUntil.number,
        ])
        guard wish.kind == .purge else { return }
        try purge(wish.mail, on: wish.at.day, receivedUntil: wish.keepUntil, in: database)
        hasPurges.store(true, ordering: .releasing)
    }

    /// Records of purged mails that are found after their notes, as a ledger is made again.
    func purgeAgain(_ rows: [LedgerRow], in database: Database) throws {
        guard mayHavePurges else { return }
        let select = try database.cachedStatement(
            sql: "SELECT noted, keep_until FROM wishes WHERE mail_id = ? AND kind = 5")
        for row in rows where row.kind == .mail {
            guard let purge = try Row.fetchOne(select, arguments: [row.mail.blob]) else { continue }
            let until = Day(number: purge[1])
            guard row.received.day <= until else { continue }
            try self.purge(
                row.mail, on: Timestamp(milliseconds: purge[0]).day, receivedUntil: until,
                in: database)
        }
    }

    /// The mail is held no more; where its bytes lie, in all its records, is remembered. A record that was
    /// received later than what was purged stays, and the ones that it replaced go.
    private func purge(
        _ purged: MailID, on day: Day, receivedUntil until: Day, in database: Database
    ) throws {
        let mail: StatementArguments = [purged.blob]
        let covered: StatementArguments = [until.advanced(by: 1).start.milliseconds]
        let raws = try Int64.fetchAll(
            database,
            sql: """
                SELECT position FROM qt_files WHERE mail_id = ?1 AND received < ?2
                UNION SELECT position FROM replaced WHERE mail_id = ?1
                """, arguments: mail + covered)
        let positions = raws.map { Position(raw: UInt64(bitPattern: $0)) }
        try count(.gone, days(of: positions, in: database), in: database)
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO purged (segment, offset, day)
                SELECT segment, offset, ?2 FROM damaged WHERE mail_id = ?1
                """, arguments: mail + [day.number])
        for raw in raws {
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO purged (segment, offset, day)
                    SELECT segment, offset, ?2 FROM qt_files_entries WHERE position = ?1
                    """, arguments: [raw, day.number])
            try database.execute(
                sql: "DELETE FROM qt_files_entries WHERE position = ?", arguments: [raw])
        }
        try database.execute(
            sql: "DELETE FROM qt_files WHERE mail_id = ? AND received < ?",
            arguments: mail + covered)
        try database.execute(sql: "DELETE FROM replaced WHERE mail_id = ?", arguments: mail)
    }

    /// What is known of those of some mails that were purged.
    package func purges(_ mails: [MailID]) throws -> [MailID: Purge] {
        try read { database in
            let select = try database.cachedStatement(
                sql: """
                    SELECT f.position, w.noted, w.keep_until
                    FROM wishes w LEFT JOIN qt_files f ON f.mail_id = w.note_id
                    WHERE w.mail_id = ? AND w.kind = 5
                    """)
            var found: [MailID: Purge] = [:]
            for mail in mails {
                guard let row = try Row.fetchOne(select, arguments: [mail.blob]) else { continue }
                found[mail] = Purge(
                    note: Position(raw: UInt64(bitPattern: row[0] ?? 0 as Int64)),
                    at: Timestamp(milliseconds: row[1]), until: Day(number: row[2]))
            }
            return found
        }
    }

    /// Whether anything was purged here: where nothing was, nobody need look.
    package var mayHavePurges: Bool { hasPurges.load(ordering: .acquiring) }

    /// What is held, mail and note, from a mail id on.
    package func held(after mail: MailID?, limit: Int) throws -> [(mail: MailID, note: MailID)] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT mail_id, note_id FROM wishes WHERE kind = 3 AND mail_id > ?
                    ORDER BY mail_id LIMIT ?
                    """,
                arguments: [mail?.blob ?? Data(), limit]
            ).compactMap { row in
                guard let mail = MailID(bytes: row[0] as Data),
                    let note = MailID(bytes: row[1] as Data)
                else { return nil }
                return (mail, note)
            }
        }
    }

    /// The segments in which bytes lie of what was purged on a day or before; or after today, by a clock
    /// that was wrong: that is not waited for.
    package func segmentsToClean(purgedBy day: Day, today: Day) throws -> [SegmentNumber] {
        try read { database in
            try Int64.fetchAll(
                database,
                sql:
                    "SELECT DISTINCT segment FROM purged WHERE day <= ? OR day > ? ORDER BY segment",
                arguments: [day.number, today.number]
            ).map { SegmentNumber(bitPattern: $0) }
        }
    }

    /// Whether the bytes at a place are those of a mail that was purged.
    package func isPurged(segment: SegmentNumber, offset: UInt64) throws -> Bool {
        try read { database in
            try Bool.fetchOne(
                database, sql: "SELECT 1 FROM purged WHERE segment = ? AND offset = ?",
                arguments: [Int64(bitPattern: segment), Int64(bitPattern: offset)]) ?? false
        }
    }

    /// The records of a segment that stand for their mails, from a position on.
    package func living(
        in segment: SegmentNumber, after position: Position, limit: Int
    ) throws -> [QueueEntry] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT e.position, e.mail_id, e.kind, e.segment, e.offset, e.length
                    FROM qt_files_entries e JOIN qt_files f ON f.mail_id = e.mail_id
                    WHERE e.segment = ? AND e.position > ? AND f.position = e.position
                    ORDER BY e.position LIMIT ?
                    """,
                arguments: [Int64(bitPattern: segment), Int64(bitPattern: position.raw), limit]
            ).compactMap(QueueEntry.init)
        }
    }
}
