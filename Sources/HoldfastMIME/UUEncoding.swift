// SPDX-License-Identifier: Apache-2.0
// Files that old mailers wrote into the text: `begin 644 name`, lines, `end`.

enum UUEncoding {
    /// One file inside a text.
    struct File {
        let name: Octets
        /// All of it, from `begin` to after `end`.
        let range: Range<Int>
    }

    /// The first whole file in `text` at or after `start`.
    static func next(in text: Octets, from start: Int) -> File? {
        var place = start
        while let begin = nextBegin(in: text, from: place) {
            let line = line(in: text, at: begin)
            guard let name = fileName(text[line]), let end = endOfLines(in: text, after: line)
            else {
                place = line.upperBound + 1
                continue
            }
            return File(name: name, range: begin..<end)
        }
        return nil
    }

    /// Appends what the lines of `text` stand for, with or without `begin` and `end`.
    static func decode(_ text: Octets, into bytes: inout [UInt8]) {
        var place = 0
        while place < text.count {
            let line = line(in: text, at: place)
            place = line.upperBound + 1
            let octets = text[line]
            if octets.hasPrefix("begin ") { continue }
            if octets.trimmed.equals("end") { return }
            decodeLine(octets, into: &bytes)
        }
    }

    private static func nextBegin(in text: Octets, from start: Int) -> Int? {
        if start == 0, text.hasPrefix("begin ") { return 0 }
        return text.find("\nbegin ", from: Swift.max(start - 1, 0)).map { $0 + 1 }
    }

    private static func line(in text: Octets, at start: Int) -> Range<Int> {
        start..<Swift.max(start, text.find(0x0a, from: start) ?? text.count)
    }

    /// `begin`, three or four octal digits, and a name.
    private static func fileName(_ line: Octets) -> Octets? {
        let rest = line.from(6).trimmed
        guard let blank = rest.find(0x20), (3...4).contains(blank),
            rest.upTo(blank).allSatisfy({ (0x30...0x37).contains($0) })
        else { return nil }
        let name = rest.from(blank).trimmed
        return name.isEmpty ? nil : name
    }

    /// Where the file ends whose first line is the one after `line`; nil when no such lines follow.
    private static func endOfLines(in text: Octets, after line: Range<Int>) -> Int? {
        var place = line.upperBound + 1
        var lines = 0
        while place < text.count {
            let next = Self.line(in: text, at: place)
            let octets = text[next].trimmed
            if octets.equals("end") { return Swift.min(next.upperBound + 1, text.count) }
            guard isEncoded(octets) || octets.isEmpty else { break }
            if !octets.isEmpty { lines += 1 }
            place = next.upperBound + 1
        }
        // Cut short, yet a file as far as it goes.
        return lines > 0 ? Swift.min(place, text.count) : nil
    }

    /// Whether a line is as long as its first character says; some pad, some strip blanks.
    private static func isEncoded(_ line: Octets) -> Bool {
        guard let first = line.first, (0x20...0x60).contains(first) else { return false }
        let digits = (Int((first - 0x20) & 63) + 2) / 3 * 4
        return line.count <= digits + 3 && line.count >= digits / 2
    }

    private static func decodeLine(_ line: Octets, into bytes: inout [UInt8]) {
        guard let first = line.first, (0x20...0x60).contains(first) else { return }
        let length = Int((first - 0x20) & 63)
        let end = bytes.count + length
        var place = 1
        while bytes.count < end, place < line.count {
            var bits: UInt32 = 0
            for offset in 0..<4 {
                let byte = place + offset < line.count ? line[place + offset] : 0x20
                bits = bits << 6 | UInt32((byte &- 0x20) & 63)
            }
            for shift: UInt32 in [16, 8, 0] where bytes.count < end {
                bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
            }
            place += 4
        }
    }
}
