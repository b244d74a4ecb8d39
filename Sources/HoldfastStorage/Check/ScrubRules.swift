// SPDX-License-Identifier: Apache-2.0
// When a scrub reads which segment: decisions only.

package import HoldfastModel

/// How far the everlasting check is; kept in the ledger, so that a restart goes on with it.
package struct ScrubState: Hashable, Sendable {
    /// The last segment that was checked in this round; 0 before the first.
    package var segment: SegmentNumber = 0
    package var bad = 0
    package var healed = 0
    /// The last whole round; nil before the first ended.
    package var last: Round?

    package init() {}

    /// What a whole round came to.
    package struct Round: Hashable, Sendable {
        package var finished: Timestamp
        package var bad: Int
        package var healed: Int

        package init(finished: Timestamp, bad: Int, healed: Int) {
            self.finished = finished
            self.bad = bad
            self.healed = healed
        }
    }

    /// The segment after the last one; nil when the round is over.
    package func next(of segments: [SegmentNumber]) -> SegmentNumber? {
        segments.filter { $0 > segment }.min()
    }

    package mutating func note(_ segment: SegmentNumber, bad: Int, healed: Int) {
        self.segment = segment
        self.bad += bad
        self.healed += healed
    }

    /// The round is over, and the next one begins.
    package mutating func finish(at now: Timestamp) {
        last = Round(finished: now, bad: bad, healed: healed)
        (segment, bad, healed) = (0, 0, 0)
    }
}

/// How long a scrub rests.
package enum ScrubRules {
    /// However little there is to read, so often it goes on.
    package static let restMillisecondsMax: Int64 = 6 * 3_600_000
    package static let restMillisecondsMin: Int64 = 1_000

    /// The rest after a segment, so that all of them take `days` together.
    ///
    /// - Parameter took: how long its reading took, in milliseconds.
    package static func rest(
        after bytes: UInt64, of all: UInt64, took: Int64, days: Int
    ) -> Int64 {
        let round = Double(days) * 86_400_000
        let share = all == 0 ? 1 : min(1, Double(bytes) / Double(all))
        let rest = Int64(round * share) - took
        return min(restMillisecondsMax, max(restMillisecondsMin, rest))
    }
}
