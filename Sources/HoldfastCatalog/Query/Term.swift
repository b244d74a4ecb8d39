// SPDX-License-Identifier: Apache-2.0
// One term of a query: a word, or a field with its value.

internal import HoldfastMIME
internal import HoldfastModel

extension Parser {
    /// Reads `word`, `word*`, `field:value` or `field>value`.
    mutating func term(_ text: String, at place: Range<Int>) throws(QueryError) -> Condition? {
        guard let parts = FieldText(text) else { return try bareWord(text, at: place) }
        guard let field = Field(name: parts.name) else {
            if parts.looksLikeText { return try bareWord(text, at: place) }
            throw unknown(parts.name, at: place)
        }
        let valuePlace = place.upperBound - parts.value.count..<place.upperBound
        if !parts.value.isEmpty {
            return try value(parts.value, of: field, parts.comparison, at: valuePlace)
        }
        guard let token = touchingToken() else {
            throw QueryError(
                "After '\(parts.name):' its value must follow, without a blank", at: place)
        }
        switch token.kind {
        case .open:
            guard let places = field.places else {
                throw QueryError("'\(parts.name):' takes one value", at: token.place)
            }
            return try group(openedBy: token, in: places)
        case .quoted(let text, let star):
            if let places = field.places {
                return try words(text, in: places, prefix: star, named: parts.name, at: token.place)
            }
            return try value(text, of: field, parts.comparison, at: token.place)
        default:
            throw QueryError("After '\(parts.name):' its value must follow", at: place)
        }
    }

    private func unknown(_ name: String, at place: Range<Int>) -> QueryError {
        let suggestion =
            Field.nearest(to: name).map { "did you mean '\($0):'?" }
            ?? "there are \(Field.common); to look for the text itself, put it in quotation marks"
        return QueryError(
            "There is no field '\(name):'; \(suggestion)",
            at: place.lowerBound..<place.lowerBound + name.count + 1)
    }

    private mutating func bareWord(
        _ text: String, at place: Range<Int>
    ) throws(QueryError)
        -> Condition?
    {
        text == "*" ? .everything : try words(starred: text, in: placesHere, at: place)
    }

    private mutating func words(
        starred text: String, in places: Places, named field: String? = nil, at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        let star = text.hasSuffix("*")
        let word = star ? String(text.dropLast()) : text
        guard !word.contains("*") else {
            throw QueryError("A '*' can only end a word", at: place)
        }
        return try words(word, in: places, prefix: star, named: field, at: place)
    }

    /// Some text as the words that the index has for it; several are a phrase.
    mutating func words(
        _ text: String, in places: Places, prefix: Bool, named field: String? = nil,
        at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        let terms = SearchText.terms(text)
        guard let last = terms.last else {
            guard let field else { return nil }
            throw QueryError("'\(field):' needs a letter or digit to look for", at: place)
        }
        if prefix, last.utf8.count < Query.Limits.prefixLettersMin {
            throw QueryError(
                "Before '*' there must be \(Query.Limits.prefixLettersMin) letters", at: place)
        }
        try count(terms.count, at: place)
        return .words(Words(terms, in: places, prefix: prefix))
    }
}

// The values of fields.
extension Parser {
    private mutating func value(
        _ text: String, of field: Field, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        guard comparison == .equal || field.isCompared else {
            throw QueryError("'\(field.rawValue):' cannot be larger or smaller", at: place)
        }
        // Elsewhere an angle bracket is a part of the value: `id:<a@b>`.
        let (comparison, text) =
            field.isCompared ? Comparison.read(text, after: comparison) : (comparison, text)
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
            (.hasattachment, "true"), (.hasattachment, "yes"):
            return .attachment
        case (.hasattachment, "false"), (.hasattachment, "no"): return .not(.attachment)
        default: throw QueryError("Only 'has:attachment' can be asked", at: place)
        }
    }

    private func state(_ text: String, at place: Range<Int>) throws(QueryError) -> Condition {
        switch text.lowercased() {
        case "released": return .released
        case "short": return .short
        case "held": return .held
        default:
            throw QueryError("A mail can be 'is:released', 'is:held' or 'is:short'", at: place)
        }
    }
}

// Times and numbers.
extension Parser {
    private func span(_ text: String, at place: Range<Int>) throws(QueryError) -> Range<Timestamp> {
        guard let span = calendar.span(text) else {
            throw QueryError(
                "'\(text)' is no date; write 2026-01-31, 2026-01, 2026, today, yesterday or 7d",
                at: place)
        }
        return span
    }

    private func ago(_ text: String, at place: Range<Int>) throws(QueryError) -> Timestamp {
        guard let moment = calendar.moment(ago: text) else {
            throw QueryError("'\(text)' is no length of time; write 7d, 2w, 3m or 1y", at: place)
        }
        return moment
    }

    private func times(
        _ text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> TimeRange {
        if let (first, last) = try ends(of: text, comparison, at: place) {
            return TimeRange(
                from: try first.map { text throws(QueryError) in
                    try span(text, at: place).lowerBound
                },
                until: try last.map { text throws(QueryError) in
                    try span(text, at: place).upperBound
                })
        }
        let named = try span(text, at: place)
        switch comparison {
        case .equal: return TimeRange(from: named.lowerBound, until: named.upperBound)
        case .less: return TimeRange(until: named.lowerBound)
        case .lessOrEqual: return TimeRange(until: named.upperBound)
        case .greater: return TimeRange(from: named.upperBound)
        case .greaterOrEqual: return TimeRange(from: named.lowerBound)
        }
    }

    private func numbers(
        _ text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> NumberRange {
        if let (first, last) = try ends(of: text, comparison, at: place) {
            return NumberRange(
                from: try first.map { text throws(QueryError) in try number(text, at: place) },
                to: try last.map { text throws(QueryError) in try number(text, at: place) })
        }
        let named = try number(text, at: place)
        switch comparison {
        case .equal: return NumberRange(from: named, to: named)
        case .less where named == 0: return NumberRange(from: 1, to: 0)
        case .less: return NumberRange(to: named - 1)
        case .lessOrEqual: return NumberRange(to: named)
        case .greater: return NumberRange(from: named + 1)
        case .greaterOrEqual: return NumberRange(from: named)
        }
    }

    private func number(_ text: String, at place: Range<Int>) throws(QueryError) -> UInt64 {
        guard let number = byteCount(text) else {
            throw QueryError("'\(text)' is no number; write 1200, 10K, 10M or 2Gi", at: place)
        }
        return number
    }

    /// Both ends of `a..b`, of which one may be left out; nil for what is no range.
    private func ends(
        of text: String, _ comparison: Comparison, at place: Range<Int>
    ) throws(QueryError) -> (String?, String?)? {
        guard let dots = text.firstRange(of: "..") else { return nil }
        let first = String(text[..<dots.lowerBound])
        let last = String(text[dots.upperBound...])
        guard comparison == .equal, !first.isEmpty || !last.isEmpty else {
            throw QueryError("A range looks like 'a..b', 'a..' or '..b'", at: place)
        }
        return (first.isEmpty ? nil : first, last.isEmpty ? nil : last)
    }
}
