// SPDX-License-Identifier: Apache-2.0
// Answers to queries: mails page by page, and how many there are.

internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func search(
        _ query: Query, _ order: SearchOrder, limit: Int, offset: Int, after: SearchPlace?,
        today: Day
    ) throws(CatalogError) -> SearchPage {
        guard limit > 0 else { return SearchPage(mails: []) }
        return try read { database in
            let places =
                order.isNewest
                ? try Self.newest(query, limit, offset, below: after?.row, today, database)
                : try Self.sorted(query, order, limit, offset, after, today, database)
            return SearchPage(
                mails: try places.map { try FoundRows.one($0.row, database) },
                next: places.count == limit ? places.last : nil)
        }
    }

    private static func newest(
        _ query: Query, _ limit: Int, _ offset: Int, below row: Int64?, _ today: Day,
        _ database: Database
    ) throws -> [SearchPlace] {
        let plan = try Plan(query, below: row, today: today, database)
        var rows = try MatchingRows(plan, database)
        var skipped = 0
        while skipped < offset, try rows.next() != nil { skipped += 1 }
        var places: [SearchPlace] = []
        while places.count < limit, let key = try rows.next() {
            places.append(SearchPlace(row: key))
        }
        return places
    }

    /// Sees all that match, and keeps one page of them.
    private static func sorted(
        _ query: Query, _ order: SearchOrder, _ limit: Int, _ offset: Int, _ after: SearchPlace?,
        _ today: Day, _ database: Database
    ) throws -> [SearchPlace] {
        let plan = try Plan(query, today: today, database)
        let skipped = min(offset, SearchLimits.sortedOffsetMax)
        var page = SortedPage(order, after: after, capacity: skipped + limit)
        for statement in plan.statements(.values(of: order.key)) {
            let rows = try Row.fetchCursor(
                database, sql: statement.sqlite, arguments: statement.arguments)
            while let row = try rows.next() {
                page.take(SearchPlace(order.key.value(row[1]), row: row[0]))
            }
        }
        return Array(page.finish().dropFirst(offset))
    }

    package func count(
        _ query: Query, upTo limit: Int?, today: Day
    ) throws(CatalogError) -> MailCount {
        try read { database in
            let plan = try Plan(query, today: today, database)
            var count = 0
            for statement in plan.statements(.count(upTo: limit.map { $0 + 1 })) {
                count +=
                    try Int.fetchOne(
                        database, sql: statement.sqlite, arguments: statement.arguments) ?? 0
                if let limit, count > limit { return MailCount(mails: limit, orMore: true) }
            }
            return MailCount(mails: count)
        }
    }
}

/// How much of an answer can be asked for at once.
package enum SearchLimits {
    /// Mails of a sorted answer that can be left out by counting.
    package static let sortedOffsetMax = 10_000
    /// Up to here a total is told exactly beside a page.
    package static let totalMax = 10_000
}

extension SearchOrder.Key {
    /// The column that has what is sorted by.
    var column: Fragment {
        switch self {
        case .received: "f.id"
        case .date: "f.date"
        case .size: "f.size"
        case .from: "f.from_text"
        case .subject: "f.subject"
        case .score: "f.score"
        }
    }

    func value(_ column: DatabaseValue) -> SortValue {
        switch self {
        case .from, .subject: SortedPage.value(ofText: String.fromDatabaseValue(column))
        default: Int64.fromDatabaseValue(column).map(SortValue.number) ?? .none
        }
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
        let statements = plan.statements(.newest)
        let newest = plan.match == nil ? [Int64.max] : plan.texts.map(\.keys.upperBound)
        waiting = Array(zip(statements, newest)).reversed()
    }

    mutating func next() throws -> Int64? {
        while let first = waiting.last, open.allSatisfy({ $0.next <= first.newest }) {
            waiting.removeLast()
            let cursor = try Int64.fetchCursor(
                database, sql: first.statement.sqlite, arguments: first.statement.arguments)
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
