// SPDX-License-Identifier: Apache-2.0
// How a node is, as JSON: `GET /status` of each.

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
