// SPDX-License-Identifier: Apache-2.0
// Tokens to a condition: OR binds loosest, then AND (which need not be written), then NOT.
//
//   or    = and { ("OR" | "|") and }
//   and   = unary { ["AND"] unary }
//   unary = ("NOT" | "-" | "!") unary | "(" or ")" | term
//
// A term is read in Term.swift. Words that have no letter or digit are passed over; a nil condition
// is one of which nothing else was left.

internal import HoldfastModel

struct Parser {
    let calendar: AskerCalendar
    private let tokens: [Token]
    private let length: Int
    private var place = 0
    private var depth = 0
    private var termCount = 0
    /// Where words are looked for inside of `subject:( … )`.
    private var places = Places.all

    init(_ text: String, calendar: AskerCalendar) throws(QueryError) {
        guard text.utf8.count <= Query.Limits.bytesMax else {
            throw QueryError(
                "A query has at most \(Query.Limits.bytesMax) bytes",
                at: 0..<text.count)
        }
        self.calendar = calendar
        length = text.count
        var lexer = Lexer(text)
        tokens = try lexer.tokens()
    }

    mutating func query() throws(QueryError) -> Condition {
        if tokens.isEmpty { return .everything }
        let condition = try any()
        if let extra = peek() {
            throw QueryError("This parenthesis was never opened", at: extra.place)
        }
        guard let condition else {
            throw QueryError("There is no letter or digit to look for", at: 0..<length)
        }
        return condition
    }

    private mutating func any() throws(QueryError) -> Condition? {
        var parts: [Condition?] = [try all()]
        while let bar = peek(), Operator(bar) == .or {
            place += 1
            guard startsOperand(peek()) else {
                throw QueryError("After OR something must follow", at: bar.place)
            }
            parts.append(try all())
        }
        return Self.joined(parts) { .any($0) }
    }

    private mutating func all() throws(QueryError) -> Condition? {
        var parts: [Condition?] = []
        while let token = peek(), token.kind != .close, Operator(token) != .or {
            if Operator(token) == .and {
                place += 1
                guard !parts.isEmpty, startsOperand(peek()) else {
                    throw QueryError("AND stands between two things", at: token.place)
                }
            }
            parts.append(try unary())
        }
        guard !parts.isEmpty else {
            throw QueryError("Something is missing here", at: here)
        }
        return Self.joined(parts) { .all($0) }
    }

    private mutating func unary() throws(QueryError) -> Condition? {
        var negated = false
        while let token = peek(), Operator(token) == .not {
            place += 1
            negated.toggle()
            guard let next = peek(), next.kind != .close, next.kind != .bar else {
                throw QueryError("After NOT something must follow", at: token.place)
            }
        }
        guard let token = peek() else {
            throw QueryError("Something is missing here", at: here)
        }
        place += 1
        let condition = try operand(token, negated: &negated)
        return negated ? condition.map(Self.negation) : condition
    }

    private mutating func operand(
        _ token: Token, negated: inout Bool
    ) throws(QueryError) -> Condition? {
        switch token.kind {
        case .open: return try group(openedBy: token)
        case .close, .bar: throw QueryError("Something is missing before this", at: token.place)
        case .quoted(let text, let star):
            return try words(text, in: places, prefix: star, at: token.place)
        case .run(let text):
            let signs = text.prefix { $0 == "-" || $0 == "!" }
            let rest = String(text.dropFirst(signs.count))
            let start = token.place.lowerBound + signs.count
            let isSign = !rest.isEmpty || nextTouches
            if isSign, !signs.count.isMultiple(of: 2) { negated.toggle() }
            if rest.isEmpty, !signs.isEmpty { return isSign ? try touchingOperand() : nil }
            return try term(rest, at: start..<token.place.upperBound)
        }
    }

    /// What stands right after a sign: `-"a phrase"` or `-(a group)`.
    private mutating func touchingOperand() throws(QueryError) -> Condition? {
        guard let token = take() else { return nil }
        var unchanged = false
        return try operand(token, negated: &unchanged)
    }

    private mutating func group(openedBy opening: Token) throws(QueryError) -> Condition? {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Query.Limits.depthMax else {
            throw QueryError(
                "Parentheses go at most \(Query.Limits.depthMax) deep", at: opening.place)
        }
        if let closing = peek(), closing.kind == .close {
            throw QueryError(
                "There is nothing between these parentheses",
                at: opening.place.lowerBound..<closing.place.upperBound)
        }
        let condition = try any()
        guard let closing = take(), closing.kind == .close else {
            throw QueryError("This parenthesis is never closed", at: opening.place)
        }
        return condition
    }
}

// What terms are made with.
extension Parser {
    /// The quoted text or group that follows `field:` without a blank.
    mutating func touchingToken() -> Token? {
        nextTouches ? take() : nil
    }

    mutating func group(openedBy opening: Token, in places: Places) throws(QueryError) -> Condition?
    {
        let outside = self.places
        self.places = places
        defer { self.places = outside }
        return try group(openedBy: opening)
    }

    /// Where a bare word is looked for.
    var placesHere: Places { places }

    /// Every leaf of the condition passes here, so that their number has a limit.
    mutating func count(_ terms: Int, at place: Range<Int>) throws(QueryError) {
        termCount += terms
        guard termCount <= Query.Limits.termsMax else {
            throw QueryError("A query has at most \(Query.Limits.termsMax) words", at: place)
        }
    }
}

extension Parser {
    private enum Operator {
        case and, or, not

        /// Nil for what is no operator. `ORDER` and `Not` are words.
        init?(_ token: Token) {
            switch token.kind {
            case .bar, .run("OR"), .run("or"): self = .or
            case .run("AND"), .run("and"): self = .and
            case .run("NOT"), .run("not"): self = .not
            default: return nil
            }
        }
    }

    private func startsOperand(_ token: Token?) -> Bool {
        guard let token, token.kind != .close else { return false }
        return Operator(token) == nil || Operator(token) == .not
    }

    private var nextTouches: Bool {
        guard let next = peek(), next.touches else { return false }
        if case .quoted = next.kind { return true }
        return next.kind == .open
    }

    private func peek() -> Token? { place < tokens.count ? tokens[place] : nil }

    private mutating func take() -> Token? {
        guard let token = peek() else { return nil }
        place += 1
        return token
    }

    private var here: Range<Int> { peek()?.place ?? max(0, length - 1)..<length }

    /// What is left of some parts, as one condition.
    private static func joined(
        _ parts: [Condition?], as join: ([Condition]) -> Condition
    ) -> Condition? {
        let parts = parts.compactMap { $0 }
        return parts.count > 1 ? join(parts) : parts.first
    }

    private static func negation(of condition: Condition) -> Condition {
        if case .not(let inner) = condition { return inner }
        return .not(condition)
    }
}
