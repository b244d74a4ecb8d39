// SPDX-License-Identifier: Apache-2.0
// When a segment of the spool may go.

internal import HoldfastModel

/// What must be known of the spool's segments to drop those that nothing needs; as a value.
struct SpoolRules: Sendable {
    /// One segment, as the ledger knows it.
    struct Segment: Hashable, Sendable {
        var number: SegmentNumber
        /// Sealed, and all its records have their rows.
        var isComplete: Bool
        /// Records that were ever appended to it.
        var records: Int
    }

    /// A release that is done with: its order, its marks and its note, by segment.
    struct FinishedRelease: Hashable, Sendable {
        var order: SegmentNumber
        /// All its records, the order's too.
        var records: [SegmentNumber]
    }

    /// The segments in which nothing is left, in their order.
    ///
    /// A note goes only after its order: were the ledger made again from the segments, an order
    /// without its note would be sent a second time.
    ///
    /// - Parameter finished: how many mails of each segment are done with.
    static func droppable(
        _ segments: [Segment], finished: [SegmentNumber: Int], releases: [FinishedRelease]
    ) -> [SegmentNumber] {
        let present = Set(segments.map(\.number))
        var finished = finished
        var waiting: [SegmentNumber: Set<SegmentNumber>] = [:]
        for release in releases {
            for segment in release.records {
                finished[segment, default: 0] += 1
                guard segment != release.order, present.contains(release.order) else { continue }
                waiting[segment, default: []].insert(release.order)
            }
        }
        var dropped: Set<SegmentNumber> = []
        for segment in segments.sorted(by: { $0.number < $1.number }) {
            guard segment.isComplete, finished[segment.number, default: 0] >= segment.records,
                waiting[segment.number, default: []].isSubset(of: dropped)
            else { continue }
            dropped.insert(segment.number)
        }
        return dropped.sorted()
    }

    /// How long an active segment in which nothing is left may wait for new mail.
    static let idleMilliseconds: Int64 = 300_000

    /// An active segment that holds something, nothing of it left, and that did not grow.
    static func isIdle(_ segment: Segment, finished: Int, unchangedFor milliseconds: Int64) -> Bool
    {
        !segment.isComplete && segment.records > 0 && finished >= segment.records
            && milliseconds >= idleMilliseconds
    }
}
