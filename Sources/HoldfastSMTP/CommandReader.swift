// SPDX-License-Identifier: Apache-2.0
// Splits what a client sends into command lines.

/// Bytes in, in any pieces; command lines out.
///
/// Only CRLF ends a line. A line with a bare CR or LF in it is refused as a whole, up to its CRLF, so
/// that no two programs can disagree about where a command begins.
package struct CommandReader: Sendable {
    /// What was found at the front of the input.
    package enum Line: Equatable, Sendable {
        /// A whole line, without its CRLF.
        case line(ArraySlice<UInt8>)
        /// A CR or LF that does not end a line; what follows it up to the next CRLF is skipped.
        case bareLineEnd
        /// More octets than a command may have; what follows up to the next CRLF is skipped.
        case tooLong
        /// The skipped part has no end within the limit: close.
        case endless
    }

    private let bytesMax: Int
    private let skippedBytesMax: Int
    /// The beginning of a line whose end has not come yet.
    private var begun: [UInt8] = []
    /// Octets of a refused line passed over; nil when no line is being skipped.
    private var skipped: Int?
    private var skippedReturn = false

    /// A line may have `bytesMax` octets with its CRLF.
    package init(bytesMax: Int, skippedBytesMax: Int) {
        self.bytesMax = bytesMax
        self.skippedBytesMax = skippedBytesMax
    }

    /// Takes one line from the front of `input`; nil when all of it is used and more is needed.
    package mutating func next(_ input: inout ArraySlice<UInt8>) -> Line? {
        while skipped != nil {
            if let endless = skip(&input) { return endless }
            if input.isEmpty { return nil }
        }
        guard let count = input.count(before: Octet.feed) else { return begin(&input) }
        return end(&input, count: count + 1)
    }

    private mutating func begin(_ input: inout ArraySlice<UInt8>) -> Line? {
        guard begun.count + input.count < bytesMax else { return refuse(.tooLong) }
        begun.append(contentsOf: input)
        input = input.suffix(0)
        return nil
    }

    private mutating func end(_ input: inout ArraySlice<UInt8>, count: Int) -> Line {
        guard begun.count + count <= bytesMax else { return refuse(.tooLong) }
        var line = input.prefix(count)
        input = input.dropFirst(count)
        if !begun.isEmpty {
            line = begun[...] + line
            begun.removeAll(keepingCapacity: true)
        }
        guard line.count > 1, line[line.endIndex - 2] == Octet.return else {
            return refuse(.bareLineEnd)
        }
        line = line.dropLast(2)
        return line.contains(Octet.return) ? .bareLineEnd : .line(line)
    }

    private mutating func refuse(_ line: Line) -> Line {
        skippedReturn = begun.last == Octet.return
        skipped = begun.count
        begun.removeAll(keepingCapacity: true)
        return line
    }

    /// Passes over octets up to and with the next CRLF, or to the end of the input.
    private mutating func skip(_ input: inout ArraySlice<UInt8>) -> Line? {
        let count = input.count(before: Octet.feed)
        let passed = input.prefix(count ?? input.count)
        let endsInReturn = passed.isEmpty ? skippedReturn : passed.last == Octet.return
        let passedBytes = passed.count + (count == nil ? 0 : 1)
        let total = (skipped ?? 0) + passedBytes
        input = input.dropFirst(passedBytes)
        skippedReturn = count == nil && endsInReturn
        skipped = count != nil && endsInReturn ? nil : total
        return total > skippedBytesMax ? .endless : nil
    }
}
