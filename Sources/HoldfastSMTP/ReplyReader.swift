// SPDX-License-Identifier: Apache-2.0
// Reads the replies of a server we speak to.

/// What a server may not say. The connection is of no more use.
package enum ReplyFault: Error, Equatable {
    /// Not three digits, then a blank or a hyphen; or two codes in one reply.
    case malformed(String)
    /// A line longer than `lineBytesMax`, or more than `linesMax` of them.
    case tooLong
}

/// Bytes in, in any pieces; whole replies out.
///
/// A bare LF ends a line here too: nothing can be smuggled in a reply that is read one at a time.
package struct ReplyReader: Sendable {
    private var line: [UInt8] = []
    private var code: Int?
    private var lines: [String] = []

    package static let lineBytesMax = 4096
    package static let linesMax = 128

    package init() {}

    /// Takes one reply from the front of `input`; nil when all of it is used and more is needed.
    package mutating func next(_ input: inout ArraySlice<UInt8>) throws(ReplyFault) -> Reply? {
        while let count = input.count(before: Octet.feed) {
            try keep(input.prefix(count))
            input = input.dropFirst(count + 1)
            if let reply = try endLine() { return reply }
        }
        try keep(input)
        input = input.suffix(0)
        return nil
    }

    private mutating func keep(_ octets: ArraySlice<UInt8>) throws(ReplyFault) {
        guard line.count + octets.count <= Self.lineBytesMax else { throw .tooLong }
        line.append(contentsOf: octets)
    }

    private mutating func endLine() throws(ReplyFault) -> Reply? {
        if line.last == Octet.return { line.removeLast() }
        defer { line.removeAll(keepingCapacity: true) }
        let number = try codeOfLine()
        guard code == nil || code == number else { throw .malformed("two codes in one reply") }
        guard lines.count < Self.linesMax else { throw .tooLong }
        code = number
        lines.append(String(decoding: line.dropFirst(4), as: UTF8.self))
        guard line.count == 3 || line[3] == Octet.space else { return nil }
        defer { (code, lines) = (nil, []) }
        return Reply(number, reading: lines)
    }

    private func codeOfLine() throws(ReplyFault) -> Int {
        let digits = line.prefix(3)
        let separators = [Octet.space, UInt8(ascii: "-")]
        guard digits.count == 3, digits.allSatisfy(\.isDigit),
            digits.first != UInt8(ascii: "0"), line.count == 3 || separators.contains(line[3])
        else { throw .malformed(String(decoding: line.prefix(80), as: UTF8.self)) }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}

extension Reply {
    /// The reply of these lines, which may begin with an enhanced code (RFC 2034).
    init(_ code: Int, reading lines: [String]) {
        let enhanced = lines.first.flatMap { Self.enhanced(in: $0, for: code) }
        let texts = lines.map { line in
            guard let enhanced, line.hasPrefix(enhanced) else { return line }
            return String(line.dropFirst(enhanced.count).drop { $0 == " " })
        }
        self.init(code, enhanced, lines: texts)
    }

    private static func enhanced(in line: String, for code: Int) -> String? {
        let word = line.prefix { $0 != " " }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "\(code / 100)",
            parts.allSatisfy({ (1...3).contains($0.utf8.count) && UInt16($0) != nil })
        else { return nil }
        return String(word)
    }
}
