// SPDX-License-Identifier: Apache-2.0
// What a query means, told a second time without a database.

import HoldfastCatalog
import HoldfastMIME
import HoldfastModel

/// A mail with what else is known of it, as a query sees it.
struct Matchable {
    var sample: Sample
    var copies = 1
    var isReleased = false

    func matches(_ condition: Condition) -> Bool {
        switch condition {
        case .everything: true
        case .words(let words): has(words)
        case .attachment: !sample.summary.attachments.isEmpty
        case .attachmentType(let terms): Self.contains(terms, false, in: types)
        case .id(let range): range.contains(sample.id)
        case .messageID(let id): !id.isEmpty && sample.summary.messageID == id
        case .digest(let range): range.contains(sample.summary.digest)
        case .received(let times): times.contains(sample.received)
        case .date(let times): sample.summary.date.map(times.contains) ?? false
        case .size(let numbers): numbers.contains(sample.summary.size)
        case .copies(let numbers): numbers.contains(UInt64(copies))
        case .released: isReleased
        case .short: copies < sample.slip.copiesWanted
        case .not(let inner): !matches(inner)
        case .all(let parts): parts.allSatisfy(matches)
        case .any(let parts): parts.contains(where: matches)
        }
    }

    private func has(_ words: Words) -> Bool {
        places.contains { place, text in
            words.places.contains(place) && Self.contains(words.terms, words.prefix, in: text)
        }
    }

    private static func contains(_ terms: [String], _ prefix: Bool, in text: [String]) -> Bool {
        guard let last = terms.last, text.count >= terms.count else { return false }
        return (0...text.count - terms.count).contains { start in
            let there = text[start..<start + terms.count]
            guard there.dropLast().elementsEqual(terms.dropLast()) else { return false }
            return prefix ? there.last?.hasPrefix(last) == true : there.last == last
        }
    }

    private var places: [(Places, [String])] {
        let summary = sample.summary
        return [
            (.body, sample.words.split(separator: " ").map(String.init)),
            (.subject, SearchText.terms(summary.subject)),
            (.from, Self.terms(summary.from)), (.to, Self.terms(summary.to)),
            (.cc, Self.terms(summary.cc)), (.bcc, Self.terms(summary.bcc)),
            (.mailFrom, SearchText.terms(sample.envelope.sender)),
            (.rcpt, sample.envelope.recipients.flatMap(SearchText.terms)),
            (.names, summary.attachments.map(\.name).flatMap(SearchText.terms)),
        ]
    }

    private var types: [String] {
        sample.summary.attachments.flatMap { attachment in
            let ending = attachment.name.split(separator: ".", omittingEmptySubsequences: false)
            return SearchText.terms(attachment.type)
                + (ending.count > 1 ? SearchText.terms(String(ending[ending.count - 1])) : [])
        }
    }

    private static func terms(_ addresses: [Address]) -> [String] {
        addresses.flatMap { SearchText.terms($0.name) + SearchText.terms($0.address) }
    }
}
