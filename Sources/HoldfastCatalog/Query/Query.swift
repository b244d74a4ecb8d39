// SPDX-License-Identifier: Apache-2.0
// A question to the catalog, as a value: the same for the command line, HTTP and both databases.

package import HoldfastMIME
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

    /// Reads a query. Days begin and end where the asker lives.
    package init(
        parsing text: String, now: Timestamp, clock: AskerClock = .utc
    ) throws(QueryError) {
        let calendar = AskerCalendar(now: now, clock: clock)
        var parser = try Parser(text, calendar: calendar)
        self.init(text: text, condition: try parser.query())
    }

    /// Days begin and end `offset` seconds east of UTC, all year round.
    package init(parsing text: String, now: Timestamp, offset: Int) throws(QueryError) {
        try self.init(parsing: text, now: now, clock: AskerClock(offset: offset))
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
    /// An address at exactly this domain, in one of some places.
    case domain(Domain)
    /// A scanner said so.
    case reason(Judgement.Reason)
    /// What a scanner gave it; never true of a mail without a score.
    case score(ScoreRange)
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
    /// The last day on which it is kept.
    case keepUntil(DayRange)
    /// A copy is known there.
    case kept(KeptAt)
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

/// What stands behind the `@` of an address.
package struct Domain: Hashable, Sendable {
    /// Normalised, at least one: `acme com`.
    package var terms: [String]
    package var places: Places
    /// The last of the terms is the beginning of one.
    package var prefix: Bool

    package init(_ terms: [String], in places: Places, prefix: Bool = false) {
        self.terms = terms
        self.places = places
        self.prefix = prefix
    }
}

/// A node, one of its segments, or the segments of all nodes that have this number.
package struct KeptAt: Hashable, Sendable {
    package var node: String?
    package var segment: SegmentNumber?

    package init(node: String?, segment: SegmentNumber? = nil) {
        self.node = node
        self.segment = segment
    }
}
