// SPDX-License-Identifier: Apache-2.0
// Conditions on words as expressions of FTS5.

internal import HoldfastModel

/// The part of a query that the full-text index can answer by itself.
///
/// FTS5 can look for what is there, but not for what is not there: so everything is either a match
/// or the complement of one. Its texts are made of normalised words between quotation marks only,
/// and are bound as values.
enum Match: Hashable {
    /// The mails that FTS5 finds with this expression.
    case found(String)
    /// All others.
    case others(String)

    /// Nil when some part of the condition is not about words.
    init?(_ condition: Condition) {
        switch condition {
        case .words(let words): self = .found(Self.expression(words))
        case .attachment: self = .found(Self.marks([Mark.attachment]))
        case .attachmentType(let terms): self = .found(Self.marks(terms.map(Mark.type)))
        case .not(let inner):
            guard let inner = Match(inner) else { return nil }
            self = inner.complement
        case .all(let parts): self.init(parts, join: Match.all)
        case .any(let parts): self.init(parts, join: Match.any)
        default: return nil
        }
    }

    private init?(_ parts: [Condition], join: ([Match]) -> Match) {
        let matches = parts.compactMap { Match($0) }
        guard matches.count == parts.count else { return nil }
        self = join(matches)
    }

    var complement: Match {
        switch self {
        case .found(let expression): .others(expression)
        case .others(let expression): .found(expression)
        }
    }

    /// Side by side and not one within the other: FTS5 reads long lists, but not deep ones.
    static func all(_ matches: [Match]) -> Match {
        var (found, others): ([String], [String]) = ([], [])
        for match in matches {
            switch match {
            case .found(let expression): found.append(expression)
            case .others(let expression): others.append(expression)
            }
        }
        if found.isEmpty { return .others(joined(others, by: " OR ")) }
        if others.isEmpty { return .found(joined(found, by: " AND ")) }
        return .found("(\(joined(found, by: " AND ")) NOT \(joined(others, by: " OR ")))")
    }

    static func any(_ matches: [Match]) -> Match {
        all(matches.map(\.complement)).complement
    }

    private static func joined(_ expressions: [String], by operation: String) -> String {
        let joined = expressions.joined(separator: operation)
        return expressions.count > 1 ? "(\(joined))" : joined
    }

    /// Finds the marks, one after the other.
    static func marks(_ marks: [String]) -> String {
        "marks : " + quoted(marks)
    }

    private static func expression(_ words: Words) -> String {
        let text = quoted(words.terms) + (words.prefix ? " *" : "")
        return words.places == .all ? text : "{\(columns(words.places))} : \(text)"
    }

    private static func quoted(_ terms: [String]) -> String {
        "\"" + terms.joined(separator: " ").replacing("\"", with: "\"\"") + "\""
    }

    private static func columns(_ places: Places) -> String {
        let columns: [(Places, String)] = [
            (.body, "body"), (.subject, "subject"), (.from, "from_words"), (.to, "to_words"),
            (.cc, "cc_words"), (.bcc, "bcc_words"), (.mailFrom, "sender_words"),
            (.rcpt, "rcpt_words"), (.names, "names"),
        ]
        return columns.filter { places.contains($0.0) }.map(\.1).joined(separator: " ")
    }
}
