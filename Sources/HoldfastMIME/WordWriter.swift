// SPDX-License-Identifier: Apache-2.0
// Text in, searchable words out.

/// Writes the words of texts one after the other, separated by one space.
///
/// `bytes` is always empty, or ends with a space, or ends within a word. ASCII, which most mail is,
/// takes a path of its own.
struct WordWriter {
    private(set) var bytes: [UInt8]
    private let bytesMax: Int
    /// Length of the word at the end, also of what was cut from it; 0 between words.
    private var wordLength = 0
    /// The last character of a run of ideographs; 0 outside of one.
    private var previous: UInt32 = 0
    private var hasPair = false
    private(set) var isFull = false

    static let wordBytesMax = 64

    /// Goes on after `bytes`, as far as `bytesMax` bytes in all.
    init(after bytes: [UInt8] = [], bytesMax: Int) {
        self.bytes = bytes
        self.bytesMax = bytesMax
        isFull = bytes.count >= bytesMax
        if let last = bytes.last, last != 0x20 { self.bytes.append(0x20) }
    }

    /// Adds the words of a text; it and the next one do not touch.
    mutating func write(_ text: Octets) {
        var place = 0
        while place < text.count, !isFull {
            if text[place] < 0x80 {
                writeASCII(text, &place)
            } else {
                write(Self.scalar(text, &place))
            }
        }
        endRun()
        endWord()
        limit()
    }

    /// All words so far, without the last space.
    mutating func finish() -> [UInt8] {
        endRun()
        if bytes.last == 0x20 { bytes.removeLast() }
        return bytes
    }

    private mutating func endWord() {
        if wordLength > 0 {
            bytes.append(0x20)
            wordLength = 0
        }
    }

    /// Forgets the words beyond the limit, the one across it as a whole.
    private mutating func limit() {
        guard bytes.count > bytesMax + 1 || (bytes.count > bytesMax && bytes.last != 0x20) else {
            return
        }
        let end = bytes[...bytesMax].lastIndex(of: 0x20).map { $0 + 1 } ?? 0
        bytes.removeSubrange(end...)
        wordLength = 0
        previous = 0
        isFull = true
    }
}

// ASCII.
extension WordWriter {
    private static let blockBytes = 2048

    /// Writes the ASCII at `place`, or as much of it as one block holds.
    private mutating func writeASCII(_ text: Octets, _ place: inout Int) {
        if previous != 0 {
            // Lines of ideographs are broken anywhere, so a line end does not end their run.
            if text[place] == 0x0a || text[place] == 0x0d { place += 1; return }
            endRun()
        }
        let end = Self.endOfASCII(text, place)
        if end - place < 16 {
            for place in place..<end { writeShort(ASCIIFold.fold(text[place])) }
        } else {
            writeBlock(text[place..<end])
        }
        place = end
        if bytes.count > bytesMax { limit() }
    }

    private static func endOfASCII(_ text: Octets, _ start: Int) -> Int {
        let stop = min(text.count, start + blockBytes)
        var end = start
        while end + 8 <= stop {
            let eight = text.buffer.loadUnaligned(fromByteOffset: end, as: UInt64.self)
            if eight & 0x8080_8080_8080_8080 != 0 { break }
            end += 8
        }
        while end < stop, text[end] < 0x80 { end += 1 }
        return end
    }

    private mutating func writeShort(_ folded: UInt8) {
        if folded == 0x20 { return endWord() }
        wordLength += 1
        if wordLength <= Self.wordBytesMax { bytes.append(folded) }
    }

    private mutating func writeBlock(_ text: Octets) {
        var fold = ASCIIFold(wordLength: wordLength)
        withUnsafeTemporaryAllocation(byteCount: text.count + 8, alignment: 8) { block in
            fold.fold(text, into: block)
            bytes.append(contentsOf: block[..<fold.written])
        }
        wordLength = fold.wordLength
    }
}

// The rest of Unicode.
extension WordWriter {
    private mutating func write(_ value: UInt32) {
        let fold = FoldTable.standard.fold(value)
        if fold.kind == .sequence {
            for part in FoldTable.standard.sequence(fold) { write(part) }
        } else {
            write(fold)
        }
        if bytes.count > bytesMax { limit() }
    }

    private mutating func write(_ fold: FoldTable.Packed) {
        switch fold.kind {
        case .nothing, .sequence: break
        case .separator:
            endRun()
            endWord()
        case .letter:
            endRun()
            writeLetter(fold.value)
        case .ideograph:
            endWord()
            writeIdeograph(fold.value)
        }
    }

    private mutating func writeLetter(_ value: UInt32) {
        let size = value < 0x80 ? 1 : value < 0x800 ? 2 : value < 0x10000 ? 3 : 4
        let fits = wordLength + size <= Self.wordBytesMax
        // Once cut, a word stays cut, also for a shorter character.
        wordLength = fits ? wordLength + size : Self.wordBytesMax + 1
        if fits { append(value) }
    }

    /// Pairs overlap, and the last character stands alone as well: 日本語 is 日本, 本語 and 語. So any
    /// two are a word, and any one is the beginning of a word.
    private mutating func writeIdeograph(_ value: UInt32) {
        if let joined = Composition.join(previous, value) {
            previous = joined
            if hasPair { replaceLast(joined) }
            return
        }
        if Composition.isMark(value) { return }
        if previous != 0 {
            append(previous)
            append(value)
            bytes.append(0x20)
            hasPair = true
        }
        previous = value
    }

    private mutating func endRun() {
        guard previous != 0 else { return }
        append(previous)
        bytes.append(0x20)
        previous = 0
        hasPair = false
    }

    /// Puts a composed character in the place of its base; both take three bytes.
    private mutating func replaceLast(_ value: UInt32) {
        bytes.removeLast(4)
        append(value)
        bytes.append(0x20)
    }

    @inline(__always)
    private mutating func append(_ value: UInt32) {
        if value < 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value))
        } else if value < 0x800 {
            bytes.append(UInt8(truncatingIfNeeded: 0xc0 | value >> 6))
            bytes.append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3f))
        } else if let scalar = Unicode.Scalar(value) {
            bytes.append(scalar)
        }
    }

    /// The scalar at `place`; what is no UTF-8 is one byte and separates.
    private static func scalar(_ text: Octets, _ place: inout Int) -> UInt32 {
        let first = UInt32(text[place])
        let size = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1
        place += 1
        guard size > 1, place + size - 1 <= text.count else { return 0x20 }
        var value = first & (0x7f >> UInt32(size))
        for offset in 0..<(size - 1) {
            let next = UInt32(text[place + offset])
            guard next & 0xc0 == 0x80 else { return 0x20 }
            value = value << 6 | next & 0x3f
        }
        place += size - 1
        let isOverlong = value < (size == 2 ? 0x80 : size == 3 ? 0x800 : 0x10000)
        return isOverlong || (0xd800..<0xe000).contains(value) || value > 0x10ffff ? 0x20 : value
    }
}
