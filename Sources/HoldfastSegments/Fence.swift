// SPDX-License-Identifier: Apache-2.0
// Where a segment was left after a failed write.

package import HoldfastModel

/// The end of what a segment durably holds, when a write or sync behind it failed (D1).
///
/// Nothing may be written to that segment any more, and the kernel has forgotten what it lost; so the
/// segments that its run opens afterwards carry its fence in their headers.
package struct Fence: Hashable, Sendable {
    package var segment: SegmentNumber
    package var end: UInt64

    package init(segment: SegmentNumber, end: UInt64) {
        self.segment = segment
        self.end = end
    }

    /// As many as a header has room for. A run that has failed so often writes nothing more: the disk
    /// needs a person.
    package static let fencesMax = 250
}
