// SPDX-License-Identifier: Apache-2.0
// Conditions written out as queries, each time in another of the ways that the language has.

import HoldfastCatalog
import HoldfastChance
import HoldfastMIME
import HoldfastModel

extension SplitMix64 {
    /// A query that means the condition; nil where none can be written.
    mutating func text(_ condition: Condition) -> String? {
        switch condition {
        case .not(let inner):
            guard let text = operand(inner) else { return nil }
            return one(of: ["-", "NOT ", "not ", "!"]) + text
        case .all(let parts): return joined(parts, by: [" ", " AND ", " and ", "  "])
        case .any(let parts): return joined(parts, by: [" OR ", " or ", "|", " | "])
        default: return leaf(condition)
        }
    }

    private mutating func joined(_ parts: [Condition], by signs: [String]) -> String? {
        var texts: [String] = []
        for part in parts {
            guard let text = operand(part) else { return nil }
            texts.append(text)
        }
        return texts.dropFirst().reduce(texts[0]) { $0 + one(of: signs) + $1 }
    }

    private mutating func operand(_ condition: Condition) -> String? {
        guard let text = text(condition) else { return nil }
        switch condition {
        case .all, .any, .not: return "(\(text))"
        // What is written as two terms.
        case .received, .date: return "(\(text))"
        default: return chance(6) ? "(\(text))" : text
        }
    }

    private mutating func leaf(_ condition: Condition) -> String? {
        switch condition {
        case .everything: "*"
        case .words(let words): text(words)
        case .attachment:
            one(of: ["has:attachment", "hasattachment:true", "flag:attach", "tag:attachment"])
        case .attachmentType(let terms):
            one(of: ["type:", "mime:", "mimetype:"]) + terms.joined(separator: "/")
        case .domain(let domain): text(domain)
        case .reason(let reason):
            "reason:" + one(of: [reason.rawValue, reason.rawValue.uppercased()])
        case .score(let scores) where scores == ScoreRange(): "score:-99999.."
        case .score(let scores):
            "score:" + range(scores.from.map { $0 / 1000 }, scores.to.map { $0 / 1000 })
        case .id(let ids): text(ids)
        case .messageID(let id):
            id.isEmpty
                ? nil
                : one(of: ["msgid:", "mid:", "rfc822msgid:", "message-id:"])
                    + one(of: [id, "<\(id)>"])
        case .digest(let range): one(of: ["sha256:", "hash:"]) + range.digits
        case .received(let times): text(times, named: one(of: ["received", "arrived"]))
        case .date(let times): text(times, named: one(of: ["date", "sent"]))
        case .size(let numbers): one(of: ["size:", "z:"]) + range(numbers.from, numbers.to)
        case .copies(let numbers): "copies:" + range(numbers.from, numbers.to)
        case .keepUntil(let days): "expires:" + range(days.from, days.to)
        case .kept(let place): text(place)
        case .released: one(of: ["is:released", "state:released", "ReleaseStatus:released"])
        case .held: one(of: ["is:held", "is:onhold"])
        case .short: "is:short"
        case .not, .all, .any: nil
        }
    }

    private mutating func range<Bound: CustomStringConvertible>(
        _ from: Bound?, _ to: Bound?
    ) -> String {
        switch (from, to) {
        case (let from?, let to?): "\(from)..\(to)"
        case (let from?, nil): one(of: ["\(from)..", ">=\(from)"])
        case (nil, let to?): one(of: ["..\(to)", "<=\(to)"])
        case (nil, nil): "0.."
        }
    }

    private func text(_ times: TimeRange, named field: String) -> String {
        let parts = [
            times.from.map { "\(field)>=\($0.iso8601)" },
            times.until.map { "\(field):<\($0.iso8601)" },
        ]
        return parts.compactMap(\.self).joined(separator: " ")
    }

    private func text(_ ids: ClosedRange<MailID>) -> String? {
        let ends = zip(ids.lowerBound.description, ids.upperBound.description)
        let common = ends.prefix { $0.0 == $0.1 }.map { String($0.0) }.joined()
        return common.count < 4 ? nil : "id:\(common)"
    }

    private mutating func text(_ domain: Domain) -> String? {
        guard let field = field(of: domain.places) else { return nil }
        return field + "@" + domain.terms.joined(separator: ".") + (domain.prefix ? "*" : "")
    }

    private func text(_ place: KeptAt) -> String {
        guard let segment = place.segment else { return "node:\(place.node ?? "")" }
        return "segment:" + (place.node.map { "\($0)/" } ?? "") + "\(segment)"
    }

    /// Pairs of ideographs are one text only when nothing stands beside them.
    private mutating func text(_ words: Words) -> String? {
        let last = words.terms.last ?? ""
        let isPlain = words.terms.allSatisfy { !$0.unicodeScalars.contains { $0.value >= 0x2000 } }
        guard isPlain, !words.prefix || last.utf8.count > 1, let field = field(of: words.places)
        else {
            return nil
        }
        let star = words.prefix ? "*" : ""
        guard words.terms.count > 1 else { return field + one(of: [last, "\"\(last)\""]) + star }
        return field
            + one(of: [
                "\"\(words.terms.joined(separator: " "))\"", words.terms.joined(separator: "-"),
                words.terms.joined(separator: "."),
                "\u{201C}\(words.terms.joined(separator: ", "))\u{201D}",
            ]) + star
    }

    private mutating func field(of places: Places) -> String? {
        let names: [(Places, [String])] = [
            (.all, [""]), (.body, ["body:", "b:", "Body:"]),
            (.subject, ["subject:", "s:", "subject="]),
            (.from, ["from:", "f:", "sender:", "FROM:"]),
            (.recipients, ["to:", "recip:", "recipients:", "tc:", "t:"]), (.cc, ["cc:", "c:"]),
            (.bcc, ["bcc:"]), (.mailFrom, ["mailfrom:", "SenderAddress:"]),
            (.rcpt, ["rcpt:", "RecipientAddress:", "in:"]),
            (.people, ["with:", "participants:", "contact:", "a:"]),
            (.names, ["filename:", "attachment:", "attachmentnames:", "file:", "n:"]),
        ]
        return names.first { $0.0 == places }.map { one(of: $0.1) }
    }
}
