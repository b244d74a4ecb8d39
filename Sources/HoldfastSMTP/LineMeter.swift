// SPDX-License-Identifier: Apache-2.0
// Measures the lines of a message that does not end with a dot.

/// Looks at the lines of a message that comes in any pieces: how long they are, and how they end.
///
/// It takes nothing away: chunks and posted messages are counted, so where they end is no question.
package struct LineMeter: Sendable {
    /// A CR or LF stood by itself.
    package private(set) var hasBareLineEnd = false
    /// Octets of the longest line so far, with its LF.
    package private(set) var longestBytes = 0
    private var lineBytes = 0
    private var isAfterReturn = false

    package init() {}

    /// Looks at the next octets. A CR at their end waits for what follows it.
    package mutating func measure(_ octets: ArraySlice<UInt8>) {
        octets.withUnsafeBytes { measure($0) }
    }

    /// The message is complete.
    package mutating func finish() {
        if isAfterReturn { hasBareLineEnd = true }
    }

    private mutating func measure(_ octets: UnsafeRawBufferPointer) {
        var start = 0
        while start < octets.count {
            let feed = octets.place(of: Octet.feed, in: start..<octets.count)
            look(at: octets, start..<(feed ?? octets.count), isWhole: feed != nil)
            start = (feed ?? octets.count) + 1
        }
    }

    /// A line up to its LF, or what there is of it.
    private mutating func look(
        at octets: UnsafeRawBufferPointer, _ range: Range<Int>, isWhole: Bool
    ) {
        if isAfterReturn, !range.isEmpty { hasBareLineEnd = true }
        let found = octets.place(of: Octet.return, in: range)
        let endsInReturn = found.map { $0 == range.upperBound - 1 } ?? false
        if found != nil, !endsInReturn { hasBareLineEnd = true }
        let isEnded = range.isEmpty ? isAfterReturn : endsInReturn
        if isWhole, !isEnded { hasBareLineEnd = true }
        lineBytes += range.count + (isWhole ? 1 : 0)
        longestBytes = max(longestBytes, lineBytes)
        if isWhole { lineBytes = 0 }
        isAfterReturn = !isWhole && isEnded
    }
}
