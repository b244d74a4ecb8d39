// SPDX-License-Identifier: Apache-2.0
// A mail or note with fewer copies than wanted, as the audit sees it.

package import HoldfastModel

/// Where a walk over what is short stands.
package struct ShortPlace: Hashable, Sendable {
    /// Mails come first, notes after them.
    package var isAmongNotes: Bool
    package var row: Int64

    package static let start = ShortPlace(isAmongNotes: false, row: .min)
    package static let notes = ShortPlace(isAmongNotes: true, row: .min)
}

/// What has fewer copies that count than it wants.
package struct ShortMail: Hashable, Sendable {
    package var place: ShortPlace
    package var id: MailID
    /// Every copy is to be kept until then.
    package var keepUntil: Day
    package var copiesWanted: Int
    package var counted: Int
    package var copies: [Copy]

    /// One copy, and whether it counts: it does when both are true.
    package struct Copy: Hashable, Sendable {
        package var holder: Holder
        package var place: CopyPlace
        /// Its node is one whose copies count.
        package var counts: Bool
        /// It is kept as long as the mail is to be.
        package var lasts: Bool

        package init(holder: Holder, place: CopyPlace, counts: Bool, lasts: Bool = true) {
            self.holder = holder
            self.place = place
            self.counts = counts
            self.lasts = lasts
        }
    }

    package init(
        place: ShortPlace, id: MailID, keepUntil: Day, copiesWanted: Int, counted: Int,
        copies: [Copy]
    ) {
        self.place = place
        self.id = id
        self.keepUntil = keepUntil
        self.copiesWanted = copiesWanted
        self.counted = counted
        self.copies = copies
    }
}
