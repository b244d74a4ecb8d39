// SPDX-License-Identifier: Apache-2.0
// Answers to queries: rows newest first, and how many there are.

internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func search(
        _ query: Query, limit: Int, offset: Int, below row: Int64?, today: Day
    ) throws(CatalogError) -> [Found] {
        guard limit > 0 else { return [] }
        return try read { database in
            let plan = try Plan(query, below: row, today: today, database)
            var rows = try MatchingRows(plan, database)
            var skipped = 0
            while skipped < offset, try rows.next() != nil { skipped += 1 }
            var found: [Found] = []
            while found.count < limit, let key = try rows.next() {
                found.append(try FoundRows.one(key, database))
            }
            return found
        }
    }

    package func count(_ query: Query, today: Day) throws(CatalogError) -> Int {
        try read { database in
            let plan = try Plan(query, today: today, database)
            return try plan.statements(counting: true).reduce(0) { count, statement in
                let arguments = StatementArguments(statement.arguments)
                let more = try Int.fetchOne(database, sql: statement.sql, arguments: arguments)
                return count + (more ?? 0)
            }
        }
    }
}

extension Plan {
    /// The statements that answer the query, one a full-text table or one in all, newest first.
    func statements(counting: Bool) -> [Fragment] {
        guard let keys else { return [] }
        guard let match else { return [walk(keys, counting: counting)] }
        return texts.map { look(for: match, in: $0, keys, counting: counting) }
    }

    private func walk(_ keys: ClosedRange<Int64>, counting: Bool) -> Fragment {
        var filters = filters
        if keys.lowerBound > .min { filters.append(Fragment("f.id >= ?", [keys.lowerBound])) }
        if keys.upperBound < .max { filters.append(Fragment("f.id <= ?", [keys.upperBound])) }
        if let hidesBefore { filters.append(Self.visible(on: hidesBefore)) }
        let condition = filters.isEmpty ? Fragment("1") : .joined(filters, by: " AND ")
        return counting
            ? condition.enclosed("SELECT count(*) FROM qt_files f WHERE ", "")
            : condition.enclosed("SELECT f.id FROM qt_files f WHERE ", " ORDER BY f.id DESC")
    }

    private func look(
        for match: String, in table: TextTable, _ keys: ClosedRange<Int64>, counting: Bool
    ) -> Fragment {
        let name = table.name
        var conditions = [Fragment("\(name) MATCH ?", [match])]
        if keys.lowerBound > table.keys.lowerBound {
            conditions.append(Fragment("\(name).rowid >= ?", [keys.lowerBound]))
        }
        if keys.upperBound < table.keys.upperBound {
            conditions.append(Fragment("\(name).rowid <= ?", [keys.upperBound]))
        }
        conditions += filters
        var source = name
        let isWhole = hidesBefore.map { table.isWhole(on: $0) } ?? !table.hasHoles
        if let hidesBefore, !isWhole { conditions.append(Self.visible(on: hidesBefore)) }
        if !filters.isEmpty || !isWhole {
            // CROSS: the full text is asked first, its rows are looked up.
            source += " CROSS JOIN qt_files f ON f.id = \(name).rowid"
        }
        return Fragment.joined(conditions, by: " AND ").enclosed(
            "SELECT \(counting ? "count(*)" : "\(name).rowid") FROM \(source) WHERE ",
            counting ? "" : " ORDER BY \(name).rowid DESC")
    }

    private static func visible(on day: Day) -> Fragment {
        Fragment("+f.keep_until >= ?", [Int64(day.number)])
    }
}

/// The rows that answer a query, newest first, one by one: memory does not grow with the answer.
///
/// Each statement gives its rows in falling order; a table is not asked before a row of it could be
/// the next, so that what is common is found in the newest table alone.
struct MatchingRows {
    private struct Source {
        let cursor: FastDatabaseValueCursor<Int64>
        var next: Int64
    }

    private let database: Database
    /// Not asked yet, the newest at the end, each with the newest row it can have.
    private var waiting: [(statement: Fragment, newest: Int64)]
    private var open: [Source] = []

    init(_ plan: Plan, _ database: Database) throws {
        self.database = database
        let statements = plan.statements(counting: false)
        let newest = plan.match == nil ? [Int64.max] : plan.texts.map(\.keys.upperBound)
        waiting = Array(zip(statements, newest)).reversed()
    }

    mutating func next() throws -> Int64? {
        while let first = waiting.last, open.allSatisfy({ $0.next <= first.newest }) {
            waiting.removeLast()
            let arguments = StatementArguments(first.statement.arguments)
            let cursor = try Int64.fetchCursor(
                database, sql: first.statement.sql, arguments: arguments)
            if let row = try cursor.next() { open.append(Source(cursor: cursor, next: row)) }
        }
        guard let place = open.indices.max(by: { open[$0].next < open[$1].next }) else {
            return nil
        }
        let row = open[place].next
        if let next = try open[place].cursor.next() {
            open[place].next = next
        } else {
            open.remove(at: place)
        }
        return row
    }
}
