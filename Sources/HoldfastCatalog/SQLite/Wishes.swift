// SPDX-License-Identifier: Apache-2.0
// What people want of mails: held, not held any more, purged; and who has yet to confirm it.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func enter(_ orders: [StorageOrder]) throws(CatalogError) -> [[NodeID]?] {
        try write { database in try orders.map { try Self.enter($0, database) } }
    }

    private static func enter(_ order: StorageOrder, _ database: Database) throws -> [NodeID]? {
        guard let kind = Note.Kind(rawValue: order.kind.rawValue) else { return nil }
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT id, keep_until FROM qt_files WHERE mail_id = ?"),
            arguments: [order.mail.data])
        guard let row else { return nil }
        let holders = try Data.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT n.node FROM qt_files_entries e JOIN qt_nodes n ON n.id = e.node
                    WHERE e.file = ?
                    """), arguments: [row[0] as Int64]
        ).compactMap { NodeID(bytes: $0) }
        var keepUntil = order.keepUntil
        if kind == .purge {
            // By whatever clock it was received: this mail is covered.
            keepUntil = max(
                Day(number: Int32(clamping: row[1] as Int64)), Key.received(row[0]).day)
        }
        let note = Note(
            id: order.id, kind: kind, mail: order.mail, order: order.id,
            at: try moment(of: order, database), by: order.by, reason: order.reason,
            until: kind == .purge ? keepUntil : nil)
        try Wishes(database).apply(note, keepUntil: keepUntil)
        return holders
    }

    /// When it was ordered: after what was ordered of the mail before, whatever the clock says, for the
    /// later word stands.
    private static func moment(of order: StorageOrder, _ database: Database) throws -> Timestamp {
        let last = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT noted FROM qt_holds WHERE mail_id = ?"),
            arguments: [order.mail.data])
        return max(order.ordered, Timestamp(milliseconds: (last ?? -1) + 1))
    }

    package func dues(of node: NodeID, limit: Int) throws(CatalogError) -> [StorageOrder] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT order_id, mail_id, kind, noted, noted_by, reason, keep_until FROM qt_dues
                        WHERE node = (SELECT id FROM qt_nodes WHERE node = ?)
                        ORDER BY noted, order_id, mail_id LIMIT ?
                        """), arguments: [node.data, max(0, limit)]
            ).map { row in
                guard let id = MailID(bytes: row[0] as Data),
                    let mail = MailID(bytes: row[1] as Data),
                    let kind = StorageOrder.Kind(rawValue: row[2])
                else { throw CatalogError.damaged("an order that says too little") }
                return StorageOrder(
                    id: id, kind: kind, mail: mail, node: node,
                    ordered: Timestamp(milliseconds: row[3]), by: row[4], reason: row[5],
                    keepUntil: Day(number: Int32(clamping: row[6] as Int64)))
            }
        }
    }

    package func confirm(_ orders: [StorageOrder]) throws(CatalogError) {
        try write { database in
            let delete = try database.cachedStatement(
                sql: """
                    DELETE FROM qt_dues WHERE node = (SELECT id FROM qt_nodes WHERE node = ?)
                    AND noted = ? AND order_id = ? AND mail_id = ?
                    """)
            for order in orders {
                try delete.execute(arguments: [
                    order.node.data, order.ordered.milliseconds, order.id.data, order.mail.data,
                ])
            }
        }
    }

    package func unconfirmed(
        _ order: MailID, of mail: MailID
    ) throws(CatalogError) -> [NodeID] {
        try read { database in
            try Data.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT n.node FROM qt_nodes n JOIN qt_dues d ON d.node = n.id
                        WHERE d.order_id = ? AND d.mail_id = ?
                        """), arguments: [order.data, mail.data]
            ).compactMap { NodeID(bytes: $0) }
        }
    }

    package func noteCopies(_ note: MailID) throws(CatalogError) -> Int {
        try read { database in
            try Int.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT count(*) FROM qt_notes_entries
                        WHERE file = (SELECT id FROM qt_notes WHERE note_id = ?)
                        """), arguments: [note.data]) ?? 0
        }
    }

    package func purged(_ mails: [MailID], on day: Day) throws(CatalogError) -> [MailID: Day] {
        try read { database in
            let select = try database.cachedStatement(
                sql: "SELECT keep_until FROM qt_purges WHERE mail_id = ? AND keep_until >= ?")
            return try mails.reduce(into: [:]) { purged, mail in
                let until = try Int64.fetchOne(
                    select, arguments: [mail.data, Int64(day.number)])
                purged[mail] = until.map { Day(number: Int32(clamping: $0)) }
            }
        }
    }

    package func holds(
        after mail: MailID?, limit: Int
    ) throws(CatalogError) -> (number: Int64, mails: [MailID]) {
        try read { database in
            let number =
                try Int64.fetchOne(
                    database.cachedStatement(sql: "SELECT holds_number FROM qt_totals")) ?? 0
            let mails = try Data.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT mail_id FROM qt_holds WHERE held AND mail_id > ? ORDER BY mail_id LIMIT ?
                        """), arguments: [mail?.data ?? Data(), max(0, limit)])
            return (number, mails.compactMap { MailID(bytes: $0) })
        }
    }
}

/// The tables of what people want, within one transaction.
struct Wishes {
    let database: Database

    init(_ database: Database) {
        self.database = database
    }

    /// Takes a note into account, now and for whatever copy comes later. Doing it twice, or in another
    /// order, ends the same.
    func apply(_ note: Note, keepUntil: Day) throws {
        let keepUntil = note.until ?? keepUntil
        switch note.kind {
        case .release: return
        case .hold, .unhold: try setHeld(note)
        case .purge:
            try setPurged(note, keepUntil: keepUntil)
            guard try isCovered(note.mail, until: keepUntil) else { return }
        }
        try database.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO qt_dues
                SELECT e.node, ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM qt_files_entries e
                WHERE e.file = (SELECT id FROM qt_files WHERE mail_id = ?3)
                """
        ).execute(arguments: [
            note.at.milliseconds, note.order.data, note.mail.data, note.kind.rawValue, note.by,
            note.reason, Int64(keepUntil.number),
        ])
        if note.kind == .purge { try remove(note.mail) }
    }

    /// Whether the mail is one that was received while it was purged; the same octets may have been taken
    /// in again after that.
    private func isCovered(_ mail: MailID, until day: Day) throws -> Bool {
        let key = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM qt_files WHERE mail_id = ?"),
            arguments: [mail.data])
        return key.map { Key.received($0).day <= day } ?? false
    }

    /// What was purged is not held, whichever came first.
    private func setHeld(_ note: Note) throws {
        let isPurged = try Bool.fetchOne(
            database.cachedStatement(
                sql: "SELECT 1 FROM qt_purges WHERE mail_id = ? AND keep_until >= ?"),
            arguments: [note.mail.data, Int64(note.at.day.number)])
        let isHeld = note.kind == .hold && isPurged == nil
        try database.cachedStatement(
            sql: """
                INSERT INTO qt_holds (mail_id, order_id, noted, held) VALUES (?, ?, ?, ?)
                ON CONFLICT (mail_id) DO UPDATE SET order_id = excluded.order_id,
                    noted = excluded.noted, held = excluded.held
                WHERE (excluded.noted, excluded.order_id) > (noted, order_id)
                """
        ).execute(arguments: [note.mail.data, note.order.data, note.at.milliseconds, isHeld])
        if database.changesCount > 0 { try recount(note.mail) }
        try database.cachedStatement(
            sql: "UPDATE qt_totals SET holds_number = max(holds_number, ?)"
        ).execute(arguments: [note.at.milliseconds])
    }

    private func setPurged(_ note: Note, keepUntil: Day) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO qt_purges (mail_id, order_id, noted, keep_until) VALUES (?, ?, ?, ?)
                ON CONFLICT (mail_id) DO UPDATE SET order_id = excluded.order_id,
                    noted = excluded.noted, keep_until = excluded.keep_until
                WHERE (excluded.keep_until, excluded.noted, excluded.order_id)
                    > (keep_until, noted, order_id)
                """
        ).execute(arguments: [
            note.mail.data, note.order.data, note.at.milliseconds, Int64(keepUntil.number),
        ])
        try database.cachedStatement(
            sql: "UPDATE qt_holds SET held = 0 WHERE mail_id = ? AND noted < ?"
        ).execute(arguments: [note.mail.data, keepUntil.advanced(by: 1).start.milliseconds])
        if database.changesCount > 0 { try recount(note.mail) }
    }

    /// Of what is held every copy lasts, and of what is not held any more perhaps not.
    private func recount(_ mail: MailID) throws {
        for table in EntryTable.all {
            try database.cachedStatement(
                sql: "UPDATE \(table.owner) SET counted = \(table.counting()) WHERE mail_id = ?"
            ).execute(arguments: [mail.data])
        }
    }

    /// Takes a mail out of all tables; its words in the full text find nothing any more.
    private func remove(_ mail: MailID) throws {
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT id, size, text_table FROM qt_files WHERE mail_id = ?"),
            arguments: [mail.data])
        guard let row else { return }
        try Days.count("purged", [Key.received(row[0]).day], database)
        try SQLiteCatalog.removeEntries(of: row[0], in: .files, database)
        try database.cachedStatement(sql: "DELETE FROM qt_orders WHERE mail_id = ?").execute(
            arguments: [mail.data])
        try database.cachedStatement(sql: "DELETE FROM qt_files WHERE id = ?").execute(arguments: [
            row[0] as Int64
        ])
        try database.cachedStatement(
            sql: "UPDATE qt_totals SET mails = mails - 1, bytes = bytes - ?"
        ).execute(arguments: [row[1] as Int64])
        try database.cachedStatement(sql: "UPDATE qt_texts SET has_holes = 1 WHERE number = ?")
            .execute(arguments: [row[2] as Int64])
    }

    /// Until when a purge stands that covers what a node ships: it is not to be entered, and the node is
    /// told. Nil for what is welcome.
    func refuse(_ mail: MailID, received: Day, from node: Int64) throws -> Day? {
        let until = try Int64.fetchOne(
            database.cachedStatement(
                sql: "SELECT keep_until FROM qt_purges WHERE mail_id = ? AND keep_until >= ?"),
            arguments: [mail.data, Int64(received.number)])
        guard let until else { return nil }
        _ = try due(
            mail, node,
            """
            SELECT ?1, noted, order_id, mail_id, 5, '', '', keep_until FROM qt_purges
            WHERE mail_id = ?2
            """)
        return Day(number: Int32(clamping: until))
    }

    /// A node that ships a copy it did not have is told that the mail is held.
    func greet(_ mail: MailID, from node: Int64) throws {
        _ = try due(mail, node, Self.held(as: .hold, where: "h.held"))
    }

    /// A node that ships the note of a hold that has ended, and does not know that, is told.
    func greet(_ note: Note, from node: Int64) throws {
        guard note.kind == .hold else { return }
        _ = try due(
            note.mail, node,
            Self.held(
                as: .unhold,
                where: """
                    NOT h.held
                    AND NOT EXISTS (SELECT 1 FROM qt_purges p WHERE p.mail_id = h.mail_id)
                    """))
    }

    /// What was last wanted of a mail, as an order to a node that does not have its note.
    private static func held(as kind: Note.Kind, where condition: String) -> String {
        """
        SELECT ?1, h.noted, h.order_id, h.mail_id, \(kind.rawValue), coalesce(n.noted_by, ''),
            coalesce(n.reason, ''), coalesce(n.keep_until, h.noted / 86400000 + 400)
        FROM qt_holds h LEFT JOIN qt_notes n ON n.note_id = h.order_id
        WHERE h.mail_id = ?2 AND \(condition) AND NOT EXISTS
            (SELECT 1 FROM qt_notes_entries e WHERE e.file = n.id AND e.node = ?1)
        """
    }

    private func due(_ mail: MailID, _ node: Int64, _ select: String) throws -> Bool {
        let found = try database.cachedStatement(sql: "SELECT EXISTS (\(select))")
        let arguments: StatementArguments = [node, mail.data]
        guard try Bool.fetchOne(found, arguments: arguments) == true else { return false }
        try database.execute(
            sql: "INSERT OR IGNORE INTO qt_dues \(select)", arguments: arguments)
        return true
    }

    /// A node has the note of an order.
    func confirm(_ note: Note, by node: Int64) throws {
        try database.cachedStatement(
            sql: """
                DELETE FROM qt_dues WHERE node = ? AND noted = ? AND order_id = ? AND mail_id = ?
                """
        ).execute(arguments: [node, note.at.milliseconds, note.order.data, note.mail.data])
    }

    /// Forgets what nobody can ask for any more. What is due to a node stays until that confirms it: one
    /// that was away may hold a copy whose day was put off.
    func expire(before day: Day) throws {
        try database.execute(
            sql: """
                DELETE FROM qt_purges WHERE keep_until < ? AND NOT EXISTS
                    (SELECT 1 FROM qt_dues d
                    WHERE d.order_id = qt_purges.order_id AND d.mail_id = qt_purges.mail_id)
                """, arguments: [Int64(day.number)])
        try database.cachedStatement(
            sql: """
                DELETE FROM qt_holds WHERE NOT held
                AND NOT EXISTS (SELECT 1 FROM qt_files f WHERE f.mail_id = qt_holds.mail_id)
                """
        ).execute()
    }
}
