// SPDX-License-Identifier: Apache-2.0
// A query as tokens: parentheses, bars, quoted texts, and runs of everything else.

/// One token, and where it stands.
struct Token: Hashable {
    enum Kind: Hashable {
        case open
        case close
        case bar
        /// What stands between blanks, parentheses, bars and quotation marks.
        case run(String)
        /// What stands between quotation marks; a star may follow them.
        case quoted(String, star: Bool)
    }

    let kind: Kind
    let place: Range<Int>
    /// Nothing stands between this token and the one before it.
    let touches: Bool
}

/// Cuts a query into tokens.
struct Lexer {
    private let letters: [Character]
    private var place = 0

    init(_ text: String) {
        letters = Array(text)
    }

    mutating func tokens() throws(QueryError) -> [Token] {
        var tokens: [Token] = []
        while true {
            let before = place
            while place < letters.count, letters[place].isWhitespace { place += 1 }
            guard place < letters.count else { return tokens }
            let start = place
            let kind = try next()
            tokens.append(
                Token(kind: kind, place: start..<place, touches: start == before && start > 0))
        }
    }

    private mutating func next() throws(QueryError) -> Token.Kind {
        switch letters[place] {
        case "(":
            place += 1
            return .open
        case ")":
            place += 1
            return .close
        case "|":
            place += 1
            return .bar
        case let mark where Self.isQuotationMark(mark):
            return try quoted()
        default:
            return run()
        }
    }

    private mutating func run() -> Token.Kind {
        let start = place
        while place < letters.count, !Self.endsRun(letters[place]) { place += 1 }
        return .run(String(letters[start..<place]))
    }

    private mutating func quoted() throws(QueryError) -> Token.Kind {
        let start = place
        place += 1
        while place < letters.count, !Self.isQuotationMark(letters[place]) { place += 1 }
        guard place < letters.count else {
            throw QueryError("This quotation mark is never closed", at: start..<start + 1)
        }
        let text = String(letters[start + 1..<place])
        place += 1
        let star = place < letters.count && letters[place] == "*"
        if star { place += 1 }
        return .quoted(text, star: star)
    }

    private static func endsRun(_ letter: Character) -> Bool {
        letter.isWhitespace || "()|".contains(letter) || isQuotationMark(letter)
    }

    /// Word processors and telephones make the curly ones.
    private static func isQuotationMark(_ letter: Character) -> Bool {
        "\"\u{201C}\u{201D}\u{201E}".contains(letter)
    }
}
