// SPDX-License-Identifier: Apache-2.0
// A question to the catalog, as a value: the same for the command line, HTTP and both databases.

package import HoldfastModel

/// What somebody wants to find.
///
/// The words of the language are Gmail's; those of KQL, notmuch and mu are understood as well. What
/// cannot be understood is an error that says where, never a search for something else.
package struct Query: Hashable, Sendable {
    /// As it was written.
    package let text: String
    package let condition: Condition

    /// The query that every mail answers to.
    package static let everything = Query(text: "", condition: .everything)

    package init(text: String, condition: Condition) {
        self.text = text
        self.condition = condition
    }

    /// Reads a query. Days begin and end where the asker lives: `offset` seconds east of UTC.
    package init(parsing text: String, now: Timestamp, offset: Int) throws(QueryError) {
        let calendar = AskerCalendar(now: now, offset: offset)
        var parser = try Parser(text, calendar: calendar)
        self.init(text: text, condition: try parser.query())
    }

    /// How large a query may be.
    package enum Limits {
        package static let bytesMax = 4096
        /// Words and conditions.
        package static let termsMax = 200
        /// Parentheses within parentheses.
        package static let depthMax = 24
        /// Letters before the `*`; one is enough where it is no letter of ASCII.
        package static let prefixLettersMin = 2
        /// Letters of a mail id that `id:` accepts as its beginning.
        package static let idLettersMin = 4
        /// Hexadecimal digits that `sha256:` accepts as a beginning.
        package static let digestDigitsMin = 8
    }
}

/// What must hold of a mail: a tree whose leaves are words and comparisons.
package indirect enum Condition: Hashable, Sendable {
    case everything
    case words(Words)
    /// Something is attached.
    case attachment
    /// An attachment's type or name ending has these words, one after the other.
    case attachmentType([String])
    case id(ClosedRange<MailID>)
    /// The Message-ID header is exactly this, angle brackets aside.
    case messageID(String)
    /// The SHA-256 of the octets lies here: one digest, or all with one beginning.
    case digest(DigestRange)
    /// When we took it in.
    case received(TimeRange)
    /// What the Date header says; never true of a mail that has none.
    case date(TimeRange)
    case size(NumberRange)
    case copies(NumberRange)
    /// A release reached at least one recipient.
    case released
    /// A person wants it kept beyond its day.
    case held
    /// Fewer copies than wanted.
    case short
    case not(Condition)
    case all([Condition])
    case any([Condition])
}

/// Words that stand one after the other in one of some places.
package struct Words: Hashable, Sendable {
    package var places: Places
    /// Normalised, at least one.
    package var terms: [String]
    /// The last of them is the beginning of a word.
    package var prefix: Bool

    package init(_ terms: [String], in places: Places = .all, prefix: Bool = false) {
        self.terms = terms
        self.places = places
        self.prefix = prefix
    }
}

/// Where words can stand.
package struct Places: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let body = Places(rawValue: 1 << 0)
    package static let subject = Places(rawValue: 1 << 1)
    package static let from = Places(rawValue: 1 << 2)
    package static let to = Places(rawValue: 1 << 3)
    package static let cc = Places(rawValue: 1 << 4)
    package static let bcc = Places(rawValue: 1 << 5)
    /// The sender and the recipients of the envelope.
    package static let mailFrom = Places(rawValue: 1 << 6)
    package static let rcpt = Places(rawValue: 1 << 7)
    /// Names of attachments.
    package static let names = Places(rawValue: 1 << 8)

    package static let recipients: Places = [.to, .cc, .bcc]
    package static let people: Places = [.from, .to, .cc, .bcc, .mailFrom, .rcpt]
    package static let all: Places = [.body, .subject, .people, .names]
}

/// From one moment until before another; open where there is none.
package struct TimeRange: Hashable, Sendable {
    package var from: Timestamp?
    package var until: Timestamp?

    package init(from: Timestamp? = nil, until: Timestamp? = nil) {
        self.from = from
        self.until = until
    }

    package func contains(_ moment: Timestamp) -> Bool {
        (from.map { $0 <= moment } ?? true) && (until.map { moment < $0 } ?? true)
    }
}

/// From one number to another, both included; open where there is none.
package struct NumberRange: Hashable, Sendable {
    package var from: UInt64?
    package var to: UInt64?

    package init(from: UInt64? = nil, to: UInt64? = nil) {
        self.from = from
        self.to = to
    }

    package func contains(_ number: UInt64) -> Bool {
        (from.map { $0 <= number } ?? true) && (to.map { number <= $0 } ?? true)
    }
}

/// Every digest that begins with some hexadecimal digits.
package struct DigestRange: Hashable, Sendable {
    package let digits: String
    package let low: Digest
    package let high: Digest

    /// Nil unless there are 1 to 64 hexadecimal digits.
    package init?(beginning digits: String) {
        let digits = digits.lowercased()
        let open = 64 - digits.utf8.count
        guard (0..<64).contains(open),
            let low = Digest(hex: digits + String(repeating: "0", count: open)),
            let high = Digest(hex: digits + String(repeating: "f", count: open))
        else { return nil }
        self.digits = digits
        self.low = low
        self.high = high
    }

    package func contains(_ digest: Digest) -> Bool {
        digest.hex.hasPrefix(digits)
    }
}
