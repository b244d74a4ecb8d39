// SPDX-License-Identifier: Apache-2.0
// Header values as text for people.

enum HeaderText {
    /// An unstructured value: unfolded, its encoded words decoded, on one line, bounded.
    static func decode(_ value: Octets, charset: Charset?, limits: Limits) -> String {
        var text: [UInt8] = []
        EncodedWords.decode(value.upTo(limits.valueBytesMax), charset: charset, into: &text)
        return oneLine(text, bytesMax: limits.textBytesMax)
    }

    /// UTF-8 as one clean line: blanks joined, controls dropped, cut at a character.
    static func oneLine(_ text: [UInt8], bytesMax: Int) -> String {
        var line = clean(text, keepingLines: false)
        cut(&line, at: bytesMax)
        return String(decoding: line, as: UTF8.self)
    }

    /// Drops what could deceive an eye or drive a terminal: controls and marks that turn the
    /// direction of writing. A line end is kept when asked for, else it is a blank like others.
    static func clean(_ text: [UInt8], keepingLines: Bool) -> [UInt8] {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.count)
        text.withOctets { text in
            var place = 0
            while place < text.count {
                let byte = text[place]
                if byte >= 0x80 {
                    let hidden = hiddenLength(text, place)
                    if hidden == 0 { clean.append(byte) }
                    place += Swift.max(hidden, 1)
                    continue
                }
                place += 1
                if keepingLines, byte == 0x0a || byte == 9 || byte == 0x20 {
                    clean.append(byte)
                } else if byte.isBlank, !keepingLines {
                    if let last = clean.last, last != 0x20 { clean.append(0x20) }
                } else if byte >= 0x20, byte != 0x7f {
                    clean.append(byte)
                }
            }
        }
        if !keepingLines, clean.last == 0x20 { clean.removeLast() }
        return clean
    }

    /// The length of a character at `place` that is not to be shown; 0 for all others.
    private static func hiddenLength(_ text: Octets, _ place: Int) -> Int {
        guard place + 1 < text.count else { return 0 }
        let (first, second) = (text[place], text[place + 1])
        if first == 0xc2, second < 0xa0 { return 2 }
        guard first == 0xe2 || first == 0xef, place + 2 < text.count else { return 0 }
        let third = text[place + 2]
        let isHidden =
            switch (first, second) {
            case (0xe2, 0x80): (0xa8...0xae).contains(third) || (0x8e...0x8f).contains(third)
            case (0xe2, 0x81): (0xa6...0xa9).contains(third)
            default: first == 0xef && second == 0xbb && third == 0xbf
            }
        return isHidden ? 3 : 0
    }

    /// Cuts UTF-8 to at most `bytesMax` bytes, between characters.
    static func cut(_ text: inout [UInt8], at bytesMax: Int) {
        guard text.count > bytesMax else { return }
        var end = bytesMax
        while end > 0, text[end] & 0xc0 == 0x80 { end -= 1 }
        text.removeSubrange(end...)
    }
}
