// SPDX-License-Identifier: Apache-2.0
// How far a check of all copies is and what it found, as JSON: of storages and of the DAL.

package import HoldfastModel

/// `POST /verifications` and `GET /verifications` of a storage.
package struct VerificationAnswer: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable { case reading, done, failed }

    package var format_version = 1
    /// Counts from the start of the process: whoever ordered one can tell it from the next.
    package var number = 0
    package var state = State.reading
    /// Why it failed.
    package var reason: String?
    package var segments = 0
    package var segments_done = 0
    package var bytes: UInt64 = 0
    package var bytes_done: UInt64 = 0
    /// Records that the local index has, as far as they were read.
    package var records = 0
    package var bad = 0
    package var healed = 0
    /// Whole records that the local index did not have, and has again.
    package var restored = 0
    /// The first of what is bad.
    package var places: [BadPlace] = []
    /// What was kept later is not part of it.
    package var until: UInt64 = 0

    package static let placesMax = 1000

    package init() {}

    /// A record that is not what was written.
    package struct BadPlace: Codable, Hashable, Sendable {
        /// Absent where nobody knows any more whose record lay there.
        package var mail: MailID?
        package var segment: UInt64
        package var offset: UInt64

        package init(mail: MailID?, segment: UInt64, offset: UInt64) {
            self.mail = mail
            self.segment = segment
            self.offset = offset
        }
    }
}

/// One copy as a list of copies has it, in the order of places.
package struct ListedCopy: Codable, Hashable, Sendable {
    package var mail: MailID
    package var segment: UInt64
    package var offset: UInt64
    package var position: UInt64

    package init(mail: MailID, segment: UInt64, offset: UInt64, position: UInt64) {
        self.mail = mail
        self.segment = segment
        self.offset = offset
        self.position = position
    }
}

/// `GET /copies` of a storage: what lies there. `GET /entries` of the DAL: what it knows to lie there.
package struct CopiesAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var copies: [ListedCopy]
    /// What to give as `after` for the next page; absent at the end.
    package var next: String?
    /// Of the DAL: up to which position it holds this storage's entries.
    package var held: UInt64?

    package static let limitMax = 5000

    package init(copies: [ListedCopy], next: String?, held: UInt64? = nil) {
        self.copies = copies
        self.next = next
        self.held = held
    }
}

/// `POST /queues/index/probe` of a storage: up to where the DAL will hold entries when it has all that can
/// be shipped now.
package struct IndexEndAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var position: UInt64

    package init(position: UInt64) {
        self.position = position
    }
}

/// `POST /entries` of a storage, and `POST /entries/lost` of the DAL: some copies of one node.
package struct NamedCopies: Codable, Hashable, Sendable {
    package var format_version = 1
    /// Whose they are, in hexadecimal; a storage's are its own.
    package var node: String?
    package var copies: [ListedCopy]

    package static let copiesMax = 1000

    package init(node: String? = nil, copies: [ListedCopy]) {
        self.node = node
        self.copies = copies
    }
}

/// `GET /entries/statistics` of the DAL: how many copies its mails have.
package struct CopyStatisticsAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var mails: Int
    package var copies_min: Int
    package var copies_max: Int
    package var disks_min: Int
    package var disks_max: Int
    /// Mails with fewer copies that count (D7) than they want.
    package var short: Int
    package var nodes: [Node]

    package init(
        mails: Int, copies_min: Int, copies_max: Int, disks_min: Int, disks_max: Int, short: Int,
        nodes: [Node]
    ) {
        self.mails = mails
        self.copies_min = copies_min
        self.copies_max = copies_max
        self.disks_min = disks_min
        self.disks_max = disks_max
        self.short = short
        self.nodes = nodes
    }

    /// A storage of which the catalog has entries.
    package struct Node: Codable, Hashable, Sendable {
        package var node: String
        package var name: String
        package var entries: Int
        /// Declared lost: nobody waits for it.
        package var gone: Bool?

        package init(node: String, name: String, entries: Int, gone: Bool) {
            self.node = node
            self.name = name
            self.entries = entries
            self.gone = gone ? true : nil
        }
    }
}

/// `GET /records/{segment}/{offset}/written` of a storage: when a record came to lie there.
package struct WrittenAnswer: Codable, Hashable, Sendable {
    /// ISO 8601.
    package var written: String

    package init(written: String) {
        self.written = written
    }
}

extension ListedCopy {
    package var place: CopyPlace { CopyPlace(segment: segment, offset: offset) }
}
