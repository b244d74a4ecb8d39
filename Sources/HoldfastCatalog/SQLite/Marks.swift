// SPDX-License-Identifier: Apache-2.0
// Numbers by which work that never ends finds its place again after a restart.

internal import GRDB

extension SQLiteCatalog {
    package func marks() throws(CatalogError) -> [String: Int64] {
        try read { database in
            let rows = try Row.fetchAll(database, sql: "SELECT mark, value FROM qt_marks")
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
        }
    }

    package func set(_ marks: [String: Int64]) throws(CatalogError) {
        try write { database in
            for (mark, value) in marks {
                try database.execute(
                    sql: "INSERT OR REPLACE INTO qt_marks VALUES (?, ?)", arguments: [mark, value])
            }
        }
    }
}
