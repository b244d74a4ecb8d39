// SPDX-License-Identifier: Apache-2.0
// How a node is, as JSON: `GET /status` of each.

package import HoldfastModel

/// `GET /status` of any node. What a role does not have is absent.
package struct StatusAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var name: String
    package var role: String
    package var writable: Bool
    package var notice: String?
    /// Items left in each queue.
    package var queues: [String: Int] = [:]
    /// Items that were refused as they are and lie aside.
    package var buried: [String: Int] = [:]
    package var mails: Int?
    package var bytes: UInt64?
    package var free_bytes: UInt64?
    package var total_bytes: UInt64?
    /// Bytes kept since midnight (UTC), from which the days until the disk is full are reckoned.
    package var bytes_today: UInt64?
    /// When the oldest mail was received whose entry the DAL does not have.
    package var oldest_unindexed: String?
    package var damaged: Int?
    /// Mails that were taken in, have had no ack, and cannot be read any more.
    package var unreadable: Int?
    package var segments: Int?
    /// The most copies that a mail of this gateway may want.
    package var copies_max: Int?
    /// What is still missing from a DAL's catalog, or a storage's index, that is being made again.
    package var incomplete: String?
    /// How far a storage's check of all that it keeps is, and what it found.
    package var scrub: ScrubAnswer?
    /// Of a DAL: copies that are missing, and how they are made again.
    package var repairs: RepairsAnswer?

    package init(name: String, role: String, writable: Bool = true, notice: String? = nil) {
        self.name = name
        self.role = role
        self.writable = writable
        self.notice = notice
    }
}

/// The everlasting check of a storage: this round, and the last whole one.
package struct ScrubAnswer: Codable, Hashable, Sendable {
    /// The last segment that was checked in this round; 0 before the first.
    package var segment: UInt64
    package var bad: Int
    package var healed: Int
    /// Absent before a first round has ended.
    package var last_finished: String?
    package var last_bad: Int?
    package var last_healed: Int?

    package init(
        segment: UInt64, bad: Int, healed: Int, last_finished: String?, last_bad: Int?,
        last_healed: Int?
    ) {
        self.segment = segment
        self.bad = bad
        self.healed = healed
        self.last_finished = last_finished
        self.last_bad = last_bad
        self.last_healed = last_healed
    }
}

/// How many mails have fewer copies than wanted, and how the repairs go.
package struct RepairsAnswer: Codable, Hashable, Sendable {
    /// Mails and notes received more than 20 seconds ago with fewer copies than wanted; at most a million.
    package var short: Int
    /// Repairs under way, those done since the start, and how many a minute.
    package var open: Int
    package var done: Int
    package var per_minute: Double
    /// Of the short ones: no storage that lives has a copy; none is there to take another.
    package var without_copy: Int
    package var without_target: Int
    /// Whose copies count has changed, and not every mail knows it yet.
    package var recounting: Bool
    /// When the last may be done, at the present rate.
    package var finished_by: String?
    /// Why nothing is repaired now.
    package var paused: String?
    /// Storages with copies that do not live, and that nobody declared lost; absent for none.
    package var away: [Away]?

    /// A storage that is missed.
    package struct Away: Codable, Hashable, Sendable {
        package var name: String
        package var copies: Int
        /// Whether it is still counted on.
        package var counts: Bool

        package init(name: String, copies: Int, counts: Bool) {
            self.name = name
            self.copies = copies
            self.counts = counts
        }
    }

    package init(
        short: Int, open: Int, done: Int, per_minute: Double, without_copy: Int,
        without_target: Int, recounting: Bool, finished_by: String?, paused: String?,
        away: [Away] = []
    ) {
        self.away = away.isEmpty ? nil : away
        self.short = short
        self.open = open
        self.done = done
        self.per_minute = per_minute
        self.without_copy = without_copy
        self.without_target = without_target
        self.recounting = recounting
        self.finished_by = finished_by
        self.paused = paused
    }
}

/// One segment that expiry would drop, or dropped.
package struct ExpiredSegment: Codable, Hashable, Sendable {
    package var segment: UInt64
    package var records: Int
    package var bytes: UInt64
    package var drop_day: String

    package init(segment: UInt64, records: Int, bytes: UInt64, drop_day: String) {
        self.segment = segment
        self.records = records
        self.bytes = bytes
        self.drop_day = drop_day
    }
}

/// `GET /expiry` (what would go today) and `POST /expiry` (what went) of a storage.
package struct ExpiryAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var day: String
    package var segments: [ExpiredSegment]
    /// Why nothing is dropped although something has expired.
    package var refused: String?

    package init(day: String, segments: [ExpiredSegment], refused: String? = nil) {
        self.day = day
        self.segments = segments
        self.refused = refused
    }
}

/// `GET /segments` of a storage: all that lie there now.
package struct SegmentsAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var segments: [UInt64]

    package init(segments: [UInt64]) {
        self.segments = segments
    }
}

/// `GET /damaged?after=…` of a storage: places that are damaged and that something may depend on.
/// `POST /damaged`: what the catalog knows of some of them.
package struct DamagedAnswer: Codable, Hashable, Sendable {
    package struct Place: Codable, Hashable, Sendable {
        package var segment: UInt64
        package var offset: UInt64
        /// Whose record lay there, where that is known.
        package var mail: MailID?
        /// The mail has its copies elsewhere, or needs none.
        package var healed: Bool?

        package init(segment: UInt64, offset: UInt64, mail: MailID?, healed: Bool? = nil) {
            self.segment = segment
            self.offset = offset
            self.mail = mail
            self.healed = healed
        }
    }

    package var format_version = 1
    package var places: [Place]
    /// What to ask for with `after=` to get the next page; absent when there is none.
    package var next: String?

    package static let placesMax = 1000

    package init(places: [Place], next: String?) {
        self.places = places
        self.next = next
    }
}

/// `POST /drain` of a storage, question and answer alike: whether it is being emptied.
package struct DrainAnswer: Codable, Hashable, Sendable {
    package var draining: Bool

    package init(draining: Bool) {
        self.draining = draining
    }
}

/// `GET /holds?after=…` of a DAL: mails that must not expire, in the order of their ids.
package struct HoldsAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    /// It grows with each hold and unhold; a list with a lower number is older.
    package var number: Int64
    package var mails: [MailID]
    /// What to ask for with `after=` to get the next page; absent when there is none.
    package var next: String?

    package static let mailsMax = 10_000

    package init(number: Int64, mails: [MailID], next: String?) {
        self.number = number
        self.mails = mails
        self.next = next
    }
}
