// SPDX-License-Identifier: Apache-2.0
// Where the messages of an mbox begin and end.

/// Splits an mbox that comes piece by piece, in memory that does not grow with it.
///
/// A message begins after a From_ line: at the start of the file after any, behind an empty line after
/// one with a time and a year (or a bare one, in a file that begins so), anywhere after one that is
/// unmistakable. The empty line belongs to the mbox, not to the message before it. A byte order mark and
/// empty lines before the first are passed over.
struct MboxSplitter {
    enum Event: Equatable {
        /// A message begins after this From_ line, at this offset of the file.
        case begin(fromLine: [UInt8], offset: UInt64)
        /// Octets of the message, still quoted.
        case octets(ArraySlice<UInt8>)
        /// The message ended before this offset.
        case end(offset: UInt64)
        /// The file has something before its first From_ line.
        case notMbox
    }

    private enum State { case beforeFirst, inside, broken }

    private var state = State.beforeFirst
    /// The start of a line that may become a From_ line.
    private var held: [UInt8] = []
    /// An empty line that belongs to the mbox if a From_ line follows.
    private var blank: [UInt8] = []
    private var isAtLineStart = true
    private var offset: UInt64 = 0
    /// The file's first From_ line had no date, so others may have none.
    private var hasBareLines = false

    /// What some programs write before the first line of a text.
    static let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]

    /// Takes more of the file.
    mutating func add(_ octets: ArraySlice<UInt8>, _ take: (Event) throws -> Void) rethrows {
        var rest = octets
        while !rest.isEmpty, state != .broken {
            let line = rest.prefix { $0 != 0x0a }
            let isWhole = line.count < rest.count
            let part = rest.prefix(line.count + (isWhole ? 1 : 0))
            rest = rest.dropFirst(part.count)
            try takePart(part, isWhole: isWhole, take)
        }
    }

    /// The file has ended.
    mutating func finish(_ take: (Event) throws -> Void) rethrows {
        if !held.isEmpty { try releaseHeld(isWhole: true, take) }
        if state == .inside { try take(.end(offset: offset - UInt64(blank.count))) }
        if state == .beforeFirst, offset > UInt64(blank.count) { try take(.notMbox) }
        blank = []
    }

    private mutating func takePart(
        _ part: ArraySlice<UInt8>, isWhole: Bool, _ take: (Event) throws -> Void
    ) rethrows {
        offset += UInt64(part.count)
        guard isAtLineStart || !held.isEmpty else {
            isAtLineStart = isWhole
            return try give(part, take)
        }
        held.append(contentsOf: part)
        isAtLineStart = false
        if offset == UInt64(held.count), held.starts(with: Self.byteOrderMark) {
            held.removeFirst(Self.byteOrderMark.count)
            guard !held.isEmpty else {
                isAtLineStart = true
                return
            }
        }
        let start = held.prefix(FromLine.start.count)
        let mayBeMark = offset < 3 && Self.byteOrderMark.starts(with: held)
        let mayBeFrom = FromLine.start.starts(with: start) && held.count <= FromLine.bytesMax
        let mayBeBlank = held == [0x0d]
        if isWhole || !(mayBeFrom || mayBeBlank || mayBeMark) {
            try releaseHeld(isWhole: isWhole, take)
        }
    }

    /// Decides what the held line is: a From_ line, an empty line, or text.
    private mutating func releaseHeld(isWhole: Bool, _ take: (Event) throws -> Void) rethrows {
        let line = held
        held = []
        isAtLineStart = isWhole
        if isWhole, begins(line[...]) {
            if state == .beforeFirst { hasBareLines = FromLine.isBare(line[...]) }
            let before = offset - UInt64(line.count + blank.count)
            if state == .inside { try take(.end(offset: before)) }
            state = .inside
            blank = []
            return try take(.begin(fromLine: line, offset: offset))
        }
        guard line == [0x0a] || line == [0x0d, 0x0a] else { return try give(line[...], take) }
        if state == .inside { try give([], take) }
        blank = line
    }

    private func begins(_ line: ArraySlice<UInt8>) -> Bool {
        guard let kind = FromLine.kind(of: line) else { return false }
        if state == .beforeFirst || kind == .unmistakable { return true }
        guard !blank.isEmpty else { return false }
        return kind == .plausible || (hasBareLines && FromLine.isBare(line))
    }

    private mutating func give(
        _ octets: ArraySlice<UInt8>, _ take: (Event) throws -> Void
    ) rethrows {
        guard state == .inside else {
            state = .broken
            return try take(.notMbox)
        }
        if !blank.isEmpty { try take(.octets(blank[...])) }
        blank = []
        if !octets.isEmpty { try take(.octets(octets)) }
    }
}
