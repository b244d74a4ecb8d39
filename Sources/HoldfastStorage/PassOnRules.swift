// SPDX-License-Identifier: Apache-2.0
// What a storage does with a copy that it is ordered to pass on: decisions, without doing them.

internal import HoldfastLedger
internal import HoldfastModel

enum PassOnRules {
    /// Whether the record must be written again first: it would be dropped before the mail's day, and is no
    /// copy of it for that long. What has expired already is left to that.
    static func mustRenew(_ held: Held, for order: StorageOrder, today: Day) -> Bool {
        order.keepUntil > held.keepUntil && order.keepUntil >= today
    }

    /// The slip with which it is passed on. Who holds a copy that counts is known from the order: whoever
    /// else is on the slip counts no more.
    static func slip(_ slip: Slip, for order: StorageOrder) -> Slip {
        var slip = slip
        slip.holders = order.holders
        slip.copiesWanted = max(slip.copiesWanted, order.copiesWanted)
        return slip
    }
}
