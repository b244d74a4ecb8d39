// SPDX-License-Identifier: Apache-2.0
// Rows of the catalog as what people are shown.

internal import Foundation
internal import GRDB
package import HoldfastModel

enum FoundRows {
    private static let columns = """
        f.id, f.mail_id, f.date, f.from_text, f.to_texts, f.cc_texts, f.subject, f.message_id,
        f.size, f.sha256, f.keep_until, f.counted, f.copies_wanted, f.attachments,
        f.sender, f.recipients,
        (SELECT max(n.noted) FROM qt_notes n WHERE n.mail_id = f.mail_id AND n.sent > 0),
        EXISTS (SELECT 1 FROM qt_holds h WHERE h.mail_id = f.mail_id AND h.held), f.score
        """

    static func one(_ key: Int64, _ database: Database) throws -> Found {
        let select = try database.cachedStatement(
            sql: "SELECT \(columns) FROM qt_files f WHERE f.id = ?")
        guard let row = try Row.fetchOne(select, arguments: [key]) else {
            throw CatalogError.damaged("the full text knows a mail that is not there")
        }
        return try found(row)
    }

    private static func found(_ row: Row) throws -> Found {
        guard let id = MailID(bytes: row[1] as Data), let digest = Digest(bytes: row[9] as Data)
        else { throw CatalogError.damaged("a mail without its id or digest") }
        return Found(
            row: row[0], id: id, received: Key.received(row[0]),
            date: (row[2] as Int64?).map(Timestamp.init(milliseconds:)),
            from: row[3] ?? "", to: try TextList.texts(row[4]), cc: try TextList.texts(row[5]),
            subject: row[6] ?? "", messageID: row[7] ?? "", size: UInt64(row[8] as Int64),
            digest: digest, keepUntil: Day(number: Int32(clamping: row[10] as Int64)),
            copies: row[11], copiesWanted: row[12],
            attachments: try attachments(TextList.texts(row[13])), sender: row[14] ?? "",
            recipients: try TextList.texts(row[15]),
            released: (row[16] as Int64?).map(Timestamp.init(milliseconds:)), isHeld: row[17],
            score: row[18])
    }

    private static func attachments(_ texts: [String]) throws -> [Attachment] {
        guard texts.count.isMultiple(of: 2) else {
            throw CatalogError.damaged("an attachment without a type")
        }
        return stride(from: 0, to: texts.count, by: 2).map {
            Attachment(name: texts[$0], type: texts[$0 + 1])
        }
    }
}

extension SQLiteCatalog {
    package func mail(_ id: MailID, today: Day) throws(CatalogError) -> Details? {
        try read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT id, bcc_texts, reply_to_texts, verdicts, smtp_flags, transport,
                            client, greeting
                        FROM qt_files WHERE mail_id = ? AND keep_until >= ?
                        """),
                arguments: [id.data, Int64(today.number)])
            return try row.map { try Self.details($0, of: id, database) }
        }
    }

    private static func details(
        _ row: Row, of id: MailID, _ database: Database
    ) throws -> Details {
        let key: Int64 = row[0]
        let found = try FoundRows.one(key, database)
        let flags: Int64 = row[4] ?? 0
        let envelope = Envelope(
            sender: found.sender, recipients: found.recipients,
            eightBit: flags & 1 != 0, utf8: flags & 2 != 0,
            origin: Envelope.Origin(
                transport: row[5] ?? "", client: row[6] ?? "", greeting: row[7] ?? ""))
        return Details(
            found: found, bcc: try TextList.texts(row[1]), replyTo: try TextList.texts(row[2]),
            verdicts: try TextList.texts(row[3]), envelope: envelope,
            entries: try EntryRows.all(of: key, database),
            notes: try NoteRows.all(of: id, database), orders: try OrderRows.all(of: id, database))
    }

    package func ids(prefix: String, limit: Int, today: Day) throws(CatalogError) -> [MailID] {
        guard let range = MailID.range(ofPrefix: prefix) else { return [] }
        return try read { database in
            try Data.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT mail_id FROM qt_files WHERE mail_id BETWEEN ? AND ? AND +keep_until >= ?
                        ORDER BY mail_id LIMIT ?
                        """),
                arguments: [
                    range.lowerBound.data, range.upperBound.data, Int64(today.number),
                    max(0, limit),
                ]
            ).compactMap { MailID(bytes: $0) }
        }
    }
}

extension SQLiteCatalog {
    package func held(
        _ mails: [MailID], by nodes: [NodeID], today: Day
    ) throws(CatalogError) -> [MailID] {
        try read { database in
            let rows = Set(
                try nodes.compactMap { node in
                    try Int64.fetchOne(
                        database.cachedStatement(sql: "SELECT id FROM qt_nodes WHERE node = ?"),
                        arguments: [node.data])
                })
            let select = try database.cachedStatement(
                sql: """
                    SELECT e.node FROM qt_files f JOIN qt_files_entries e ON e.file = f.id
                    WHERE f.mail_id = ? AND f.keep_until >= ?
                    """)
            return try mails.filter { mail in
                try Int64.fetchAll(select, arguments: [mail.data, Int64(today.number)])
                    .contains { rows.contains($0) }
            }
        }
    }
}

private enum EntryRows {
    static func all(of key: Int64, _ database: Database) throws -> [KnownCopy] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT n.node, n.name, n.disk, n.host, e.segment, e.record_offset, e.length,
                        e.position, e.checksum, e.keep_until, e.entered,
                        n.counts AND \(EntryTable.files.lasts(as: "f"))
                    FROM qt_files_entries e JOIN qt_nodes n ON n.id = e.node
                    JOIN qt_files f ON f.id = e.file WHERE e.file = ?
                    ORDER BY n.name, n.node
                    """),
            arguments: [key]
        ).map { row in
            guard let node = NodeID(bytes: row[0] as Data) else {
                throw CatalogError.damaged("a node without its id")
            }
            let location = Location(
                node: node, segment: SegmentNumber(clamping: row[4] as Int64),
                offset: UInt64(clamping: row[5] as Int64))
            let entry = Entry(
                location: location, position: Position(raw: UInt64(bitPattern: row[7])),
                length: UInt64(clamping: row[6] as Int64),
                disk: DiskID(UInt64(bitPattern: row[2])), host: row[3],
                checksum: UInt32(clamping: row[8] as Int64),
                keepUntil: Day(number: Int32(clamping: row[9] as Int64)))
            return KnownCopy(
                entry: entry, name: row[1], entered: Timestamp(milliseconds: row[10]),
                counts: row[11])
        }
    }
}

private enum NoteRows {
    static func all(of mail: MailID, _ database: Database) throws -> [Note] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT note_id, order_id, noted, noted_by, sent_to, results, line_ends_changed,
                        kind, reason
                    FROM qt_notes WHERE mail_id = ? ORDER BY noted, note_id
                    """),
            arguments: [mail.data]
        ).map { row in
            guard let id = MailID(bytes: row[0] as Data), let order = MailID(bytes: row[1] as Data)
            else { throw CatalogError.damaged("a note without its id") }
            return Note(
                id: id, kind: Note.Kind(rawValue: row[7]) ?? .release, mail: mail, order: order,
                at: Timestamp(milliseconds: row[2]),
                by: row[3] ?? "", sentTo: row[4] ?? "", results: try NoteResults.read(row[5]),
                lineEndsChanged: row[6], reason: row[8] ?? "")
        }
    }
}
