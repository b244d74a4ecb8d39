// SPDX-License-Identifier: Apache-2.0
// What of a query the words of a mail can answer: the same for every full-text index.

internal import HoldfastModel

/// An expression that a full-text index can look up by itself.
indirect enum TextMatch: Hashable {
    case words(Words)
    case all([TextMatch])
    case any([TextMatch])
    /// Found by the first, and by none of the others.
    case but([TextMatch], none: [TextMatch])
}

/// The part of a query that is about words and marks only.
///
/// An index can look for what is there, but not for what is not there: so everything is either a match
/// or the complement of one.
enum Match: Hashable {
    /// The mails that are found so.
    case found(TextMatch)
    /// All others.
    case others(TextMatch)

    /// Nil when some part of the condition is not about words.
    init?(_ condition: Condition) {
        switch condition {
        case .words(let words): self = .found(.words(words))
        case .attachment: self = .found(.marks([Mark.attachment]))
        case .attachmentType(let terms): self = .found(.marks(terms.map(Mark.type)))
        case .reason(let reason): self = .found(.marks([Mark.reason(reason)]))
        case .domain(let domain): self = .found(Self.match(domain))
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
        case .found(let match): .others(match)
        case .others(let match): .found(match)
        }
    }

    /// Side by side and not one within the other: an index reads long lists, but not deep ones.
    static func all(_ matches: [Match]) -> Match {
        var (found, others): ([TextMatch], [TextMatch]) = ([], [])
        for match in matches {
            switch match {
            case .found(let match): found.append(match)
            case .others(let match): others.append(match)
            }
        }
        if found.isEmpty { return .others(others.count > 1 ? .any(others) : others[0]) }
        if others.isEmpty { return .found(found.count > 1 ? .all(found) : found[0]) }
        return .found(.but(found, none: others))
    }

    static func any(_ matches: [Match]) -> Match {
        all(matches.map(\.complement)).complement
    }

    private static func match(_ domain: Domain) -> TextMatch {
        let places = Mark.peoplePlaces.map(\.0).filter(domain.places.contains)
        let marks = places.map { place in
            TextMatch.marks([Mark.domain(domain.terms, in: place)], prefix: domain.prefix)
        }
        return marks.count == 1 ? marks[0] : .any(marks)
    }
}

extension TextMatch {
    /// Marks that stand one after the other.
    static func marks(_ marks: [String], prefix: Bool = false) -> TextMatch {
        .words(Words(marks, in: .marks, prefix: prefix))
    }
}
