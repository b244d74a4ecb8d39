// SPDX-License-Identifier: Apache-2.0
// What a person asked for, and what became of it.

/// A release: send this mail on. It has an id of its own, by which it is sent once.
package struct Order: Hashable, Sendable {
    package var id: MailID
    package var mail: MailID
    /// The gateway that sends it; an order never goes to another.
    package var gateway: String
    package var sender: String
    package var recipients: [String]
    package var eightBit: Bool
    package var utf8: Bool
    package var ordered: Timestamp
    /// Who ordered it.
    package var by: String
    /// Where the octets can be fetched, best first.
    package var copies: [Location]
    /// Also to those who have the mail, may have it, or are about to get it.
    package var again: Bool

    package init(
        id: MailID, mail: MailID, gateway: String, sender: String, recipients: [String],
        eightBit: Bool = false, utf8: Bool = false, ordered: Timestamp, by: String,
        copies: [Location] = [], again: Bool = false
    ) {
        self.id = id
        self.mail = mail
        self.gateway = gateway
        self.sender = sender
        self.recipients = recipients
        self.eightBit = eightBit
        self.utf8 = utf8
        self.ordered = ordered
        self.by = by
        self.copies = copies
        self.again = again
    }
}

/// Somebody who gets a mail, however the address is written.
///
/// A domain means the same in any case; what stands before the `@` only its server knows.
package struct Recipient: Hashable, Sendable {
    private let address: String

    package init(_ address: String) {
        let domain = address.lastIndex(of: "@").map { address[$0...] } ?? ""
        self.address = address.dropLast(domain.count) + domain.lowercased()
    }
}

/// What a person did to a mail, kept like a mail for as long as the mail (D9).
package struct Note: Hashable, Sendable {
    /// What was done; the numbers are those of the orders.
    package enum Kind: UInt8, CaseIterable, Sendable {
        case release = 1
        case hold = 3
        case unhold = 4
        case purge = 5
    }

    package var id: MailID
    package var kind: Kind
    package var mail: MailID
    package var order: MailID
    package var at: Timestamp
    package var by: String
    /// Who took it: `host:port` of the smarthost.
    package var sentTo: String
    package var results: [RecipientResult]
    /// Bare LF had become CRLF on the way out.
    package var lineEndsChanged: Bool
    /// Why, in the words of whoever did it.
    package var reason: String
    /// Of a purge: until when the mail was to be kept. So long its octets are not taken again, however
    /// long the note itself is kept.
    package var until: Day?

    package init(
        id: MailID, kind: Kind = .release, mail: MailID, order: MailID, at: Timestamp, by: String,
        sentTo: String = "", results: [RecipientResult] = [], lineEndsChanged: Bool = false,
        reason: String = "", until: Day? = nil
    ) {
        self.id = id
        self.kind = kind
        self.reason = reason
        self.until = until
        self.mail = mail
        self.order = order
        self.at = at
        self.by = by
        self.sentTo = sentTo
        self.results = results
        self.lineEndsChanged = lineEndsChanged
    }
}

/// What became of a release for one recipient.
package struct RecipientResult: Hashable, Sendable {
    package enum Outcome: UInt8, CaseIterable, Sendable {
        /// The smarthost said 250.
        case sent = 1
        /// The smarthost said no for good.
        case refused = 2
        /// The connection broke between the final dot and the reply: a person decides.
        case inDoubt = 3
    }

    package var recipient: String
    package var outcome: Outcome
    /// The smarthost's words, or ours where there were none.
    package var reply: String

    package init(recipient: String, outcome: Outcome, reply: String) {
        self.recipient = recipient
        self.outcome = outcome
        self.reply = reply
    }
}
