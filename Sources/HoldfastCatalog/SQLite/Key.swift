// SPDX-License-Identifier: Apache-2.0
// Row numbers that follow the time of receipt.
//
//   id = milliseconds of receipt << 20 | 20 bits of the mail id (the next free ones when taken)
//
// So a table's own order is the order of receipt, a rebuilt catalog has the same numbers, and a
// mail that arrives late takes its place among its neighbours. The milliseconds last until 2248.

internal import HoldfastModel

enum Key {
    private static let lowBits: Int64 = 20
    private static let lowMask: Int64 = 1 << lowBits - 1
    private static let millisecondsMax: Int64 = 1 << 43 - 1

    /// The number that a mail should have.
    static func of(_ mail: MailID, received: Timestamp) -> Int64 {
        let low = Int64(truncatingIfNeeded: mail.number) & lowMask
        return first(at: received) | low
    }

    /// The number to try when one is taken: the receipt stays what it is.
    static func next(after key: Int64) -> Int64 {
        key & ~lowMask | (key + 1) & lowMask
    }

    static func received(_ key: Int64) -> Timestamp {
        Timestamp(milliseconds: key >> lowBits)
    }

    /// All numbers of mails that were received then; nil when there can be none.
    static func range(of times: TimeRange) -> ClosedRange<Int64>? {
        let low = times.from.map(first(at:)) ?? Int64.min
        // Whatever lies beyond what a number can say was entered as its last millisecond.
        let high: Int64
        switch times.until {
        case nil: high = .max
        case let until? where until.milliseconds > millisecondsMax: high = .max
        case let until? where until.milliseconds <= 0: return nil
        case let until?: high = first(at: until) - 1
        }
        return low <= high ? low...high : nil
    }

    /// The first number that no mail received before then has.
    static func end(before moment: Timestamp) -> Int64 { first(at: moment) }

    private static func first(at moment: Timestamp) -> Int64 {
        max(0, min(millisecondsMax, moment.milliseconds)) << lowBits
    }
}
