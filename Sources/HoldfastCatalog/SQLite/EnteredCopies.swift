// SPDX-License-Identifier: Apache-2.0
// The copies of a node as the catalog knows them, to be compared with what lies there.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    /// Segment after segment: within one, its entries are sorted by their place.
    package func entries(
        of node: NodeID, after place: (segment: SegmentNumber, offset: UInt64), limit: Int,
        today: Day
    ) throws(CatalogError) -> [EnteredCopy] {
        try read { database in
            guard let row = try Self.row(of: node, database) else { return [] }
            var copies: [EnteredCopy] = []
            var (segment, after) = (Int64(clamping: place.segment), Int64(clamping: place.offset))
            while copies.count < limit {
                copies += try Self.copies(
                    of: row, in: segment, after: after, limit: limit - copies.count, today: today,
                    database)
                guard copies.count < limit, let next = try Self.next(segment, of: row, database)
                else { break }
                (segment, after) = (next, -1)
            }
            return copies
        }
    }

    private static func copies(
        of node: Int64, in segment: Int64, after offset: Int64, limit: Int, today: Day,
        _ database: Database
    ) throws -> [EnteredCopy] {
        let select = try database.cachedStatement(
            sql: """
                SELECT f.mail_id, e.segment, e.record_offset, e.position
                FROM qt_files_entries e JOIN qt_files f ON f.id = e.file
                WHERE e.node = ?1 AND e.segment = ?2 AND e.record_offset > ?3
                    AND e.keep_until >= ?4
                UNION ALL
                SELECT t.note_id, e.segment, e.record_offset, e.position
                FROM qt_notes_entries e JOIN qt_notes t ON t.id = e.file
                WHERE e.node = ?1 AND e.segment = ?2 AND e.record_offset > ?3
                    AND e.keep_until >= ?4
                ORDER BY 3 LIMIT ?5
                """)
        let arguments: StatementArguments = [
            node, segment, offset, Int64(today.number), limit,
        ]
        return try Row.fetchAll(select, arguments: arguments).map { row in
            guard let mail = MailID(bytes: row[0] as Data) else {
                throw CatalogError.damaged("an entry without the id of its mail")
            }
            return EnteredCopy(
                mail: mail, segment: SegmentNumber(clamping: row[1] as Int64),
                offset: UInt64(clamping: row[2] as Int64),
                position: Position(raw: UInt64(bitPattern: row[3])))
        }
    }

    private static func next(
        _ segment: Int64, of node: Int64, _ database: Database
    ) throws -> Int64? {
        try EntryTable.all.compactMap { table in
            try Int64.fetchOne(
                database.cachedStatement(
                    sql: "SELECT min(segment) FROM \(table.name) WHERE node = ? AND segment > ?"),
                arguments: [node, segment])
        }.min()
    }

    package func forget(_ node: NodeID, _ copies: [EnteredCopy]) throws(CatalogError) {
        try write { database in
            guard let row = try Self.row(of: node, database) else { return }
            for copy in copies {
                try Self.forget(
                    at: row,
                    [Int64(bitPattern: copy.position.raw), copy.mail.data], database
                ) { table in
                    "position = ?2 AND file = (SELECT id FROM \(table.owner) WHERE \(table.ownerID) = ?3)"
                }
            }
        }
    }
}

extension SQLiteCatalog {
    package func copyStatistics(
        disksMayBeShared: Bool, today: Day
    ) throws(CatalogError) -> CopyStatistics {
        try read { database in
            let row = try Row.fetchOne(
                database,
                sql: """
                    SELECT count(*), min(copies), max(copies), min(disks), max(disks),
                        count(*) FILTER (WHERE \(disksMayBeShared ? "copies" : "disks") < wanted)
                    FROM (SELECT count(n.id) AS copies,
                            count(DISTINCT n.host || '/' || n.disk) AS disks, f.copies_wanted AS wanted
                        FROM qt_files f LEFT JOIN qt_files_entries e ON e.file = f.id
                            AND \(EntryTable.files.lasts(as: "f"))
                        LEFT JOIN qt_nodes n ON n.id = e.node AND n.counts
                        WHERE f.keep_until >= ? GROUP BY f.id)
                    """,
                arguments: [Int64(today.number)])
            guard let row else { throw CatalogError.damaged("copies cannot be counted") }
            let copies = (row[1] as Int? ?? 0)...(row[2] as Int? ?? 0)
            let disks = (row[3] as Int? ?? 0)...(row[4] as Int? ?? 0)
            return CopyStatistics(mails: row[0], copies: copies, disks: disks, short: row[5])
        }
    }
}
