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
    package var copiesWanted: Int
    package var counted: Int
    package var copies: [Copy]

    /// One copy, and whether it counts.
    package struct Copy: Hashable, Sendable {
        package var holder: Holder
        package var place: CopyPlace
        package var counts: Bool

        package init(holder: Holder, place: CopyPlace, counts: Bool) {
            self.holder = holder
            self.place = place
            self.counts = counts
        }
    }

    package init(
        place: ShortPlace, id: MailID, copiesWanted: Int, counted: Int, copies: [Copy]
    ) {
        self.place = place
        self.id = id
        self.copiesWanted = copiesWanted
        self.counted = counted
        self.copies = copies
    }
}
