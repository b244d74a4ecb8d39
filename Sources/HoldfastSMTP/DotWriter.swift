// SPDX-License-Identifier: Apache-2.0
// Makes a message ready for DATA: dots stuffed, line ends checked.

/// A message holds a CR or LF by itself, which DATA cannot carry: a server might see its end there.
/// `LineEndRepair` makes such a message fit, and says that it did.
package struct BareLineEnd: Error, Equatable {}

/// The octets of a message in, in any pieces; what goes over the wire out.
///
/// Everything but the final dot, so that its caller can do something before that: see `Delivery`.
package struct DotWriter: Sendable {
    private enum Place {
        case lineStart, inLine, afterReturn
    }

    private var place = Place.lineStart

    /// What ends a message; nothing of it is sent with the message itself.
    package static let finalDot = Array(".\r\n".utf8)

    package init() {}

    /// Appends the next octets to `output`, with a second dot at each line that begins with one.
    package mutating func write(
        _ octets: ArraySlice<UInt8>, to output: inout [UInt8]
    ) throws(BareLineEnd) {
        var rest = octets
        while let octet = rest.first {
            if place == .afterReturn {
                guard octet == Octet.feed else { throw BareLineEnd() }
                output.append(octet)
                rest.removeFirst()
                place = .lineStart
            } else {
                if place == .lineStart, octet == Octet.dot { output.append(octet) }
                try writeLine(&rest, to: &output)
            }
        }
    }

    /// Appends the CRLF that a last line without one needs (RFC 5321, 4.1.1.4).
    package mutating func finish(to output: inout [UInt8]) throws(BareLineEnd) {
        switch place {
        case .lineStart: break
        case .inLine: output.append(contentsOf: [Octet.return, Octet.feed])
        case .afterReturn: throw BareLineEnd()
        }
        place = .lineStart
    }

    /// The rest of a line, or as much of it as there is.
    private mutating func writeLine(
        _ rest: inout ArraySlice<UInt8>, to output: inout [UInt8]
    ) throws(BareLineEnd) {
        let feed = rest.count(before: Octet.feed)
        let line = rest.prefix(feed.map { $0 + 1 } ?? rest.count)
        let text = feed == nil ? line : line.dropLast()
        rest = rest.dropFirst(line.count)
        let found = text.count(before: Octet.return)
        guard found == nil || found == text.count - 1, feed == nil || found != nil else {
            throw BareLineEnd()
        }
        place = feed != nil ? .lineStart : found != nil ? .afterReturn : .inLine
        output.append(contentsOf: line)
    }
}
