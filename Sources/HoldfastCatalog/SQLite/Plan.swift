// SPDX-License-Identifier: Apache-2.0
// How a query is answered: by the full-text index, or by walking the newest rows.

internal import GRDB
internal import HoldfastModel

/// What must all hold of a mail, sorted by who can answer it.
struct Plan {
    /// What the full-text index finds, newest first; nil when it is not asked, and rows are walked.
    private(set) var match: TextMatch?
    /// What must then hold of the row in qt_files.
    private(set) var filters: [Fragment] = []
    /// Between which rows to look; nil when there can be no answer.
    private(set) var keys: ClosedRange<Int64>? = Int64.min...Int64.max
    /// The full-text tables that have such rows, newest first.
    private(set) var texts: [TextTable] = []
    /// The same dates by their index, for when rows would be walked.
    private var dated: [Fragment] = []
    /// What indexes beside the full text find the rows by.
    private(set) var lookups: [String] = []
    /// Some rows are hidden on this day: ask each.
    let hidesBefore: Day?

    init(_ query: Query, below row: Int64? = nil, today: Day, _ database: Database) throws {
        let oldest = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT min(keep_until) FROM qt_files"))
        hidesBefore = oldest.map { $0 < Int64(today.number) } == true ? today : nil

        if let row { narrow(to: row > .min ? Int64.min...(row - 1) : nil) }
        let conditions = Self.conjuncts(query.condition)
        for case .received(let times) in conditions { narrow(to: Key.range(of: times)) }
        for case .date(let times) in conditions { try narrow(toDate: times, database) }
        guard let keys else { return }
        texts = try TextTable.all(database, in: keys)
        var matches: [Match] = []
        for condition in conditions { add(condition, to: &matches) }
        if !matches.isEmpty {
            let joined = Match.all(matches)
            switch joined {
            case .found(let match): self.match = match
            case .others: filters.append(Filter(texts: texts).sql(joined))
            }
        }
        if match == nil, !dated.isEmpty {
            filters += dated
            lookups.append("dates")
        }
    }

    private mutating func add(_ condition: Condition, to matches: inout [Match]) {
        if let match = Match(condition) {
            matches.append(match)
            return
        }
        switch condition {
        case .everything, .received: return
        case .short:
            lookups.append("mails that are short")
            filters.append(Filter(texts: texts).sql(condition))
        case .messageID(let id):
            matches.append(.found(.marks([Mark.messageID(id)])))
            filters.append("f.message_id = \(id)")
        case .digest(let range):
            matches.append(.found(.marks([Mark.digest(range.digits.prefix(8))], prefix: false)))
            filters.append(Filter.digest(range, of: "f.sha256"))
        default:
            let filter = Filter(texts: texts)
            if filter.rows(condition) != nil { lookups.append("mail ids and Message-IDs") }
            filters.append(filter.sql(condition))
        }
    }

    private static func conjuncts(_ condition: Condition) -> [Condition] {
        guard case .all(let parts) = condition else { return [condition] }
        return parts.flatMap(conjuncts)
    }

    private mutating func narrow(to range: ClosedRange<Int64>?) {
        guard let range, let keys, range.overlaps(keys) else {
            keys = nil
            return
        }
        self.keys = range.clamped(to: keys)
    }

    /// Up to so many mails the index of dates tells between which rows they lie,
    private static let datedMax = 100_000
    /// and up to so many it tells which they are: of more, the newest are found sooner by walking.
    private static let listedMax = 2000

    /// In mail as it arrives, the Date header follows the receipt: a range of dates is nearly a
    /// range of rows. When it is not, this only widens the range, and the rows decide.
    private mutating func narrow(toDate times: TimeRange, _ database: Database) throws {
        let ends = [times.from?.milliseconds ?? .min, times.until?.milliseconds ?? .max]
        let row = try Row.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT min(id), max(id), count(*) FROM
                    (SELECT id FROM qt_files WHERE date >= ? AND date < ? LIMIT ?)
                    """),
            arguments: [ends[0], ends[1], Self.datedMax])
        guard let row, row[2] < Self.datedMax else { return }
        guard let low: Int64 = row[0], let high: Int64 = row[1] else {
            keys = nil
            return
        }
        narrow(to: low...high)
        guard row[2] < Self.listedMax else { return }
        dated.append(
            "f.id IN (SELECT id FROM qt_files WHERE date >= \(ends[0]) AND date < \(ends[1]))")
    }
}
