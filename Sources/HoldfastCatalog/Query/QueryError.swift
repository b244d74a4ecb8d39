// SPDX-License-Identifier: Apache-2.0
// What is wrong with a query, and where.

/// Why a query cannot be understood, in a sentence for whoever wrote it.
package struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what to write instead where that can be guessed.
    package let reason: String
    /// Which of its characters are meant, counted from 0.
    package let place: Range<Int>

    package init(_ reason: String, at place: Range<Int>) {
        self.reason = reason
        self.place = place
    }

    package var description: String {
        "\(reason) (at character \(place.lowerBound + 1))"
    }
}
