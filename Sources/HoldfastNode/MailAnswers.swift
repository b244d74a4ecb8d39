// SPDX-License-Identifier: Apache-2.0
// What the DAL answers to people's questions, as JSON. `format_version` 1 is described in Protocol.

package import HoldfastModel

/// One mail, as a search shows it. Times are ISO 8601 in UTC.
package struct MailAnswer: Codable, Hashable, Sendable {
    package var id: String
    package var received: String
    /// The Date header; absent when there is none that can be read.
    package var date: String?
    package var from: String
    package var to: [String]
    package var cc: [String]
    package var subject: String
    package var message_id: String
    package var size: Int
    /// SHA-256 of the octets as received, in hexadecimal.
    package var sha256: String
    /// The last day on which it is kept.
    package var keep_until: String
    /// Those that count.
    package var copies: Int
    package var copies_wanted: Int
    package var attachments: [String]
    /// The SMTP sender and recipients.
    package var sender: String
    package var recipients: [String]
    /// When it was last released; absent when it was not.
    package var released: String?
    /// A person wants it kept beyond its day; absent when nobody does.
    package var held: Bool?
    /// What a spam scanner gave it; absent when none did.
    package var score: Double?

    package init(
        id: String, received: String, date: String?, from: String, to: [String], cc: [String],
        subject: String, message_id: String, size: Int, sha256: String, keep_until: String,
        copies: Int,
        copies_wanted: Int, attachments: [String], sender: String, recipients: [String],
        released: String?, held: Bool? = nil, score: Double? = nil
    ) {
        self.held = held
        self.score = score
        self.id = id
        self.received = received
        self.date = date
        self.from = from
        self.to = to
        self.cc = cc
        self.subject = subject
        self.message_id = message_id
        self.size = size
        self.sha256 = sha256
        self.keep_until = keep_until
        self.copies = copies
        self.copies_wanted = copies_wanted
        self.attachments = attachments
        self.sender = sender
        self.recipients = recipients
        self.released = released
    }
}

/// `GET /mails?q=…&sort=…&reverse=1&limit=…&offset=…&after=…&utc_offsets=…`
package struct SearchAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var mails: [MailAnswer]
    /// What to ask for with `after=` to get the next page; absent when there is none.
    package var next: String?
    /// Of a storage: mails that may match and whose record cannot be read there; absent for none.
    package var unreadable: Int?
    /// Why mails may be missing from the answer; absent when none are.
    package var incomplete: String?

    package init(
        mails: [MailAnswer], next: String? = nil, unreadable: Int? = nil, incomplete: String? = nil
    ) {
        self.mails = mails
        self.next = next
        self.unreadable = unreadable
        self.incomplete = incomplete
    }
}

/// `GET /mails/count?q=…&up_to=…`
package struct CountAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var count: Int
    /// There are more than it was counted up to; absent when the count is exact.
    package var or_more: Bool?

    package init(count: Int, orMore: Bool = false) {
        self.count = count
        or_more = orMore ? true : nil
    }
}

/// `GET /mails/explain?q=…&sort=…`: how a query is understood, and answered.
package struct ExplainAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    /// The query as a tree, one line a node.
    package var tree: [String]
    /// Who finds the mails.
    package var index: String
    package var statements: [StatementAnswer]

    package init(tree: [String], index: String, statements: [StatementAnswer]) {
        self.tree = tree
        self.index = index
        self.statements = statements
    }
}

/// A statement that the catalog's database is given, what is bound to it, and how it goes about it.
package struct StatementAnswer: Codable, Hashable, Sendable {
    package var sql: String
    package var values: [String]
    package var plan: [String]

    package init(sql: String, values: [String], plan: [String]) {
        self.sql = sql
        self.values = values
        self.plan = plan
    }
}

/// `POST /mails/known`: of which of these mails does a storage that lives hold a copy, and which were
/// purged? Question and answer alike.
package struct KnownMails: Codable, Hashable, Sendable {
    package struct Purged: Codable, Hashable, Sendable {
        package var id: MailID
        /// The last day on which it is not taken again.
        package var until: String
    }

    package var format_version = 1
    package var ids: [MailID]
    /// Absent in a question, and when none were.
    package var purged: [Purged]?

    package static let idsMax = 1000

    package init(ids: [MailID], purged: [MailID: Day] = [:]) {
        self.ids = ids
        guard !purged.isEmpty else { return }
        self.purged = purged.sorted { $0.key < $1.key }.map {
            Purged(id: $0.key, until: $0.value.description)
        }
    }
}

/// One copy of a mail: where it lies, and how to know that it is whole.
package struct CopyAnswer: Codable, Hashable, Sendable {
    /// The node's name, and its identity in hexadecimal.
    package var node: String
    package var node_id: String
    package var segment: UInt64
    package var offset: UInt64
    package var length: UInt64
    package var disk: String
    package var host: String
    /// CRC-32C of the message section as stored, eight hexadecimal digits.
    package var checksum: String
    /// When the catalog took it in.
    package var entered: String?
    /// Until when it lies there.
    package var keep_until: String?
    /// False for what is none of the mail's copies: its storage was emptied or lost, or it goes before the
    /// mail does. Absent otherwise.
    package var counts: Bool?

    package init(
        node: String, node_id: String, segment: UInt64, offset: UInt64, length: UInt64,
        disk: String,
        host: String, checksum: String, entered: String? = nil, keepUntil: Day? = nil,
        counts: Bool = true
    ) {
        self.entered = entered
        keep_until = keepUntil?.description
        self.counts = counts ? nil : false
        self.node = node
        self.node_id = node_id
        self.segment = segment
        self.offset = offset
        self.length = length
        self.disk = disk
        self.host = host
        self.checksum = checksum
    }

    /// `storage-3/127/48210`
    package var location: String { "\(node)/\(segment)/\(offset)" }
}

/// `GET /mails/{id}`: one mail with all that is known of it. 404 for none, 409 for several.
package struct MailDetailsAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var mail: MailAnswer
    package var places: [CopyAnswer]
    package var releases: [ReleaseAnswer]
    /// How it came: SMTP, LMTP or HTTP, from whom, who greeted how.
    package var transport: String?
    package var client: String?
    package var greeting: String?
    /// When enough copies were entered, and the gateway was told; absent while there are too few.
    package var acked: String?
    /// What people wanted of it, oldest first.
    package var wishes: [WishNoteAnswer]?

    package init(mail: MailAnswer, places: [CopyAnswer], releases: [ReleaseAnswer]) {
        self.mail = mail
        self.places = places
        self.releases = releases
    }
}

/// A hold, an unhold or a purge of a mail.
package struct WishNoteAnswer: Codable, Hashable, Sendable {
    package var kind: String
    package var at: String
    package var by: String
    package var reason: String

    package init(kind: String, at: String, by: String, reason: String) {
        self.kind = kind
        self.at = at
        self.by = by
        self.reason = reason
    }
}

/// What became of a release for one recipient: `sent`, `refused` or `in doubt`.
package struct RecipientAnswer: Codable, Hashable, Sendable {
    package var recipient: String
    package var outcome: String
    package var reply: String

    package init(recipient: String, outcome: String, reply: String) {
        self.recipient = recipient
        self.outcome = outcome
        self.reply = reply
    }

    package init(_ result: RecipientResult) {
        recipient = result.recipient
        reply = result.reply
        outcome =
            switch result.outcome {
            case .sent: "sent"
            case .refused: "refused"
            case .inDoubt: "in doubt"
            }
    }
}

/// `GET /orders/{id}`, and the answer to `POST /orders`.
package struct ReleaseAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var order: String
    package var mail: String
    package var gateway: String
    package var by: String
    package var ordered: String
    /// `waiting` (nobody has brought it to the gateway), `sending` (the gateway has it), `done`.
    package var state: String
    /// Why it still waits; absent where there is nothing to say.
    package var reason: String?
    /// When it was done.
    package var finished: String?
    package var sent_to: String?
    package var line_ends_changed: Bool
    package var results: [RecipientAnswer]
    /// In the answer to an order: it had been released before, and nothing was ordered.
    package var released_before: Bool
    /// In the answer to an order: those for whom it was asked that are this release's.
    package var recipients: [String]?
    /// In the answer to an order: other releases by which some of those for whom it was asked have the
    /// mail already, or are about to get it.
    package var before: [ReleaseAnswer]?

    package init(
        order: String, mail: String, gateway: String, by: String, ordered: String, state: String,
        reason: String? = nil, finished: String?, sent_to: String?, line_ends_changed: Bool,
        results: [RecipientAnswer],
        released_before: Bool = false, recipients: [String]? = nil, before: [ReleaseAnswer]? = nil
    ) {
        self.order = order
        self.mail = mail
        self.gateway = gateway
        self.by = by
        self.ordered = ordered
        self.state = state
        self.reason = reason
        self.finished = finished
        self.sent_to = sent_to
        self.line_ends_changed = line_ends_changed
        self.results = results
        self.released_before = released_before
        self.recipients = recipients
        self.before = before
    }
}

/// `POST /orders`: please send this mail on.
package struct ReleaseRequest: Codable, Hashable, Sendable {
    package var mail: String
    /// Instead of the recipients of the envelope.
    package var to: [String]?
    /// Also if it was released before.
    package var again: Bool
    package var by: String

    package init(mail: String, to: [String]?, again: Bool, by: String) {
        self.mail = mail
        self.to = to
        self.again = again
        self.by = by
    }
}
