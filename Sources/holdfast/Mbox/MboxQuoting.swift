// SPDX-License-Identifier: Apache-2.0
// The quoting of mboxrd: a line that could be taken for a From_ line gets one more `>`.
//
//   written: ^>*From   becomes  >^>*From        read: ^>+From   loses one >

/// Quotes or unquotes a message that comes piece by piece; knows nothing of its length.
struct MboxQuoting {
    enum Way { case quote, unquote }

    private static let word = Array("From ".utf8)

    private let way: Way
    /// Of the line that has just begun: the `>` seen, and how much of the word after them.
    private var marks = 0
    private var letters = 0
    private var isAtStart = true

    init(_ way: Way) {
        self.way = way
    }

    /// Takes more octets; appends what is decided to `text`.
    mutating func add(_ octets: ArraySlice<UInt8>, to text: inout [UInt8]) {
        var rest = octets
        while let byte = rest.first {
            if isAtStart {
                if byte == 0x3e, letters == 0 {
                    marks += 1
                    rest.removeFirst()
                } else if byte == Self.word[letters] {
                    letters += 1
                    rest.removeFirst()
                    if letters == Self.word.count { release(isFromLine: true, to: &text) }
                } else {
                    release(isFromLine: false, to: &text)
                }
            } else {
                let line = rest.prefix { $0 != 0x0a }
                text.append(contentsOf: line)
                rest = rest.dropFirst(line.count)
                guard let end = rest.popFirst() else { return }
                text.append(end)
                isAtStart = true
            }
        }
    }

    /// Gives out what was waiting for more.
    mutating func finish(to text: inout [UInt8]) {
        if isAtStart { release(isFromLine: false, to: &text) }
        isAtStart = true
    }

    private mutating func release(isFromLine: Bool, to text: inout [UInt8]) {
        let change = isFromLine ? (way == .quote ? 1 : marks > 0 ? -1 : 0) : 0
        text.append(contentsOf: repeatElement(0x3e, count: marks + change))
        text.append(contentsOf: Self.word.prefix(letters))
        (marks, letters, isAtStart) = (0, 0, false)
    }
}
