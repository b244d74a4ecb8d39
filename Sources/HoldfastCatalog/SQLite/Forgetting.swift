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
                    database,
                    sql: """
                        WITH RECURSIVE found (segment) AS (
                            SELECT min(segment) FROM \(table.name) WHERE node = ?1
                            UNION ALL
                            SELECT (SELECT min(segment) FROM \(table.name)
                                WHERE node = ?1 AND segment > found.segment)
                            FROM found WHERE found.segment IS NOT NULL)
                        SELECT segment FROM found WHERE segment IS NOT NULL
                        """,
                    arguments: [row])
            }
            return Set(numbers).map { SegmentNumber(clamping: $0) }.sorted()
        }
    }

    package func forget(_ node: NodeID, segments: [SegmentNumber]) throws(CatalogError) {
        try write { database in
            guard let row = try Self.row(of: node, database) else { return }
            for segment in segments {
                try database.execute(
                    sql: """
                        UPDATE qt_files SET copies = copies - 1 WHERE id IN
                        (SELECT file FROM qt_files_entries WHERE node = ? AND segment = ?)
                        """,
                    arguments: [row, Int64(clamping: segment)])
                for table in EntryTable.all {
                    try database.execute(
                        sql: "DELETE FROM \(table.name) WHERE node = ? AND segment = ?",
                        arguments: [row, Int64(clamping: segment)])
                    try database.execute(
                        sql: "UPDATE qt_nodes SET entries = entries - ? WHERE id = ?",
                        arguments: [database.changesCount, row])
                }
            }
        }
    }

    package func forget(_ node: NodeID) throws(CatalogError) {
        try write { database in
            try database.execute(
                sql: "DELETE FROM qt_nodes WHERE node = ? AND entries = 0", arguments: [node.data])
        }
    }

    static func row(of node: NodeID, _ database: Database) throws -> Int64? {
        try Int64.fetchOne(
            database, sql: "SELECT id FROM qt_nodes WHERE node = ?", arguments: [node.data])
    }
}
