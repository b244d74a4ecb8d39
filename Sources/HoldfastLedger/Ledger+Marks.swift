// SPDX-License-Identifier: Apache-2.0
// Numbers by which work that never ends finds its place again after a restart.

internal import GRDB

extension Ledger {
    package func marks() throws -> [String: Int64] {
        try read { database in
            let rows = try Row.fetchAll(
                database.cachedStatement(sql: "SELECT mark, value FROM marks"))
            return Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
        }
    }

    func set(_ marks: [String: Int64], in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO marks VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        for (mark, value) in marks { try statement.execute(arguments: [mark, value]) }
    }
}
