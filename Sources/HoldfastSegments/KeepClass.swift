// SPDX-License-Identifier: Apache-2.0
// Which mails may share a segment.

package import HoldfastModel

/// For how long the mails of one segment are kept at most. A segment holds one class and one day of
/// intake, so that it can be dropped whole (D8).
package struct KeepClass: Hashable, Sendable {
    package let days: UInt32

    /// What a gateway's spool keeps: until the ack, however long that takes.
    package static let untilAcked = KeepClass(days: 0)
    package static let all = [7, 30, 60, 400].map(KeepClass.init(days:))

    package init(days: UInt32) {
        self.days = days
    }

    /// The smallest class that holds a mail taken in today.
    package init(keepUntil: Day, today: Day) {
        let wanted = max(0, Int(keepUntil.number) - Int(today.number))
        self = Self.all.first { wanted <= Int($0.days) } ?? KeepClass(days: UInt32(wanted))
    }
}
