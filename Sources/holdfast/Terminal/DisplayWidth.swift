// SPDX-License-Identifier: Apache-2.0
// How many columns of a terminal a text takes.

extension String {
    /// Columns on a terminal: two for wide characters, none for what joins the one before.
    var displayWidth: Int {
        utf8.allSatisfy { $0 < 0x80 } ? utf8.count : reduce(0) { $0 + $1.displayWidth }
    }

    /// Exactly so many columns: filled with blanks, or cut with an ellipsis.
    func fitted(to columns: Int) -> String {
        let width = displayWidth
        guard width > columns else { return self + String(repeating: " ", count: columns - width) }
        guard columns > 0 else { return "" }
        var cut = ""
        var used = 0
        for character in self {
            guard used + character.displayWidth <= columns - 1 else { break }
            cut.append(character)
            used += character.displayWidth
        }
        return cut + "…" + String(repeating: " ", count: columns - 1 - used)
    }

    /// The same, with the blanks on the left.
    func fittedRight(to columns: Int) -> String {
        let width = displayWidth
        return width > columns
            ? fitted(to: columns) : String(repeating: " ", count: columns - width) + self
    }
}

extension Character {
    fileprivate var displayWidth: Int {
        guard let first = unicodeScalars.first else { return 0 }
        if first.properties.generalCategory == .nonspacingMark || first.value == 0x200b { return 0 }
        if first.properties.isEmojiPresentation { return 2 }
        return Self.wide.contains { $0.contains(first.value) } ? 2 : 1
    }

    /// East Asian Wide and Fullwidth (UAX 11), in the blocks that mail is written in.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
        0xa000...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
        0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
    ]
}
