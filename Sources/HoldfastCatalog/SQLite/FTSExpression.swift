// SPDX-License-Identifier: Apache-2.0
// Matches as expressions of FTS5.

internal import HoldfastModel

extension TextMatch {
    /// The expression, which is bound as a value.
    ///
    /// All that was written by others in it stands between quotation marks, and is made of normalised
    /// words, which hold none.
    var fts: String {
        switch self {
        case .words(let words): Self.fts(words)
        case .all(let parts): Self.joined(parts, by: " AND ")
        case .any(let parts): Self.joined(parts, by: " OR ")
        case .but(let parts, let others):
            "(\(Self.joined(parts, by: " AND ")) NOT \(Self.joined(others, by: " OR ")))"
        }
    }

    private static func joined(_ parts: [TextMatch], by operation: String) -> String {
        let joined = parts.map(\.fts).joined(separator: operation)
        return parts.count > 1 ? "(\(joined))" : joined
    }

    private static func fts(_ words: Words) -> String {
        let phrase = words.terms.joined(separator: " ").replacing("\"", with: "\"\"")
        let text = "\"\(phrase)\"" + (words.prefix ? " *" : "")
        return words.places == .all ? text : "{\(columns(words.places))} : \(text)"
    }

    private static func columns(_ places: Places) -> String {
        let columns: [(Places, String)] = [
            (.body, "body"), (.subject, "subject"), (.from, "from_words"), (.to, "to_words"),
            (.cc, "cc_words"), (.bcc, "bcc_words"), (.mailFrom, "sender_words"),
            (.rcpt, "rcpt_words"), (.names, "names"), (.marks, "marks"),
        ]
        return columns.filter { places.contains($0.0) }.map(\.1).joined(separator: " ")
    }
}
