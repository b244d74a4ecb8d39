// SPDX-License-Identifier: Apache-2.0
// From here to there: times, days, numbers, scores, digests.

package import HoldfastModel

/// From one moment until before another; open where there is none.
package struct TimeRange: Hashable, Sendable {
    package var from: Timestamp?
    package var until: Timestamp?

    package init(from: Timestamp? = nil, until: Timestamp? = nil) {
        self.from = from
        self.until = until
    }

    package func contains(_ moment: Timestamp) -> Bool {
        (from.map { $0 <= moment } ?? true) && (until.map { moment < $0 } ?? true)
    }
}

/// From one number to another, both included; open where there is none.
package struct NumberRange: Hashable, Sendable {
    package var from: UInt64?
    package var to: UInt64?

    package init(from: UInt64? = nil, to: UInt64? = nil) {
        self.from = from
        self.to = to
    }

    package func contains(_ number: UInt64) -> Bool {
        (from.map { $0 <= number } ?? true) && (to.map { number <= $0 } ?? true)
    }
}

/// From one day to another, both included; open where there is none.
package struct DayRange: Hashable, Sendable {
    package var from: Day?
    package var to: Day?

    package init(from: Day? = nil, to: Day? = nil) {
        self.from = from
        self.to = to
    }

    package func contains(_ day: Day) -> Bool {
        (from.map { $0 <= day } ?? true) && (to.map { day <= $0 } ?? true)
    }
}

/// From one score to another in thousandths of a point, both included; open where there is none.
package struct ScoreRange: Hashable, Sendable {
    package var from: Int64?
    package var to: Int64?

    package init(from: Int64? = nil, to: Int64? = nil) {
        self.from = from
        self.to = to
    }

    package func contains(_ score: Int64) -> Bool {
        (from.map { $0 <= score } ?? true) && (to.map { score <= $0 } ?? true)
    }
}

/// Every digest that begins with some hexadecimal digits.
package struct DigestRange: Hashable, Sendable {
    package let digits: String
    package let low: Digest
    package let high: Digest

    /// Nil unless there are 1 to 64 hexadecimal digits.
    package init?(beginning digits: String) {
        let digits = digits.lowercased()
        let open = 64 - digits.utf8.count
        guard (0..<64).contains(open),
            let low = Digest(hex: digits + String(repeating: "0", count: open)),
            let high = Digest(hex: digits + String(repeating: "f", count: open))
        else { return nil }
        self.digits = digits
        self.low = low
        self.high = high
    }

    package func contains(_ digest: Digest) -> Bool {
        digest.hex.hasPrefix(digits)
    }
}
