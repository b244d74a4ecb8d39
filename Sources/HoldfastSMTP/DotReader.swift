// SPDX-License-Identifier: Apache-2.0
// Reads a message that ends with a dot on a line of its own (RFC 5321, 4.5.2).
//
//                  .                CR                 LF
//   lineStart ────────▶ afterDot ────────▶ afterDotReturn ────────▶ ended
//    │  ▲  ▲               │ other
//    │  │  └───────────┐   ▼               CR                LF
//    │  └────────────┐ └─ inLine ────────▶ afterReturn ────────▶ lineStart
//    └── other ──────┴──────▲
//
// Every arrow that is not drawn for a CR or a LF leads to `bareLineEnd`: the two come together, in this
// order, or the mail is refused. That is what keeps a second mail from being smuggled in the first.

/// Bytes in, in any pieces; the octets of the message out, as parts of what came in.
///
/// Nothing but dots that were added for transport is taken away.
package struct DotReader: Sendable {
    /// What was found at the front of the input.
    package enum Piece: Equatable, Sendable {
        /// The next octets of the message.
        case octets(ArraySlice<UInt8>)
        /// CRLF.CRLF: the message is complete. What is left of the input are commands.
        case end
        /// A CR or LF by itself. What follows cannot be trusted; read no further.
        case bareLineEnd
    }

    private enum Place {
        case lineStart, inLine, afterReturn, afterDot, afterDotReturn, ended
    }

    private let lineBytesMax: Int
    private var place = Place.lineStart
    private var lineBytes = 0
    /// A line of the message was longer than allowed; it is read to its end all the same.
    package private(set) var hasLongLine = false

    /// A line may have `lineBytesMax` octets with its CRLF.
    package init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes one piece from the front of `input`; nil when all of it is used and more is needed.
    package mutating func next(_ input: inout ArraySlice<UInt8>) -> Piece? {
        while let octet = input.first {
            switch (place, octet) {
            case (.ended, _):
                preconditionFailure("what follows the end of a message are commands")
            case (.lineStart, Octet.dot):
                place = .afterDot
                input.removeFirst()
            case (.lineStart, _), (.inLine, _):
                return readLines(&input)
            case (.afterReturn, Octet.feed):
                endLine(adding: 1)
                return .octets(take(1, from: &input))
            case (.afterDot, Octet.return):
                place = .afterDotReturn
                input.removeFirst()
            case (.afterDotReturn, Octet.feed):
                place = .ended
                input.removeFirst()
                return .end
            case (.afterDot, _) where octet != Octet.feed:
                place = .inLine
            default:
                return refuse()
            }
        }
        return nil
    }

    /// Many lines at once: up to a line that begins with a dot, or to the end of the input.
    private mutating func readLines(_ input: inout ArraySlice<UInt8>) -> Piece {
        guard let count = input.withUnsafeBytes({ pass($0) }) else { return refuse() }
        return .octets(take(count, from: &input))
    }

    /// How many octets can be handed out as they are; nil for a bare CR or LF.
    private mutating func pass(_ octets: UnsafeRawBufferPointer) -> Int? {
        var start = 0
        while let feed = octets.place(of: Octet.feed, in: start..<octets.count) {
            guard feed > start, octets[feed - 1] == Octet.return,
                octets.place(of: Octet.return, in: start..<feed - 1) == nil
            else { return nil }
            endLine(adding: feed + 1 - start)
            start = feed + 1
            if start == octets.count || octets[start] == Octet.dot { return start }
        }
        return passRest(octets, from: start)
    }

    /// The beginning of a line whose LF is not in the input; its CR may be, as the last octet.
    private mutating func passRest(_ octets: UnsafeRawBufferPointer, from start: Int) -> Int? {
        place = .inLine
        if let found = octets.place(of: Octet.return, in: start..<octets.count) {
            guard found == octets.count - 1 else { return nil }
            place = .afterReturn
        }
        measure(octets.count - start)
        return octets.count
    }

    private mutating func endLine(adding count: Int) {
        measure(count)
        lineBytes = 0
        place = .lineStart
    }

    private mutating func measure(_ count: Int) {
        lineBytes += count
        if lineBytes > lineBytesMax { hasLongLine = true }
    }

    private func take(_ count: Int, from input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        defer { input = input.dropFirst(count) }
        return input.prefix(count)
    }

    private mutating func refuse() -> Piece {
        place = .ended
        return .bareLineEnd
    }
}
