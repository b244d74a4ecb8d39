// SPDX-License-Identifier: Apache-2.0
// When a segment may be dropped (D8).

package import HoldfastLedger
package import HoldfastModel

/// Decides on expiry: which segments may go, when `ClockEvidence` has no doubt.
package enum ExpiryRules {
    /// The segments in which every mail has expired on a day.
    package static func expired(_ segments: [SegmentRow], on day: Day) -> [SegmentRow] {
        segments.filter { $0.dropDay < day && $0.recordedUpTo == SegmentRow.complete }
    }
}
