// SPDX-License-Identifier: Apache-2.0
// What is held and what was purged: decisions about days and numbers, without doing anything.

package import HoldfastModel

package enum HoldRules {
    /// A held record is written again when its day is so near, in days …
    package static let marginDays = 3
    /// … to be kept so many days more.
    package static let holdDays = 30

    /// Until when a held record is to be kept, when it must be written again for that.
    package static func renewal(keepUntil: Day, today: Day) -> Day? {
        keepUntil < today.advanced(by: marginDays) ? today.advanced(by: holdDays) : nil
    }

    /// Mails that were purged on this day or before leave the disk today.
    package static func purgedBy(_ today: Day, purgeDays: Int) -> Day {
        today.advanced(by: -max(0, purgeDays - 1))
    }

    /// Why a list of holds is not believed; nil when it is.
    ///
    /// - Parameter seen: the highest number that a list had before.
    package static func doubt(number: Int64, seen: Int64) -> String? {
        guard number < seen else { return nil }
        return "the DAL's list of holds (number \(number)) is older than one that was seen before"
            + " (\(seen)); it knows again what it lost when all storages are there, or with the next hold"
    }
}
