// SPDX-License-Identifier: Apache-2.0
// What a query means for one mail, without a database: for storages, and for unplugged disks.

internal import HoldfastMIME
package import HoldfastModel

/// One mail as far as somebody has read it. What is nil was not read, and nothing is said of it.
package struct MailView: Sendable {
    package var id: MailID
    package var received: Timestamp?
    package var size: UInt64?
    package var subject: String?
    /// The SMTP sender.
    package var sender: String?
    package var messageID: String?
    package var summary: Summary?
    package var envelope: Envelope?
    /// The body's words, normalised.
    package var words: String?
    /// What only a catalog knows.
    package var copies: Int?
    package var copiesWanted: Int?
    package var keepUntil: Day?
    /// Where copies are: at a node, in a segment.
    package var kept: [KeptAt]?
    package var isReleased: Bool?
    package var isHeld: Bool?

    package init(id: MailID) {
        self.id = id
    }

    /// A mail whose header sections were read, but not its message.
    package init(id: MailID, received: Timestamp, summary: Summary, envelope: Envelope) {
        self.id = id
        self.received = received
        self.summary = summary
        self.envelope = envelope
        size = summary.size
        subject = summary.subject
        messageID = summary.messageID
        sender = envelope.sender
    }

    /// Whether the condition holds; nil where that depends on what was not read.
    package func matches(_ condition: Condition) -> Bool? {
        switch condition {
        case .everything: true
        case .words(let words): has(words)
        case .attachment: summary.map { !$0.attachments.isEmpty }
        case .attachmentType(let terms):
            summary.map { Self.contains(terms, false, in: Self.types(of: $0)) }
        case .domain(let domain): has(domain)
        case .reason(let reason):
            summary.map { Judgement(of: $0.verdicts).reasons.contains(reason) }
        case .score(let scores):
            summary.map { Judgement(of: $0.verdicts).score.map(scores.contains) ?? false }
        case .id(let range): range.contains(id)
        case .messageID(let wanted): messageID.map { !wanted.isEmpty && $0 == wanted }
        case .digest(let range): summary.map { range.contains($0.digest) }
        case .received(let times): received.map(times.contains)
        case .date(let times): summary.map { $0.date.map(times.contains) ?? false }
        case .size(let numbers): size.map(numbers.contains)
        case .copies(let numbers): copies.map { numbers.contains(UInt64($0)) }
        case .keepUntil(let days): keepUntil.map(days.contains)
        case .kept(let place): kept.map { $0.contains(where: place.covers) }
        case .released: isReleased
        case .held: isHeld
        case .short: copies.flatMap { copies in copiesWanted.map { copies < $0 } }
        case .not(let inner): matches(inner).map { !$0 }
        case .all(let parts): all(parts)
        case .any(let parts): all(parts.map(Condition.not)).map { !$0 }
        }
    }

    /// One part that does not hold decides, whatever is not known of the others.
    private func all(_ parts: [Condition]) -> Bool? {
        var isKnown = true
        for part in parts {
            switch matches(part) {
            case false?: return false
            case true?: break
            case nil: isKnown = false
            }
        }
        return isKnown ? true : nil
    }

    /// Found in one place is found, whatever was not read of the others.
    private func has(_ words: Words) -> Bool? {
        var isKnown = true
        for place in Self.places where words.places.contains(place) {
            guard let terms = terms(of: place) else {
                isKnown = false
                continue
            }
            if Self.contains(words.terms, words.prefix, in: terms) { return true }
        }
        return isKnown ? false : nil
    }

    private static let places: [Places] = [
        .subject, .mailFrom, .from, .to, .cc, .bcc, .rcpt, .names, .body,
    ]

    private func terms(of place: Places) -> [String]? {
        switch place {
        case .body: words?.split(separator: " ").map(String.init)
        case .subject: subject.map(SearchText.terms)
        case .mailFrom: sender.map(SearchText.terms)
        case .from: (summary?.from).map(Self.terms)
        case .to: (summary?.to).map(Self.terms)
        case .cc: (summary?.cc).map(Self.terms)
        case .bcc: (summary?.bcc).map(Self.terms)
        case .rcpt: envelope?.recipients.flatMap(SearchText.terms)
        default: summary?.attachments.map(\.name).flatMap(SearchText.terms)
        }
    }

    private func has(_ domain: Domain) -> Bool? {
        var isKnown = true
        for place in Self.places where domain.places.contains(place) {
            guard let addresses = addresses(in: place) else {
                isKnown = false
                continue
            }
            let domains = addresses.compactMap(Mark.domainTerms)
            if domains.contains(where: domain.covers) { return true }
        }
        return isKnown ? false : nil
    }

    private func addresses(in place: Places) -> [String]? {
        switch place {
        case .mailFrom: sender.map { [$0] }
        case .from: summary?.from.map(\.address)
        case .to: summary?.to.map(\.address)
        case .cc: summary?.cc.map(\.address)
        case .bcc: summary?.bcc.map(\.address)
        case .rcpt: envelope?.recipients
        default: []
        }
    }

    private static func terms(_ addresses: [Address]) -> [String] {
        addresses.flatMap { SearchText.terms($0.name) + SearchText.terms($0.address) }
    }

    private static func types(of summary: Summary) -> [String] {
        summary.attachments.flatMap(Mark.types)
    }

    /// Whether the terms stand in a text one after the other, the last one whole or as a beginning.
    private static func contains(_ terms: [String], _ prefix: Bool, in text: [String]) -> Bool {
        guard let last = terms.last, text.count >= terms.count else { return false }
        return (0...text.count - terms.count).contains { start in
            let there = text[start..<start + terms.count]
            guard there.dropLast().elementsEqual(terms.dropLast()) else { return false }
            return prefix ? there.last?.hasPrefix(last) == true : there.last == last
        }
    }
}

extension Condition {
    /// The terms of it that nothing but a catalog can answer, as a person writes them.
    package var needingCatalog: [String] {
        switch self {
        case .copies: ["copies:"]
        case .keepUntil: ["expires:"]
        case .kept(let place): [place.segment == nil ? "node:" : "segment:"]
        case .released: ["is:released"]
        case .held: ["is:held"]
        case .short: ["is:short"]
        case .not(let inner): inner.needingCatalog
        case .all(let parts), .any(let parts): parts.flatMap(\.needingCatalog)
        default: []
        }
    }

    /// When a mail must have been received for this to hold, as far as that is plain to see.
    package var receivedBounds: TimeRange {
        switch self {
        case .received(let times): times
        case .all(let parts):
            parts.map(\.receivedBounds).reduce(TimeRange()) { bounds, part in
                TimeRange(
                    from: [bounds.from, part.from].compactMap(\.self).max(),
                    until: [bounds.until, part.until].compactMap(\.self).min())
            }
        default: TimeRange()
        }
    }
}

extension Domain {
    /// Whether this domain, or one that begins so, is meant.
    fileprivate func covers(_ terms: [String]) -> Bool {
        guard prefix else { return terms == self.terms }
        return terms.joined(separator: " ").hasPrefix(self.terms.joined(separator: " "))
    }
}

extension KeptAt {
    fileprivate func covers(_ place: KeptAt) -> Bool {
        (node == nil || node == place.node) && (segment == nil || segment == place.segment)
    }
}
