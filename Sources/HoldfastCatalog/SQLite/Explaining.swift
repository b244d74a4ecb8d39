// SPDX-License-Identifier: Apache-2.0
// `--explain`: the statements of a search, and SQLite's plan for each.

internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func explain(
        _ query: Query, _ order: SearchOrder, today: Day
    ) throws(CatalogError) -> Explanation {
        try read { database in
            let plan = try Plan(query, today: today, database)
            let statements = plan.statements(order.isNewest ? .newest : .values(of: order.key))
            return Explanation(
                tree: query.condition.tree, index: plan.sentence(order),
                statements: try statements.map { try Self.explained($0, database) })
        }
    }

    private static func explained(
        _ statement: Fragment, _ database: Database
    ) throws -> Explanation.Statement {
        let rows = try Row.fetchAll(
            database, sql: "EXPLAIN QUERY PLAN \(statement.sqlite)",
            arguments: statement.arguments)
        return Explanation.Statement(
            sql: statement.sqlite, values: statement.values.map(\.text), plan: rows.map { $0[3] })
    }
}

extension Plan {
    /// Who finds the mails.
    fileprivate func sentence(_ order: SearchOrder) -> String {
        guard keys != nil else { return "There can be no such mail: nothing is asked." }
        let sorted =
            order.isNewest ? "" : " All that match are read, to sort them by \(order.key.rawValue)."
        guard match != nil else {
            return (lookups.isEmpty ? walks : "The index of \(lookups[0]) finds them.") + sorted
        }
        let rows = filters.isEmpty ? "" : " The row of each mail that it finds is looked at too."
        return "The full text finds them, in \(texts.count) of its tables.\(rows)\(sorted)"
    }

    private var walks: String {
        filters.isEmpty
            ? "They are the rows of qt_files, in their order."
            : "No index serves it: rows of qt_files are looked at, the newest first."
    }
}
