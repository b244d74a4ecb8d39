// SPDX-License-Identifier: Apache-2.0
// Forgetting copies that are gone with their segments, or with their node.

internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    /// From one segment to the next higher, without reading the entries between.
    package func segments(of node: NodeID) throws(CatalogError) -> [SegmentNumber] {
        try read { database in
            guard let row = try Self.row(of: node, database) else { return [] }
            let numbers = try EntryTable.all.flatMap { table in
                try Int64.fetchAll(
                    database.cachedStatement(
                        sql: """
                            WITH RECURSIVE found (segment) AS (
                                SELECT min(segment) FROM \(table.name) WHERE node = ?1
                                UNION ALL
                                SELECT (SELECT min(segment) FROM \(table.name)
                                    WHERE node = ?1 AND segment > found.segment)
                                FROM found WHERE found.segment IS NOT NULL)
                            SELECT segment FROM found WHERE segment IS NOT NULL
                            """), arguments: [row])
            }
            return Set(numbers).map { SegmentNumber(clamping: $0) }.sorted()
        }
    }

    package func forget(_ node: NodeID, segments: [SegmentNumber]) throws(CatalogError) {
        try write { database in
            guard let row = try Self.row(of: node, database) else { return }
            for segment in segments {
                try Self.forget(at: row, [Int64(clamping: segment)], database) { _ in
                    "segment = ?2"
                }
            }
        }
    }

    /// A last copy is not forgotten, for it may be read again one day: a person must look at it.
    package func forget(_ node: NodeID, copies: [CopyPlace]) throws(CatalogError) {
        try write { database in
            guard let row = try Self.row(of: node, database) else { return }
            for copy in copies {
                let place = [Int64(clamping: copy.segment), Int64(clamping: copy.offset)]
                try Self.forget(at: row, place, database) { table in
                    """
                    segment = ?2 AND record_offset = ?3 AND EXISTS (SELECT 1 FROM \(table.name) o
                        WHERE o.file = \(table.name).file AND o.node <> ?1)
                    """
                }
            }
        }
    }

    /// Those of the node's entries for which a condition holds.
    ///
    /// - Parameters:
    ///   - arguments: from `?2` on; the node is `?1`.
    ///   - condition: of an entry of a table.
    static func forget(
        at node: Int64, _ arguments: [any DatabaseValueConvertible], _ database: Database,
        where condition: (EntryTable) -> String
    ) throws {
        let arguments = StatementArguments([node] + arguments)
        for table in EntryTable.all {
            let condition = condition(table)
            let copies = table.owner == "qt_files" ? "copies = copies - 1, " : ""
            try database.cachedStatement(
                sql: """
                    UPDATE \(table.owner)
                    SET \(copies) counted = \(table.counting(where: "e.node <> ?1"))
                    WHERE id IN (SELECT file FROM \(table.name) WHERE node = ?1 AND \(condition))
                    """
            ).execute(arguments: arguments)
            try database.cachedStatement(
                sql: "DELETE FROM \(table.name) WHERE node = ?1 AND \(condition)"
            ).execute(arguments: arguments)
            guard database.changesCount > 0 else { continue }
            try database.execute(
                sql: "UPDATE qt_nodes SET entries = entries - ? WHERE id = ?",
                arguments: [database.changesCount, node])
        }
    }

    package func setName(_ node: NodeID, _ name: String) throws(CatalogError) {
        try write { database in
            try database.execute(
                sql: "UPDATE qt_nodes SET name = ?1 WHERE node = ?2 AND name <> ?1",
                arguments: [name, node.data])
        }
    }

    package func forget(_ node: NodeID) throws(CatalogError) {
        try write { database in
            guard let row = try Self.row(of: node, database) else { return }
            // What it was ordered it is ordered again by the notes, should it come back.
            try database.execute(
                sql: """
                    DELETE FROM qt_dues WHERE node = ?1
                    AND NOT EXISTS (SELECT 1 FROM qt_nodes WHERE id = ?1 AND entries > 0)
                    """, arguments: [row])
            try database.execute(
                sql: "DELETE FROM qt_nodes WHERE id = ? AND entries = 0", arguments: [row])
        }
    }

    static func row(of node: NodeID, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM qt_nodes WHERE node = ?"),
            arguments: [node.data])
    }
}
