// SPDX-License-Identifier: Apache-2.0
// A condition as a tree that a person reads.

internal import HoldfastMIME
internal import HoldfastModel

extension Condition {
    /// One line a node, each level further in.
    package var tree: [String] {
        switch self {
        case .all(let parts): ["all of"] + parts.flatMap(Self.inner)
        case .any(let parts): ["any of"] + parts.flatMap(Self.inner)
        case .not(let part): ["not"] + Self.inner(part)
        default: [leaf]
        }
    }

    private static func inner(_ part: Condition) -> [String] { part.tree.map { "  " + $0 } }

    private var leaf: String {
        switch self {
        case .words(let words): words.text
        case .attachment: "has an attachment"
        case .attachmentType(let terms): "attachment of type \(terms.joined(separator: "/"))"
        case .domain(let domain): domain.text
        case .reason(let reason): "found to be \(reason.rawValue)"
        case .score(let scores):
            "score "
                + Self.range(scores.from.map(Self.decimal), scores.to.map(Self.decimal))
        case .id(let ids):
            ids.lowerBound == ids.upperBound
                ? "mail id \(ids.lowerBound)"
                : "mail id from \(ids.lowerBound) to \(ids.upperBound)"
        case .messageID(let id): "Message-ID '\(id)'"
        case .digest(let digests): "SHA-256 that begins with \(digests.digits)"
        case .received(let times): "received " + Self.range(times)
        case .date(let times): "Date header " + Self.range(times)
        case .size(let numbers): "octets " + Self.range(numbers)
        case .copies(let numbers): "copies " + Self.range(numbers)
        case .keepUntil(let days): "keep-until day " + Self.range(days.from, days.to)
        case .kept(let place): place.text
        case .released: "was released"
        case .held: "is held"
        case .short: "has fewer copies than wanted"
        case .everything, .all, .any, .not: "every mail"
        }
    }

    private static func range(_ times: TimeRange) -> String {
        let parts = [
            times.from.map { "from \($0.iso8601)" }, times.until.map { "before \($0.iso8601)" },
        ]
        return parts.compactMap(\.self).joined(separator: " ")
    }

    private static func range(_ numbers: NumberRange) -> String {
        range(numbers.from, numbers.to)
    }

    private static func range(
        _ from: (some CustomStringConvertible)?, _ to: (some CustomStringConvertible)?
    ) -> String {
        let parts = [from.map { "from \($0)" }, to.map { "to \($0)" }]
        return parts.compactMap(\.self).joined(separator: " ")
    }

    /// Thousandths as people write them.
    private static func decimal(_ thousandths: Int64) -> String {
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        let padded = String(repeating: "0", count: 3 - digits.count) + digits
        return "\(thousandths < 0 ? "-" : "")\(whole).\(padded)"
    }
}

extension Words {
    fileprivate var text: String {
        let kind = terms.count > 1 ? "phrase" : "word"
        let star = prefix ? "*" : ""
        let place = places == .all ? "anywhere" : "in \(places.names)"
        return "\(kind) '\(terms.joined(separator: " "))\(star)' \(place)"
    }
}

extension Domain {
    fileprivate var text: String {
        let star = prefix ? "*" : ""
        return "address at exactly '\(terms.joined(separator: "."))\(star)' in \(places.names)"
    }
}

extension KeptAt {
    fileprivate var text: String {
        let parts = [node.map { "at node '\($0)'" }, segment.map { "in segment \($0)" }]
        return "copy " + parts.compactMap(\.self).joined(separator: " ")
    }
}

extension Places {
    fileprivate var names: String {
        let names: [(Places, String)] = [
            (.subject, "subject"), (.from, "From"), (.to, "To"), (.cc, "Cc"), (.bcc, "Bcc"),
            (.mailFrom, "envelope sender"), (.rcpt, "envelope recipients"),
            (.names, "attachment names"), (.body, "text"),
        ]
        return names.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
