// SPDX-License-Identifier: Apache-2.0
// The value of a field: what may stand behind its colon.

internal import HoldfastMIME
internal import HoldfastModel

extension Parser {
    mutating func value(
        _ text: String, of field: Field, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        guard comparison == .equal || field.isCompared else {
            throw QueryError("'\(field.rawValue):' cannot be larger or smaller", at: place)
        }
        // Elsewhere an angle bracket is a part of the value: `id:<a@b>`.
        let (comparison, text) =
            field.isCompared ? Comparison.read(text, after: comparison) : (comparison, text)
        if field == .in { return try folder(text, at: place) }
        if let places = field.places {
            return try words(starred: text, in: places, named: field.rawValue, at: place)
        }
        try count(1, at: place)
        switch field {
        case .received: return .received(try times(text, comparison, at: place))
        case .date: return .date(try times(text, comparison, at: place))
        case .after: return .received(TimeRange(from: try span(text, at: place).lowerBound))
        case .before: return .received(TimeRange(until: try span(text, at: place).lowerBound))
        case .newerThan: return .received(TimeRange(from: try ago(text, at: place)))
        case .olderThan: return .received(TimeRange(until: try ago(text, at: place)))
        case .size: return .size(try numbers(text, comparison, at: place))
        case .larger: return .size(try numbers(text, .greater, at: place))
        case .smaller: return .size(try numbers(text, .less, at: place))
        case .copies: return .copies(try numbers(text, comparison, at: place))
        case .score: return .score(try scores(text, comparison, at: place))
        case .expires: return .keepUntil(try days(text, comparison, at: place))
        case .reason: return .reason(try reason(text, at: place))
        case .node: return .kept(KeptAt(node: text))
        case .segment: return .kept(try segment(text, at: place))
        case .id: return try id(text, at: place)
        case .msgid: return .messageID(try messageID(text, at: place))
        case .sha256: return try digest(text, at: place)
        case .type: return try attachmentType(text, at: place)
        case .has, .hasattachment, .flag: return try attachment(text, of: field, at: place)
        case .is: return try state(text, at: place)
        default: return nil  // The fields that look into text were answered above.
        }
    }

    private func id(_ text: String, at place: Range<Int>) throws(QueryError) -> Condition {
        let messageID = Condition.messageID(try messageID(text, at: place))
        guard let range = MailID.range(ofPrefix: text) else { return messageID }
        guard text.utf8.count >= Query.Limits.idLettersMin else {
            throw QueryError(
                "Of a mail id 'id:' needs \(Query.Limits.idLettersMin) letters or more", at: place)
        }
        return .any([.id(range), messageID])
    }

    private func messageID(_ text: String, at place: Range<Int>) throws(QueryError) -> String {
        let isBracketed = text.hasPrefix("<") && text.hasSuffix(">") && text.count > 1
        let id = isBracketed ? String(text.dropFirst().dropLast()) : text
        guard !id.isEmpty else { throw QueryError("'msgid:' needs a Message-ID", at: place) }
        return id
    }

    private func digest(_ text: String, at place: Range<Int>) throws(QueryError) -> Condition {
        guard text.utf8.count >= Query.Limits.digestDigitsMin,
            let range = DigestRange(beginning: text)
        else {
            throw QueryError(
                "'sha256:' needs \(Query.Limits.digestDigitsMin) to 64 hexadecimal digits",
                at: place)
        }
        return .digest(range)
    }

    private mutating func attachmentType(
        _ text: String, at place: Range<Int>
    ) throws(QueryError) -> Condition {
        let text = text.hasSuffix("/*") ? String(text.dropLast(2)) : text
        let terms = SearchText.terms(text)
        guard !terms.isEmpty, !text.contains("*") else {
            throw QueryError("A type looks like 'pdf', 'image/png' or 'image/*'", at: place)
        }
        try count(terms.count - 1, at: place)
        return .attachmentType(terms)
    }

    private func attachment(
        _ text: String, of field: Field, at place: Range<Int>
    ) throws(QueryError) -> Condition {
        switch (field, text.lowercased()) {
        case (.has, "attachment"), (.has, "attachments"), (.flag, "attach"),
            (.flag, "attachment"), (.hasattachment, "true"), (.hasattachment, "yes"):
            return .attachment
        case (.hasattachment, "false"), (.hasattachment, "no"): return .not(.attachment)
        default: throw QueryError("Only 'has:attachment' can be asked", at: place)
        }
    }

    private func state(_ text: String, at place: Range<Int>) throws(QueryError) -> Condition {
        switch text.lowercased() {
        case "released": return .released
        case "short": return .short
        case "held", "onhold": return .held
        default:
            throw QueryError("A mail can be 'is:released', 'is:held' or 'is:short'", at: place)
        }
    }

    private func reason(_ text: String, at place: Range<Int>) throws(QueryError) -> Judgement.Reason
    {
        guard let reason = Judgement.Reason(rawValue: text.lowercased()) else {
            let all = Judgement.Reason.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError("The reasons that scanners give are \(all)", at: place)
        }
        return reason
    }

    /// There are no folders here: what a mail is in is somebody's mail, or a domain's.
    private mutating func folder(
        _ text: String, at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        switch text.lowercased() {
        case "anywhere", "all": return .everything
        case "inbox", "sent", "spam", "junk", "trash", "drafts", "archive", "snoozed", "chats":
            throw QueryError(
                "There are no folders; 'in:' takes an address or a domain of the envelope",
                at: place)
        default: return try words(starred: text, in: .rcpt, named: "in", at: place)
        }
    }

    /// `127`, or `storage-3/127`.
    private func segment(_ text: String, at place: Range<Int>) throws(QueryError) -> KeptAt {
        let slash = text.lastIndex(of: "/")
        let number = slash.map { text[text.index(after: $0)...] } ?? text[...]
        guard let segment = SegmentNumber(number), segment <= Int64.max else {
            throw QueryError("A segment looks like '127' or 'storage-3/127'", at: place)
        }
        return KeptAt(node: slash.map { String(text[..<$0]) }, segment: segment)
    }
}
