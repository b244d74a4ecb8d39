// SPDX-License-Identifier: Apache-2.0
// A piece of SQL with the values that are bound to it.

internal import Foundation
internal import GRDB
internal import HoldfastModel

/// SQL that was written by us, and values that may have been written by anyone.
struct Fragment {
    var sql: String
    var arguments: [DatabaseValue] = []

    init(_ sql: String, _ arguments: [any DatabaseValueConvertible] = []) {
        self.sql = sql
        self.arguments = arguments.map(\.databaseValue)
    }

    static func joined(_ parts: [Fragment], by separator: String) -> Fragment {
        var joined = Fragment(parts.map(\.sql).joined(separator: separator))
        joined.arguments = parts.flatMap(\.arguments)
        return joined
    }

    func enclosed(_ before: String, _ after: String) -> Fragment {
        var enclosed = Fragment(before + sql + after)
        enclosed.arguments = arguments
        return enclosed
    }
}

/// Turns conditions into SQL about a row `f` of qt_files. The `+` keeps SQLite from taking an index
/// where walking the newest rows was chosen.
struct Filter {
    /// The tables in which words are looked up.
    let texts: [TextTable]

    func sql(_ condition: Condition) -> Fragment {
        if let match = Match(condition) { return sql(match) }
        switch condition {
        case .id(let range):
            return Fragment(
                "f.id IN (SELECT id FROM qt_files WHERE mail_id BETWEEN ? AND ?)",
                [range.lowerBound.data, range.upperBound.data])
        case .messageID(let id):
            return lookup(Mark.messageID(id), Fragment("g.message_id = ?", [id]))
        case .digest(let range):
            return lookup(Mark.digest(range.digits.prefix(8)), Self.digest(range, of: "g"))
        case .received(let times):
            guard let keys = Key.range(of: times) else { return Fragment("0") }
            return Fragment("f.id BETWEEN ? AND ?", [keys.lowerBound, keys.upperBound])
        case .date(let times): return Self.date(times)
        case .size(let numbers): return Self.range("+f.size", numbers)
        case .copies(let numbers): return Self.range("f.copies", numbers)
        case .released: return Fragment(Self.released)
        case .held:
            return Fragment(
                "EXISTS (SELECT 1 FROM qt_holds h WHERE h.mail_id = f.mail_id AND h.held)")
        case .short: return Fragment("f.counted < f.copies_wanted")
        case .not(let inner): return sql(inner).enclosed("NOT (", ")")
        case .all(let parts):
            return .joined(parts.map(sql), by: " AND ").enclosed("(", ")")
        case .any(let parts):
            return .joined(parts.map(sql), by: " OR ").enclosed("(", ")")
        // The rest is about words.
        case .everything, .words, .attachment, .attachmentType: return Fragment("1")
        }
    }

    func sql(_ match: Match) -> Fragment {
        switch match {
        case .found(let expression):
            return everywhere {
                Fragment("SELECT rowid FROM \($0) WHERE \($0) MATCH ?", [expression])
            }.enclosed("f.id IN (", ")")
        case .others: return sql(match.complement).enclosed("NOT ", "")
        }
    }

    /// A mark narrows it down, and the row itself decides.
    private func lookup(_ mark: String, _ condition: Fragment) -> Fragment {
        everywhere { table in
            let found = Fragment(
                "SELECT g.id FROM \(table) CROSS JOIN qt_files g ON g.id = \(table).rowid "
                    + "WHERE \(table) MATCH ?", [Match.marks([mark])])
            return .joined([found, condition], by: " AND ")
        }.enclosed("f.id IN (", ")")
    }

    private func everywhere(_ select: (String) -> Fragment) -> Fragment {
        if texts.isEmpty { return Fragment("SELECT 1 WHERE 0") }
        return .joined(texts.map { select($0.name) }, by: " UNION ALL ")
    }

    static func digest(_ range: DigestRange, of row: String) -> Fragment {
        Fragment(
            "\(row).sha256 BETWEEN ? AND ?",
            [Data(range.low.bytes), Data(range.high.bytes)])
    }

    /// False, and not unknown, for a mail without a date: its negation is then true.
    static func date(_ times: TimeRange) -> Fragment {
        Fragment(
            "(f.date IS NOT NULL AND +f.date >= ? AND +f.date < ?)",
            [times.from?.milliseconds ?? .min, times.until?.milliseconds ?? .max])
    }

    private static func range(_ column: String, _ numbers: NumberRange) -> Fragment {
        Fragment(
            "(\(column) BETWEEN ? AND ?)",
            [Int64(clamping: numbers.from ?? 0), Int64(clamping: numbers.to ?? .max)])
    }

    static let released = """
        f.id IN (SELECT r.id FROM qt_notes n JOIN qt_files r ON r.mail_id = n.mail_id
        WHERE n.sent > 0)
        """
}
