// SPDX-License-Identifier: Apache-2.0
// Conditions as SQL about one row of qt_files.

internal import HoldfastModel

/// Turns conditions into SQL about a row `f` of qt_files. The `+` keeps SQLite from taking an index
/// where walking the newest rows was chosen.
struct Filter {
    /// The tables in which words are looked up.
    let texts: [TextTable]

    func sql(_ condition: Condition) -> Fragment {
        if let match = Match(condition) { return sql(match) }
        if let rows = rows(condition) { return "f.id IN (\(rows))" }
        switch condition {
        case .received(let times):
            guard let keys = Key.range(of: times) else { return "0" }
            return "f.id BETWEEN \(keys.lowerBound) AND \(keys.upperBound)"
        case .date(let times): return Self.date(times)
        case .size(let numbers): return Self.range("+f.size", numbers)
        case .copies(let numbers): return Self.range("f.counted", numbers)
        case .score(let scores):
            // False, and not unknown, for a mail without a score: its negation is then true.
            return
                "(f.score IS NOT NULL AND f.score BETWEEN \(scores.from ?? .min) AND \(scores.to ?? .max))"
        case .keepUntil(let days):
            let (low, high) = (Int64(days.from?.number ?? .min), Int64(days.to?.number ?? .max))
            return "(+f.keep_until BETWEEN \(low) AND \(high))"
        case .kept(let place): return Self.kept(place)
        case .released: return Self.released
        case .held:
            return "EXISTS (SELECT 1 FROM qt_holds h WHERE h.mail_id = f.mail_id AND h.held)"
        case .short: return "f.counted < f.copies_wanted"
        case .not(let inner): return "NOT (\(sql(inner)))"
        case .all(let parts): return "(\(.joined(parts.map(sql), by: " AND ")))"
        case .any(let parts): return "(\(.joined(parts.map(sql), by: " OR ")))"
        // These were answered above.
        case .everything, .words, .attachment, .attachmentType, .domain, .reason, .id, .messageID,
            .digest:
            return "1"
        }
    }

    /// Conditions that are looked up at once, each in all full-text tables: SQLite joins 500 at most.
    private static let joinedMax = 4

    /// The rows that an index finds by what few mails share; nil for all other conditions.
    func rows(_ condition: Condition) -> Fragment? {
        guard case .any(let parts) = condition, parts.count <= Self.joinedMax else {
            return leafRows(condition)
        }
        let rows = parts.compactMap(leafRows)
        return rows.count == parts.count ? .joined(rows, by: " UNION ALL ") : nil
    }

    private func leafRows(_ condition: Condition) -> Fragment? {
        switch condition {
        case .id(let range):
            let (low, high) = (range.lowerBound.bytes, range.upperBound.bytes)
            return "SELECT id FROM qt_files WHERE mail_id BETWEEN \(low) AND \(high)"
        case .messageID(let id): return lookup(Mark.messageID(id), "g.message_id = \(id)")
        case .digest(let range):
            return lookup(Mark.digest(range.digits.prefix(8)), Self.digest(range, of: "g.sha256"))
        default: return nil
        }
    }

    func sql(_ match: Match) -> Fragment {
        switch match {
        case .found(let match):
            let rows = everywhere { "SELECT rowid FROM \($0) WHERE \($0) MATCH \(match.fts)" }
            return "f.id IN (\(rows))"
        case .others: return "NOT \(sql(match.complement))"
        }
    }

    /// A mark narrows it down, and the row itself decides.
    private func lookup(_ mark: String, _ condition: Fragment) -> Fragment {
        let match = TextMatch.marks([mark]).fts
        return everywhere { table in
            """
            SELECT g.id FROM \(table) CROSS JOIN qt_files g ON g.id = \(table).rowid
            WHERE \(table) MATCH \(match) AND \(condition)
            """
        }
    }

    private func everywhere(_ select: (Fragment) -> Fragment) -> Fragment {
        if texts.isEmpty { return "SELECT 1 WHERE 0" }
        return .joined(texts.map { select($0.sqlName) }, by: " UNION ALL ")
    }

    static func digest(_ range: DigestRange, of column: Fragment) -> Fragment {
        "\(column) BETWEEN \(range.low.bytes) AND \(range.high.bytes)"
    }

    /// False, and not unknown, for a mail without a date.
    static func date(_ times: TimeRange) -> Fragment {
        let (from, until) = (times.from?.milliseconds ?? .min, times.until?.milliseconds ?? .max)
        return "(f.date IS NOT NULL AND +f.date >= \(from) AND +f.date < \(until))"
    }

    private static func range(_ column: Fragment, _ numbers: NumberRange) -> Fragment {
        let (from, to) = (Int64(clamping: numbers.from ?? 0), Int64(clamping: numbers.to ?? .max))
        return "(\(column) BETWEEN \(from) AND \(to))"
    }

    private static func kept(_ place: KeptAt) -> Fragment {
        var conditions: [Fragment] = ["e.file = f.id"]
        if let node = place.node { conditions.append("n.name = \(node)") }
        if let segment = place.segment {
            conditions.append("e.segment = \(Int64(clamping: segment))")
        }
        return """
            EXISTS (SELECT 1 FROM qt_files_entries e JOIN qt_nodes n ON n.id = e.node
            WHERE \(.joined(conditions, by: " AND ")))
            """
    }

    static let released: Fragment = """
        f.id IN (SELECT r.id FROM qt_notes n JOIN qt_files r ON r.mail_id = n.mail_id
        WHERE n.sent > 0)
        """
}
