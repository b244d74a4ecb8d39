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
    package var keepUntil: Day

    /// Nil for a note of a release: it wants nothing of a storage.
    package init?(_ note: Note, keepUntil: Day) {
        guard note.kind != .release else { return nil }
        self.note = note.id
        mail = note.mail
        kind = note.kind
        at = note.at
        self.keepUntil = keepUntil
    }
}

extension Ledger {
    /// The later wish stands, whichever comes first; what was purged stays so.
    func note(_ wish: Wish, in database: Database) throws {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO wishes (mail_id, note_id, kind, noted, keep_until)
                VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (mail_id) DO UPDATE SET note_id = excluded.note_id,
                    kind = excluded.kind, noted = excluded.noted,
                    keep_until = max(keep_until, excluded.keep_until)
                WHERE kind <> 5 AND (excluded.kind = 5
                    OR (excluded.noted, excluded.note_id) > (noted, note_id))
                """)
        try insert.execute(arguments: [
            wish.mail.blob, wish.note.blob, wish.kind.rawValue, wish.at.milliseconds,
            wish.keepUntil.number,
        ])
        guard wish.kind == .purge else { return }
        try purge(wish.mail, on: wish.at.day, in: database)
        hasPurges.store(true, ordering: .releasing)
    }

    /// Records of purged mails that are found after their notes, as a ledger is made again.
    func purgeAgain(_ rows: [LedgerRow], in database: Database) throws {
        guard mayHavePurges else { return }
        let select = try database.cachedStatement(
            sql: "SELECT noted FROM wishes WHERE mail_id = ? AND kind = 5")
        for row in rows where row.kind == .mail {
            guard let noted = try Int64.fetchOne(select, arguments: [row.mail.blob]) else {
                continue
            }
            try purge(row.mail, on: Timestamp(milliseconds: noted).day, in: database)
        }
    }

    /// The mail is held no more; where its bytes lie, in all its records, is remembered.
    private func purge(_ purged: MailID, on day: Day, in database: Database) throws {
        let mail: StatementArguments = [purged.blob]
        let raws = try Int64.fetchAll(
            database,
            sql: """
                SELECT position FROM qt_files WHERE mail_id = ?1
                UNION SELECT position FROM replaced WHERE mail_id = ?1
                """, arguments: mail)
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
        for table in ["qt_files", "replaced"] {
            try database.execute(
                sql: "DELETE FROM \(table) WHERE mail_id = ?", arguments: mail)
        }
    }

    /// Of those of some mails that were purged, where the notes lie by which they were.
    package func purges(_ mails: [MailID]) throws -> [MailID: Position] {
        try read { database in
            let select = try database.cachedStatement(
                sql: """
                    SELECT f.position FROM wishes w LEFT JOIN qt_files f ON f.mail_id = w.note_id
                    WHERE w.mail_id = ? AND w.kind = 5
                    """)
            var found: [MailID: Position] = [:]
            for mail in mails {
                guard let row = try Row.fetchOne(select, arguments: [mail.blob]) else { continue }
                found[mail] = Position(raw: UInt64(bitPattern: row[0] ?? 0 as Int64))
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
