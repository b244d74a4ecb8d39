// SPDX-License-Identifier: Apache-2.0
// One term of a query: a word, or a field with its value.

internal import HoldfastMIME

extension Parser {
    /// Reads `word`, `word*`, `field:value` or `field>value`.
    mutating func term(_ text: String, at place: Range<Int>) throws(QueryError) -> Condition? {
        guard let parts = FieldText(text), !parts.looksLikePath else {
            return try bareWord(text, at: place)
        }
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

    /// `word` or `word*`; among people also `@domain`, which is that domain and none below it.
    mutating func words(
        starred text: String, in places: Places, named field: String? = nil, at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        let star = text.hasSuffix("*")
        let word = star ? String(text.dropLast()) : text
        guard !word.contains("*") else {
            throw QueryError("A '*' can only end a word", at: place)
        }
        let found = try words(word, in: places, prefix: star, named: field, at: place)
        guard word.hasPrefix("@"), places.isSubset(of: .people), case .words(let words)? = found
        else { return found }
        // All of it is meant, also the last ideograph of a run.
        let terms = star ? words.terms : SearchText.terms(word)
        return .domain(Domain(terms, in: places, prefix: star))
    }

    /// Some text as the words that the index has for it; several are a phrase.
    mutating func words(
        _ text: String, in places: Places, prefix: Bool, named field: String? = nil,
        at place: Range<Int>
    ) throws(QueryError) -> Condition? {
        let (terms, isBeginning) = SearchText.phrase(text)
        guard let last = terms.last else {
            guard let field else { return nil }
            throw QueryError("'\(field):' needs a letter or digit to look for", at: place)
        }
        if prefix, last.utf8.count < Query.Limits.prefixLettersMin {
            throw QueryError(
                "Before '*' there must be \(Query.Limits.prefixLettersMin) letters", at: place)
        }
        try count(terms.count, at: place)
        return .words(Words(terms, in: places, prefix: prefix || isBeginning))
    }
}
