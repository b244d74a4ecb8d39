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
        case .all(let parts): self.init(parts) { $0.and($1) }
        case .any(let parts): self.init(parts) { $0.or($1) }
        default: return nil
        }
    }

    private init?(_ parts: [Condition], join: (Match, Match) -> Match) {
        let matches = parts.compactMap { Match($0) }
        guard matches.count == parts.count, let first = matches.first else { return nil }
        self = matches.dropFirst().reduce(first, join)
    }

    var complement: Match {
        switch self {
        case .found(let expression): .others(expression)
        case .others(let expression): .found(expression)
        }
    }

    func and(_ other: Match) -> Match {
        switch (self, other) {
        case (.found(let left), .found(let right)): .found("(\(left) AND \(right))")
        case (.found(let left), .others(let right)): .found("(\(left) NOT \(right))")
        case (.others(let left), .found(let right)): .found("(\(right) NOT \(left))")
        case (.others(let left), .others(let right)): .others("(\(left) OR \(right))")
        }
    }

    func or(_ other: Match) -> Match {
        complement.and(other.complement).complement
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
