// SPDX-License-Identifier: Apache-2.0
// Which copies count, and who is short of them.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension EntryTable {
    /// How many copies of a row of the owner count, as SQL.
    ///
    /// - Parameter condition: what else must hold of an entry `e`.
    func counting(where condition: String = "1") -> String {
        """
        (SELECT CASE t.disks_may_be_shared WHEN 1 THEN count(*) ELSE count(DISTINCT n.disk) END
        FROM qt_totals t, \(name) e JOIN qt_nodes n ON n.id = e.node
        WHERE e.file = \(owner).id AND n.counts AND \(lasts(as: owner)) AND \(condition))
        """
    }
}

extension SQLiteCatalog {
    package func setDisksMayBeShared(_ mayBe: Bool) throws(CatalogError) {
        try write { database in
            try database.cachedStatement(
                sql: "UPDATE qt_totals SET disks_may_be_shared = ?1 WHERE disks_may_be_shared <> ?1"
            ).execute(arguments: [mayBe])
            guard database.changesCount > 0 else { return }
            try database.execute(sql: "UPDATE qt_nodes SET \(Self.fromTheStart)")
        }
    }

    package func setCounts(
        _ node: NodeID, _ counts: Bool, isGone: Bool
    ) throws(CatalogError) {
        try write { database in
            try database.execute(
                sql: "UPDATE qt_nodes SET counts = ?1, \(Self.fromTheStart) WHERE node = ?2 "
                    + "AND counts <> ?1",
                arguments: [counts, node.data])
            try database.cachedStatement(
                sql: "UPDATE qt_nodes SET gone = ?1 WHERE node = ?2 AND gone <> ?1"
            ).execute(arguments: [isGone, node.data])
        }
    }

    private static let fromTheStart =
        "walk_table = 0, walk_segment = \(Int64.min), walk_file = \(Int64.min)"

    package func recount(limit: Int) throws(CatalogError) -> Bool {
        try write { database in
            let walk = try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT id, walk_table, walk_segment, walk_file FROM qt_nodes
                        WHERE walk_table IS NOT NULL LIMIT 1
                        """))
            guard let walk, let table = EntryTable.all.first(where: { $0.number == walk[1] })
            else { return false }
            try Self.recount(walk, in: table, limit: limit, database)
            return true
        }
    }

    /// Walks on over one node's entries by key.
    private static func recount(
        _ walk: Row, in table: EntryTable, limit: Int, _ database: Database
    ) throws {
        let entries = try Row.fetchAll(
            database.cachedStatement(
                sql: """
                    SELECT segment, file FROM \(table.name)
                    WHERE node = ? AND (segment, file) > (?, ?) ORDER BY segment, file LIMIT ?
                    """),
            arguments: [walk[0] as Int64, walk[2] as Int64, walk[3] as Int64, max(1, limit)])
        let update = try database.cachedStatement(
            sql: "UPDATE \(table.owner) SET counted = \(table.counting()) WHERE id = ?1")
        for entry in entries { try update.execute(arguments: [entry[1] as Int64]) }
        let isDone = entries.count < max(1, limit)
        let next = EntryTable.all.first { $0.number > table.number }?.number
        try database.cachedStatement(
            sql: """
                UPDATE qt_nodes SET walk_table = ?, walk_segment = ?, walk_file = ? WHERE id = ?
                """
        ).execute(arguments: [
            isDone ? next : table.number, isDone ? .min : entries.last?[0] ?? Int64.min,
            isDone ? .min : entries.last?[1] ?? Int64.min, walk[0] as Int64,
        ])
    }
}

extension SQLiteCatalog {
    package func short(
        after place: ShortPlace, before moment: Timestamp, limit: Int
    ) throws(CatalogError) -> [ShortMail] {
        let table = place.isAmongNotes ? EntryTable.notes : .files
        return try read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT id, \(table.ownerID), copies_wanted, counted, keep_until
                        FROM \(table.owner)
                        WHERE counted < copies_wanted AND id > ? AND id < ? ORDER BY id LIMIT ?
                        """), arguments: [place.row, Key.end(before: moment), max(0, limit)])
            return try rows.map { row in
                guard let id = MailID(bytes: row[1] as Data) else {
                    throw CatalogError.damaged("a mail without its id")
                }
                return ShortMail(
                    place: ShortPlace(isAmongNotes: place.isAmongNotes, row: row[0]), id: id,
                    keepUntil: Day(number: Int32(clamping: row[4] as Int64)),
                    copiesWanted: row[2], counted: row[3],
                    copies: try Self.copies(of: row[0], in: table, database))
            }
        }
    }

    private static func copies(
        of key: Int64, in table: EntryTable, _ database: Database
    ) throws -> [ShortMail.Copy] {
        let select = try database.cachedStatement(
            sql: """
                SELECT n.node, n.disk, n.host, e.segment, e.record_offset, n.counts,
                    \(table.lasts(as: "o"))
                FROM \(table.name) e JOIN qt_nodes n ON n.id = e.node
                JOIN \(table.owner) o ON o.id = e.file WHERE e.file = ? ORDER BY n.node
                """)
        return try Row.fetchAll(select, arguments: [key]).map { row in
            guard let node = NodeID(bytes: row[0] as Data) else {
                throw CatalogError.damaged("a node without its id")
            }
            return ShortMail.Copy(
                holder: Holder(
                    node: node, disk: DiskID(UInt64(bitPattern: row[1])), host: row[2]),
                place: CopyPlace(
                    segment: SegmentNumber(clamping: row[3] as Int64),
                    offset: UInt64(clamping: row[4] as Int64)),
                counts: row[5], lasts: row[6])
        }
    }

    package func stillShort(_ ids: [MailID]) throws(CatalogError) -> [MailID] {
        try read { database in
            let select = try database.cachedStatement(
                sql: """
                    SELECT 1 FROM qt_files WHERE mail_id = ?1 AND counted < copies_wanted
                    UNION ALL
                    SELECT 1 FROM qt_notes WHERE note_id = ?1 AND counted < copies_wanted
                    """)
            return try ids.filter { try Bool.fetchOne(select, arguments: [$0.data]) != nil }
        }
    }

    package func shortCount(
        before moment: Timestamp, at node: NodeID?, limit: Int
    ) throws(CatalogError) -> Int {
        try read { database in
            try EntryTable.all.reduce(0) { sum, table in
                let isHere = """
                    AND EXISTS (SELECT 1 FROM \(table.name) e JOIN qt_nodes n ON n.id = e.node
                    WHERE e.file = \(table.owner).id AND n.node = ?3)
                    """
                let count = try Int.fetchOne(
                    database.cachedStatement(
                        sql: """
                            SELECT count(*) FROM (SELECT 1 FROM \(table.owner)
                            WHERE counted < copies_wanted AND id < ?1 \(node == nil ? "" : isHere)
                            LIMIT ?2)
                            """),
                    arguments: [Key.end(before: moment), max(0, limit)]
                        + (node.map { [$0.data] } ?? []))
                return sum + (count ?? 0)
            }
        }
    }
}
