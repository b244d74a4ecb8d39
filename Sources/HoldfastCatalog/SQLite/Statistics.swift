// SPDX-License-Identifier: Apache-2.0
// How much there is, and all of it as text.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func statistics() throws(CatalogError) -> Statistics {
        try read { database in
            let totals = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT mails, bytes, (SELECT min(id) FROM qt_files),
                            (SELECT page_count FROM pragma_page_count) *
                            (SELECT page_size FROM pragma_page_size)
                        FROM qt_totals
                        """))
            guard let totals else { throw CatalogError.damaged("the totals are not there") }
            return Statistics(
                mails: totals[0], bytes: UInt64(clamping: totals[1] as Int64),
                oldest: (totals[2] as Int64?).map(Key.received),
                databaseBytes: UInt64(clamping: totals[3] as Int64),
                nodes: try Self.nodes(database))
        }
    }

    private static func nodes(_ database: Database) throws -> [Statistics.Node] {
        try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT node, name, position, entries, counts, gone, walk_table IS NOT NULL
                    FROM qt_nodes ORDER BY name, node
                    """)
        ).map { row in
            guard let id = NodeID(bytes: row[0] as Data) else {
                throw CatalogError.damaged("a node without its id")
            }
            return Statistics.Node(
                id: id, name: row[1], position: Position(raw: UInt64(bitPattern: row[2])),
                entries: row[3], counts: row[4], isGone: row[5], isRecounted: !(row[6] as Bool))
        }
    }

    package func position(of node: NodeID) throws(CatalogError) -> Position {
        try read { database in
            let position = try Int64.fetchOne(
                database.cachedStatement(sql: "SELECT position FROM qt_nodes WHERE node = ?"),
                arguments: [node.data])
            return Position(raw: UInt64(bitPattern: position ?? 0))
        }
    }
}

extension SQLiteCatalog {
    /// Blanks between values, tabs nowhere else: a tab within a text is written as JSON does.
    package func dump(_ line: (String) -> Void) throws(CatalogError) {
        try read { try Self.dump($0, line) }
    }

    /// The same of a catalog that another process may have open; nothing in it is changed.
    package static func dump(_ path: String, _ line: (String) throws -> Void) throws {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { database in
                guard try database.tableExists("qt_files") else {
                    throw CatalogError.notACatalog(path: path)
                }
                try dump(database, line)
            }
        } catch let error as DatabaseError {
            throw CatalogError.notOpen("\(path): \(error.message ?? "\(error.resultCode)")")
        }
    }

    private static func dump(_ database: Database, _ line: (String) throws -> Void) throws {
        for statement in dumpStatements {
            let rows = try Row.fetchCursor(database, sql: statement)
            while let row = try rows.next() {
                try line(row.databaseValues.map(text).joined(separator: "\t"))
            }
        }
    }

    private static func text(_ value: DatabaseValue) -> String {
        switch value.storage {
        case .null: ""
        case .int64(let number): String(number)
        case .double(let number): String(number)
        case .blob(let data): Array(data).hex
        case .string(let text): TextList.json([text]) ?? ""
        }
    }

    /// In the order of their first words, so that the whole is sorted. Row numbers are not in it:
    /// which of two mails of the same moment has the lower one depends on which came first.
    private static let dumpStatements = [
        """
        SELECT 'entry', f.mail_id, n.node, e.segment, e.record_offset, e.length, e.position,
            e.checksum, e.keep_until
        FROM qt_files f JOIN qt_files_entries e ON e.file = f.id JOIN qt_nodes n ON n.id = e.node
        ORDER BY f.mail_id, n.node
        """,
        """
        SELECT 'note', note_id, mail_id, order_id, noted, noted_by, sent_to, results,
            line_ends_changed, copies_wanted, keep_until, kind, reason
        FROM qt_notes ORDER BY note_id
        """,
        """
        SELECT 'note entry', t.note_id, n.node, e.segment, e.record_offset, e.length, e.position,
            e.checksum, e.keep_until
        FROM qt_notes t JOIN qt_notes_entries e ON e.file = t.id JOIN qt_nodes n ON n.id = e.node
        ORDER BY t.note_id, n.node
        """,
        """
        SELECT 'summary', mail_id, received, keep_until, date, size, copies, copies_wanted, sha256,
            message_id, subject, from_text, to_texts, cc_texts, attachments, bcc_texts,
            reply_to_texts, sender, recipients, smtp_flags, transport, client, greeting, verdicts
        FROM qt_files ORDER BY mail_id
        """,
    ]
}
