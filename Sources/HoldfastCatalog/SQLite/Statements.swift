// SPDX-License-Identifier: Apache-2.0
// A plan as SQL.

internal import HoldfastModel

extension Plan {
    /// What is wanted of the rows that answer.
    enum Wanted {
        /// Their numbers, newest first.
        case newest
        /// Their numbers in any order, each with what it is sorted by.
        case values(of: SearchOrder.Key)
        /// How many there are, as far as a limit.
        case count(upTo: Int?)

        /// The row itself must be read.
        var needsRow: Bool {
            if case .values = self { true } else { false }
        }
    }

    /// The statements that answer the query, one a full-text table or one in all, newest first.
    func statements(_ wanted: Wanted) -> [Fragment] {
        guard let keys else { return [] }
        guard let match else { return [walk(keys, wanted)] }
        return texts.map { look(for: match, in: $0, keys, wanted) }
    }

    private func walk(_ keys: ClosedRange<Int64>, _ wanted: Wanted) -> Fragment {
        var conditions = filters
        if keys.lowerBound > .min { conditions.append("f.id >= \(keys.lowerBound)") }
        if keys.upperBound < .max { conditions.append("f.id <= \(keys.upperBound)") }
        if let hidesBefore { conditions.append(Self.visible(on: hidesBefore)) }
        return Self.select(wanted, id: "f.id", from: "qt_files f", where: conditions)
    }

    private func look(
        for match: TextMatch, in table: TextTable, _ keys: ClosedRange<Int64>, _ wanted: Wanted
    ) -> Fragment {
        let name = table.sqlName
        var conditions: [Fragment] = ["\(name) MATCH \(match.fts)"]
        if keys.lowerBound > table.keys.lowerBound {
            conditions.append("\(name).rowid >= \(keys.lowerBound)")
        }
        if keys.upperBound < table.keys.upperBound {
            conditions.append("\(name).rowid <= \(keys.upperBound)")
        }
        conditions += filters
        let isWhole = hidesBefore.map { table.isWhole(on: $0) } ?? !table.hasHoles
        if let hidesBefore, !isWhole { conditions.append(Self.visible(on: hidesBefore)) }
        let needsRow = !filters.isEmpty || !isWhole || wanted.needsRow
        // CROSS: the full text is asked first, its rows are looked up.
        let source: Fragment =
            needsRow ? "\(name) CROSS JOIN qt_files f ON f.id = \(name).rowid" : name
        return Self.select(wanted, id: "\(name).rowid", from: source, where: conditions)
    }

    private static func select(
        _ wanted: Wanted, id: Fragment, from source: Fragment, where conditions: [Fragment]
    ) -> Fragment {
        let condition: Fragment =
            conditions.isEmpty ? "1" : .joined(conditions, by: " AND ")
        switch wanted {
        case .newest:
            return "SELECT \(id) FROM \(source) WHERE \(condition) ORDER BY \(id) DESC"
        case .values(let key):
            return "SELECT f.id, \(key.column) FROM \(source) WHERE \(condition)"
        case .count(nil): return "SELECT count(*) FROM \(source) WHERE \(condition)"
        case .count(let limit?):
            return """
                SELECT count(*) FROM
                (SELECT 1 FROM \(source) WHERE \(condition) LIMIT \(Int64(clamping: limit)))
                """
        }
    }

    private static func visible(on day: Day) -> Fragment {
        "+f.keep_until >= \(Int64(day.number))"
    }
}
