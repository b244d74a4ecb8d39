// SPDX-License-Identifier: Apache-2.0
// The local index: where each record of this node lies.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension Ledger {
    private static let insertFile = """
        INSERT INTO qt_files
            (mail_id, position, received, size, digest, keep_until, sender, subject, message_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (mail_id) DO UPDATE SET
            position = excluded.position, received = excluded.received,
            keep_until = excluded.keep_until, slip = NULL
            WHERE excluded.position > position
        """

    private static let insertEntry = """
        INSERT OR IGNORE INTO qt_files_entries
            (position, mail_id, kind, segment, offset, length, passes_on)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """

    private static let advanceSegment = """
        INSERT INTO segments (segment, day, drop_day, recorded_up_to, records, bytes, is_bare)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (segment) DO UPDATE SET
            drop_day = max(drop_day, excluded.drop_day),
            recorded_up_to = max(recorded_up_to, excluded.recorded_up_to),
            records = records + excluded.records,
            bytes = bytes + excluded.bytes
        """

    /// Notes everything in one transaction.
    package func commit(_ changes: [LedgerChange]) throws {
        try write { database in
            for change in changes {
                switch change {
                case .kept(let rows, let segments): try add(rows, segments, in: database)
                case .slip(let slip, let mail): try setSlip(slip, of: mail, in: database)
                case .gone(let positions, let what):
                    try remove(positions, as: what, in: database)
                case .counted(let what, let days): try count(what, days, in: database)
                case .filled(let rows, let segment, let last):
                    try fill(rows, of: segment, last: last, in: database)
                case .complete(let segment): try complete(segment, in: database)
                case .dropped(let segment): try removeSegment(segment, in: database)
                case .queue(let queue, let changes): try save(changes, of: queue, in: database)
                case .passOn(let slip, let mail, let position):
                    try setSlip(slip, of: mail, in: database)
                    try setPassesOn(position, in: database)
                case .damaged(let place, let keepsRow):
                    try note(place, keepsRow: keepsRow, in: database)
                case .marks(let marks): try set(marks, in: database)
                case .healed(let place): try heal(place, in: database)
                case .named(let place, let mail): try name(place, mail, in: database)
                }
            }
        }
    }

    private func add(_ rows: [LedgerRow], _ segments: [SegmentRow], in database: Database) throws {
        let file = try database.cachedStatement(sql: Self.insertFile)
        let entry = try database.cachedStatement(sql: Self.insertEntry)
        var kept: [Day: Int] = [:]
        for row in rows {
            let mail = row.mail.blob
            try noteReplaced(by: row, in: database)
            try file.execute(arguments: [
                mail, Int64(bitPattern: row.position.raw), row.received.milliseconds,
                Int64(clamping: row.size), row.digest?.blob, row.keepUntil.number, row.sender,
                row.subject, row.messageID,
            ])
            try entry.execute(arguments: [
                Int64(bitPattern: row.position.raw), mail, row.kind.rawValue,
                Int64(bitPattern: row.segment), Int64(clamping: row.offset),
                Int64(clamping: row.length), row.passesOn,
            ])
            // What a recovery finds again was counted before.
            if row.kind == .mail, database.changesCount > 0 {
                kept[row.received.day, default: 0] += 1
            }
            if let wish = row.wish { try note(wish, in: database) }
        }
        try count(.kept, kept, in: database)
        try purgeAgain(rows, in: database)
        try heal(rows.map(\.mail), in: database)
        let segment = try database.cachedStatement(sql: Self.advanceSegment)
        for row in segments {
            try segment.execute(arguments: [
                Int64(bitPattern: row.segment), row.day.number, row.dropDay.number,
                Int64(clamping: row.recordedUpTo), row.records, Int64(clamping: row.bytes),
                row.isBare,
            ])
        }
    }

    /// Remembers the older of two records of a mail: whoever purges it must find both.
    private func noteReplaced(by row: LedgerRow, in database: Database) throws {
        guard row.kind == .mail, row.mayReplace else { return }
        let select = try database.cachedStatement(
            sql: "SELECT position FROM qt_files WHERE mail_id = ?")
        let position = Int64(bitPattern: row.position.raw)
        guard let known = try Int64.fetchOne(select, arguments: [row.mail.blob]),
            known != position
        else { return }
        try database.execute(
            sql: "INSERT OR IGNORE INTO replaced (mail_id, position) VALUES (?, ?)",
            arguments: [row.mail.blob, min(known, position)])
    }

    /// A slip makes nothing last longer: that only a new record does. One with an earlier day is of a record
    /// that another one replaced meanwhile.
    private func setSlip(_ slip: Slip, of mail: MailID, in database: Database) throws {
        let sql = "UPDATE qt_files SET slip = ? WHERE mail_id = ? AND keep_until <= ?"
        let arguments: StatementArguments = [Data(slip.encoded), mail.blob, slip.keepUntil.number]
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    private func setPassesOn(_ position: Position, in database: Database) throws {
        try database.execute(
            sql: "UPDATE qt_files_entries SET passes_on = 1 WHERE position = ?",
            arguments: [Int64(bitPattern: position.raw)])
    }

    private func remove(
        _ positions: [Position], as what: DayCount, in database: Database
    ) throws {
        try count(what, days(of: positions, in: database), in: database)
        let file = try database.cachedStatement(
            sql: """
                DELETE FROM qt_files WHERE position = ?1 AND mail_id =
                    (SELECT mail_id FROM qt_files_entries WHERE position = ?1)
                """)
        let damaged = try database.cachedStatement(
            sql: """
                DELETE FROM damaged WHERE (segment, offset) IN
                    (SELECT segment, offset FROM qt_files_entries WHERE position = ?)
                """)
        let entry = try database.cachedStatement(
            sql: "DELETE FROM qt_files_entries WHERE position = ?")
        for position in positions {
            try damaged.execute(arguments: [Int64(bitPattern: position.raw)])
            try file.execute(arguments: [Int64(bitPattern: position.raw)])
            try entry.execute(arguments: [Int64(bitPattern: position.raw)])
        }
    }

    private func complete(_ segment: SegmentNumber, in database: Database) throws {
        try database.execute(
            sql: "UPDATE segments SET recorded_up_to = ? WHERE segment = ?",
            arguments: [Int64(SegmentRow.complete), Int64(bitPattern: segment)])
    }

    private func removeSegment(_ segment: SegmentNumber, in database: Database) throws {
        let number = Int64(bitPattern: segment)
        try count(.dropped, days(of: segment, in: database), in: database)
        try database.execute(
            sql: """
                DELETE FROM unfinished WHERE position IN
                    (SELECT position FROM qt_files_entries WHERE segment = ?1)
                """, arguments: [number])
        try database.execute(
            sql: """
                DELETE FROM qt_files WHERE (mail_id, position) IN
                    (SELECT mail_id, position FROM qt_files_entries WHERE segment = ?1)
                """, arguments: [number])
        // A purge, or the end of a hold, is forgotten with the last record of its note.
        try database.execute(
            sql: """
                DELETE FROM wishes WHERE kind IN (4, 5) AND note_id IN
                    (SELECT mail_id FROM qt_files_entries WHERE segment = ?1 AND kind = ?2)
                AND NOT EXISTS (SELECT 1 FROM qt_files f WHERE f.mail_id = wishes.note_id)
                """, arguments: [number, Int(RecordKind.note.rawValue)])
        try database.execute(
            sql: "DELETE FROM qt_files_entries WHERE segment = ?", arguments: [number])
        // They are few: what is held, and what was damaged or offered for longer.
        try database.execute(
            sql: """
                DELETE FROM replaced WHERE NOT EXISTS
                    (SELECT 1 FROM qt_files_entries e WHERE e.position = replaced.position)
                """)
        for table in ["segments", "damaged", "purged"] {
            try database.execute(
                sql: "DELETE FROM \(table) WHERE segment = ?", arguments: [number])
        }
    }

    private static let selectHeld = """
        SELECT e.position, e.segment, e.offset, f.digest, f.keep_until, f.slip, f.received
        FROM qt_files AS f JOIN qt_files_entries AS e ON e.position = f.position
        WHERE f.mail_id = ?
        """

    /// What is known of each of these mails that is held here.
    package func held(_ mails: [MailID]) throws -> [MailID: Held] {
        try read { database in
            let statement = try database.cachedStatement(sql: Self.selectHeld)
            var found: [MailID: Held] = [:]
            for mail in mails {
                let rows = try Row.fetchCursor(statement, arguments: [mail.blob])
                while let row = try rows.next() { found[mail] = try Held(row) }
            }
            return found
        }
    }

    /// How many records of a segment have rows.
    package func rows(of segment: SegmentNumber) throws -> Int {
        try read { database in
            try Int.fetchOne(
                database.cachedStatement(
                    sql: "SELECT count(*) FROM qt_files_entries WHERE segment = ?"),
                arguments: [Int64(bitPattern: segment)]) ?? 0
        }
    }

    /// How far each segment has been followed.
    package func segments() throws -> [SegmentRow] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(sql: "SELECT * FROM segments ORDER BY segment")
            ).map { row in
                SegmentRow(
                    segment: UInt64(bitPattern: row["segment"]), day: Day(number: row["day"]),
                    dropDay: Day(number: row["drop_day"]),
                    recordedUpTo: UInt64(bitPattern: row["recorded_up_to"]),
                    records: row["records"],
                    bytes: UInt64(bitPattern: row["bytes"]), isBare: row["is_bare"])
            }
        }
    }

    /// How many mails are held, and the bytes of their records.
    package func totals() throws -> (mails: Int, bytes: UInt64) {
        try read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(sql: "SELECT sum(records), sum(bytes) FROM segments"))
            let bytes: Int64 = row?[1] ?? 0
            return (row?[0] ?? 0, UInt64(clamping: bytes))
        }
    }

    /// When the newest mail here was received.
    package func newestReceived() throws -> Timestamp? {
        try read { database in
            let newest = """
                SELECT f.received FROM qt_files_entries AS e JOIN qt_files AS f USING (mail_id)
                ORDER BY e.position DESC LIMIT 1
                """
            return try Int64.fetchOne(database, sql: newest).map(Timestamp.init(milliseconds:))
        }
    }

    /// Bytes of the segments whose day of intake is this day.
    package func bytes(since day: Day) throws -> UInt64 {
        try read { database in
            let sql = "SELECT sum(bytes) FROM segments WHERE day >= ?"
            return UInt64(
                clamping: try Int64.fetchOne(database, sql: sql, arguments: [day.number]) ?? 0)
        }
    }

    /// The highest position that has a row; none in an empty ledger.
    package func lastPosition() throws -> Position {
        try read { database in
            let raw = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT max(position) FROM qt_files_entries"))
            return Position(raw: UInt64(bitPattern: raw ?? 0))
        }
    }
}

extension Held {
    fileprivate init(_ row: Row) throws {
        // By number: every copy that is passed on is looked up three times.
        let digest: Data? = row[3]
        let slip: Data? = row[5]
        position = Position(raw: UInt64(bitPattern: row[0]))
        segment = UInt64(bitPattern: row[1])
        offset = UInt64(bitPattern: row[2])
        self.digest = digest.flatMap { Digest(bytes: $0) }
        keepUntil = Day(number: row[4])
        joinedSlip = try slip.map { try Slip(decoding: Array($0)[...]) }
        received = Timestamp(milliseconds: row[6])
    }
}

extension MailID {
    /// As it lies in a table.
    var blob: Data { Data(bytes) }
}

extension Digest {
    /// As it lies in a table.
    var blob: Data { Data(bytes) }
}
