// SPDX-License-Identifier: Apache-2.0
// What the catalog tells of a mail.

package import HoldfastModel

/// One mail of a search's answer.
package struct Found: Hashable, Sendable {
    /// Its place among all mails: the newer, the higher. A next page begins below.
    package var row: Int64
    package var id: MailID
    package var received: Timestamp
    package var date: Timestamp?
    /// The From header as a person reads it.
    package var from: String
    package var to: [String]
    package var cc: [String]
    package var subject: String
    package var messageID: String
    package var size: UInt64
    package var digest: Digest
    package var keepUntil: Day
    /// Those that count.
    package var copies: Int
    package var copiesWanted: Int
    package var attachments: [Attachment]
    /// The SMTP sender and recipients.
    package var sender: String
    package var recipients: [String]
    /// When a release last reached at least one recipient.
    package var released: Timestamp?
    /// A person wants it kept beyond its day.
    package var isHeld = false
    /// What a spam scanner gave it, in thousandths of a point.
    package var score: Int64?
}

/// All that the catalog knows of one mail.
package struct Details: Hashable, Sendable {
    package var found: Found
    package var bcc: [String]
    package var replyTo: [String]
    package var verdicts: [String]
    package var envelope: Envelope
    package var entries: [KnownCopy]
    package var notes: [Note]
    package var orders: [OrderState]
}

/// One copy of a mail, and the node that keeps it.
package struct KnownCopy: Hashable, Sendable {
    package var entry: Entry
    /// The node's name.
    package var name: String
    /// When the catalog took it in; later than that in a catalog that was made anew.
    package var entered = Timestamp(milliseconds: 0)
    /// It is one of its mail's copies: its node was not emptied or lost, and it is kept as long as the mail.
    package var counts = true
}

/// An order and how far it has come.
package struct OrderState: Hashable, Sendable {
    package enum Stage: String, CaseIterable, Sendable {
        /// No gateway has it yet.
        case queued
        /// Its gateway keeps it, and is at work.
        case taken
        /// Its note has arrived.
        case finished
    }

    package var order: Order
    package var stage: Stage
    /// Why it stands where it stands; empty where there is nothing to say.
    package var reason: String
    /// When it came to stand there.
    package var since: Timestamp

    package init(order: Order, stage: Stage, reason: String, since: Timestamp) {
        self.order = order
        self.stage = stage
        self.reason = reason
        self.since = since
    }
}
