// SPDX-License-Identifier: Apache-2.0
// One reply of a server.

/// One reply of a server: a code, the enhanced code that most replies carry, and text.
package struct Reply: Hashable, Sendable {
    /// Three digits (RFC 5321, 4.2).
    package let code: Int
    /// `2.0.0` (RFC 3463); nil for greeting, EHLO and 354, which carry none, and for what a server
    /// said without one.
    package let enhanced: String?
    /// The text of each line; never empty.
    package let lines: [String]

    package init(_ code: Int, _ enhanced: String?, _ text: String) {
        self.init(code, enhanced, lines: [text])
    }

    package init(_ code: Int, _ enhanced: String?, lines: [String]) {
        precondition((100...999).contains(code), "a reply code has three digits")
        self.code = code
        self.enhanced = enhanced
        self.lines = lines.isEmpty ? [""] : lines
    }

    /// What the first digit says.
    package var kind: Kind { Kind(rawValue: code / 100) ?? .unheardOf }

    /// What the first digit of a reply says.
    package enum Kind: Int, Sendable {
        case done = 2
        case goOn = 3
        case later = 4
        case refused = 5
        case unheardOf = 0
    }

    /// The most octets of text put in one line, so that no line is over 512 (RFC 5321, 4.5.3.1.5).
    private static let textBytesMax = 480
}

extension Reply {
    /// The reply as it goes out, each line ended.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.reduce(0) { $0 + $1.utf8.count + 16 })
        encode(into: &bytes)
        return bytes
    }

    /// Appends the reply as it goes out, each line ended.
    package func encode(into bytes: inout [UInt8]) {
        for (number, line) in lines.enumerated() {
            for divisor in [100, 10, 1] {
                bytes.append(UInt8(ascii: "0") + UInt8(code / divisor % 10))
            }
            bytes.append(UInt8(ascii: number == lines.count - 1 ? " " : "-"))
            if let enhanced {
                bytes.append(contentsOf: enhanced.utf8)
                bytes.append(Octet.space)
            }
            Self.appendPrintable(line, to: &bytes)
            bytes.append(Octet.return)
            bytes.append(Octet.feed)
        }
    }

    /// A reason may hold anything, an address that a stranger chose too: it goes out as ASCII.
    private static func appendPrintable(_ line: String, to bytes: inout [UInt8]) {
        var line = line
        line.withUTF8 { octets in
            for octet in octets.prefix(textBytesMax) {
                bytes.append((0x20...0x7e).contains(octet) ? octet : UInt8(ascii: "?"))
            }
        }
    }

    /// The reply as a person reads it in a log.
    package var text: String {
        let words = ["\(code)", enhanced ?? "", lines.joined(separator: " / ")]
        return words.filter { !$0.isEmpty }.joined(separator: " ")
    }
}
