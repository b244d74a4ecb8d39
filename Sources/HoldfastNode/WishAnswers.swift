// SPDX-License-Identifier: Apache-2.0
// What people want of mails, and of nodes, as JSON: hold, unhold, purge, gone.

package import HoldfastModel

/// `POST /wishes` of a DAL: hold these mails, or do not hold them any more, or purge them.
package struct WishRequest: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Sendable { case hold, unhold, purge }

    package var kind: Kind
    package var mails: [MailID]
    package var by: String
    package var reason: String

    package static let mailsMax = 1000
    package static let textBytesMax = 1000

    package init(kind: Kind, mails: [MailID], by: String, reason: String) {
        self.kind = kind
        self.mails = mails
        self.by = by
        self.reason = reason
    }
}

/// How far an order about one mail has come: the answers to `POST /wishes`, and of `GET
/// /wishes/{order}?mail=ID`.
package struct WishAnswer: Codable, Hashable, Sendable {
    package var order: MailID
    package var mail: MailID
    /// The names of the storages that have it in their segments, or still have to get it.
    package var confirmed: Int
    package var waiting: [String]
    /// Those of the latter that were declared lost, or emptied and taken away: nobody waits for them. Absent
    /// for none.
    package var gone: [String]?

    package init(
        order: MailID, mail: MailID, confirmed: Int, waiting: [String], gone: [String] = []
    ) {
        self.order = order
        self.mail = mail
        self.confirmed = confirmed
        self.waiting = waiting
        self.gone = gone.isEmpty ? nil : gone
    }

    /// A storage has it in its segments, or none has a copy: else the catalog alone knows it.
    package var isSafe: Bool { confirmed > 0 || unconfirmed == 0 }

    package var unconfirmed: Int { waiting.count + (gone?.count ?? 0) }
}

/// The answer to `POST /wishes`: one line for each mail that there is.
package struct WishesAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var wishes: [WishAnswer]

    package init(wishes: [WishAnswer]) {
        self.wishes = wishes
    }
}

/// `GET /nodes` of a DAL: what depends on each storage that the catalog knows.
package struct DependentsAnswer: Codable, Hashable, Sendable {
    package struct Node: Codable, Hashable, Sendable {
        package var node: String
        package var name: String
        /// Copies that the catalog knows of: mails and notes.
        package var copies: Int
        /// Of these, those that count nowhere else as often as they should.
        package var dependent: Int
        package var counts: Bool
        /// Declared lost, or emptied: nobody waits for it.
        package var gone: Bool
        /// Not every mail knows yet whether this node counts.
        package var recounting: Bool
        /// Orders of people that it has not confirmed; at most a thousand are counted.
        package var orders: Int

        package init(
            node: String, name: String, copies: Int, dependent: Int, counts: Bool, gone: Bool,
            recounting: Bool, orders: Int
        ) {
            self.node = node
            self.name = name
            self.copies = copies
            self.dependent = dependent
            self.counts = counts
            self.gone = gone
            self.recounting = recounting
            self.orders = orders
        }
    }

    package var format_version = 1
    package var nodes: [Node]

    package init(nodes: [Node]) {
        self.nodes = nodes
    }
}

/// `GET /nodes/{node}/dues` of a DAL.
package struct DuesAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    /// Orders of people that the node has not confirmed; 1 for one or more.
    package var orders: Int

    package init(orders: Int) {
        self.orders = orders
    }
}

/// `POST /nodes/{node}/gone` of a DAL, question and answer alike.
package struct GoneAnswer: Codable, Hashable, Sendable {
    package var gone: Bool

    package init(gone: Bool) {
        self.gone = gone
    }
}
