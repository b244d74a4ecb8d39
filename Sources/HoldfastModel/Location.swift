// SPDX-License-Identifier: Apache-2.0
// Where a copy lies, and its place in a node's order.

/// The number of a segment at its node: given once, never reused, because the run of the process
/// that made it is in it: `run × 1,000,000 + counter`.
package typealias SegmentNumber = UInt64

/// Where one copy of a mail lies: on which node, in which segment, at which byte.
///
/// A location is written once and never edited. A copy that moves gets a new location.
package struct Location: Hashable, Sendable {
    package let node: NodeID
    package let segment: SegmentNumber
    package let offset: UInt64

    package init(node: NodeID, segment: SegmentNumber, offset: UInt64) {
        self.node = node
        self.segment = segment
        self.offset = offset
    }
}

/// Where a copy lies at its node, for those who know the node; as text `segment/offset`.
package struct CopyPlace: Hashable, Comparable, Sendable, LosslessStringConvertible {
    package var segment: SegmentNumber
    package var offset: UInt64

    /// Before all copies.
    package static let start = CopyPlace(segment: 0, offset: 0)
    /// Behind all copies.
    package static let end = CopyPlace(
        segment: SegmentNumber(Int64.max), offset: UInt64(Int64.max))

    package init(segment: SegmentNumber, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let segment = UInt64(parts[0]), let offset = UInt64(parts[1]),
            segment <= Int64.max, offset <= Int64.max
        else { return nil }
        self.init(segment: segment, offset: offset)
    }

    package var description: String { "\(segment)/\(offset)" }

    package static func < (left: CopyPlace, right: CopyPlace) -> Bool {
        (left.segment, left.offset) < (right.segment, right.offset)
    }
}

/// A damaged place, and what is known of the copy that lay there.
package struct DamagedCopy: Hashable, Sendable {
    package var place: CopyPlace
    /// Nil where nobody knows whose it was.
    package var mail: MailID?
    /// Nothing depends on it.
    package var isHealed: Bool

    package init(place: CopyPlace, mail: MailID?, isHealed: Bool = false) {
        self.place = place
        self.mail = mail
        self.isHealed = isHealed
    }
}

/// A record's sequence number at its node, in commit order: where a queue stands.
///
/// The run of the process comes first, so that a number is never given twice even when the last
/// run's end is not known; a run number is never reused.
package struct Position: Hashable, Comparable, Sendable {
    /// `run << 32 | number`.
    package let raw: UInt64

    package static let none = Position(raw: 0)

    package init(raw: UInt64) {
        self.raw = raw
    }

    package init(run: UInt32, number: UInt32) {
        raw = UInt64(run) << 32 | UInt64(number)
    }

    package var run: UInt32 { UInt32(raw >> 32) }
    package var number: UInt32 { UInt32(truncatingIfNeeded: raw) }

    package static func < (left: Position, right: Position) -> Bool {
        left.raw < right.raw
    }

    package var next: Position { Position(raw: raw + 1) }
}
