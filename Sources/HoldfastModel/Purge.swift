// SPDX-License-Identifier: Apache-2.0
// What a purge means for what is offered afterwards.

/// What a storage knows of the purge of a mail.
///
/// It covers what was received until the mail's keep-until day, whenever it turns up; the same octets,
/// received later, are a mail as any other.
package struct Purge: Hashable, Sendable {
    /// Where its note lies; none where that lies here no more.
    package var note: Position
    package var at: Timestamp
    package var until: Day

    package init(note: Position, at: Timestamp, until: Day) {
        self.note = note
        self.at = at
        self.until = until
    }

    package func covers(_ received: Timestamp) -> Bool { received.day <= until }

    /// For whoever offers such octets.
    package static func refusal(until day: Day) -> String {
        "purged; not taken again until \(day.advanced(by: 1))"
    }
}
