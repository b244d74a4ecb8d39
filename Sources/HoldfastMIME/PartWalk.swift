// SPDX-License-Identifier: Apache-2.0
// One pass over the parts of a message, without recursion.

/// Goes through a message from its first octet to its last and yields parts as they come.
///
/// The open multiparts are a stack; each line that begins with two hyphens is compared with their
/// boundaries, the innermost first. What ends too early or never is ended by what is around it.
struct PartWalk {
    /// What holds for all parts of one message at one depth.
    private struct Surroundings {
        var depth = 0
        var headerCharset: Charset?
    }

    /// An open multipart.
    private struct Level {
        let boundary: [UInt8]
        let isDigest: Bool
        let surroundings: Surroundings
    }

    /// A line that is a boundary.
    private struct Delimiter {
        /// The multipart's place in the stack.
        let level: Int
        let isClose: Bool
        let start: Int
        let end: Int
    }

    /// A header block whose body comes next.
    private struct Head {
        let header: Header
        let contentType: ParameterizedValue
        let type: MediaType
    }

    private enum State {
        case beforeHeader(isMessage: Bool)
        case beforeBody(Head)
        case afterBody
        case done
    }

    private let octets: Octets
    private let limits: Limits
    private let lineEnd: UInt8
    private var cursor = 0
    private var levels: [Level] = []
    private var surroundings = Surroundings()
    private var partCount = 0
    private var state = State.beforeHeader(isMessage: true)

    init(_ octets: Octets, limits: Limits) {
        self.octets = octets
        self.limits = limits
        // Only a message without any line feed has bare carriage returns for line ends.
        lineEnd = octets.contains(0x0a) ? 0x0a : 0x0d
    }

    mutating func next() -> Part? {
        while true {
            switch state {
            case .beforeHeader(let isMessage):
                guard partCount < limits.partsMax else { return nil }
                partCount += 1
                if let part = readHeader(isMessage: isMessage) { return part }
            case .beforeBody(let head):
                if let part = readBody(head) { return part }
            case .afterBody: toNextPart()
            case .done: return nil
            }
        }
    }

    /// Reads a header block, and yields it when it is a message's.
    private mutating func readHeader(isMessage: Bool) -> Part? {
        let header = Header(octets, at: &cursor, lineEnd: lineEnd, limits: limits)
        let typeField = header.first(.contentType)
        let contentType = ParameterizedValue(typeField ?? .empty, limits: limits)
        let inDigest = !isMessage && levels.last?.isDigest == true
        let type = MediaType(typeField.map { _ in contentType.value }, inDigest: inDigest)
        let head = Head(header: header, contentType: contentType, type: type)
        state = .beforeBody(head)
        guard isMessage else { return nil }
        surroundings.headerCharset = contentType.raw("charset")?.withOctets { Charset(label: $0) }
        return part(.message, head)
    }

    /// Goes into a multipart or a message, or yields a leaf.
    private mutating func readBody(_ head: Head) -> Part? {
        state = .afterBody
        guard surroundings.depth < limits.nestingMax else { return leaf(head) }
        switch head.type.kind {
        case .multipart:
            return openMultipart(head) ? nil : leaf(head)
        case .message:
            guard case .identity = TransferEncoding(head.header.first(.transferEncoding)) else {
                return leaf(head)
            }
            let holder = part(.holder, head)
            surroundings.depth += 1
            state = .beforeHeader(isMessage: true)
            return holder
        default:
            return leaf(head)
        }
    }

    private func part(_ kind: Part.Kind, _ head: Head, body: Octets = .empty) -> Part {
        Part(
            kind: kind, header: head.header, contentType: head.contentType, type: head.type,
            body: body, depth: surroundings.depth, headerCharset: surroundings.headerCharset)
    }

    /// The line end before a boundary belongs to the boundary.
    private mutating func leaf(_ head: Head) -> Part {
        let start = cursor
        guard let delimiter = delimiter(from: start) else {
            state = .done
            return part(.leaf, head, body: octets.from(start))
        }
        cursor = delimiter.start
        var end = Swift.max(start, delimiter.start - 1)
        if lineEnd == 0x0a, end > start, octets[end - 1] == 0x0d { end -= 1 }
        return part(.leaf, head, body: octets[start..<end])
    }
}

extension PartWalk {
    /// Opens a multipart unless its boundary never comes: then its body is read like a text.
    private mutating func openMultipart(_ head: Head) -> Bool {
        guard let boundary = boundary(head) else { return false }
        surroundings.depth += 1
        levels.append(
            Level(boundary: boundary, isDigest: head.type.isDigest, surroundings: surroundings))
        if delimiter(from: cursor)?.level == levels.count - 1 { return true }
        levels.removeLast()
        surroundings.depth -= 1
        return false
    }

    /// The boundary parameter; where that is missing, the first line that looks like one.
    private func boundary(_ head: Head) -> [UInt8]? {
        if let raw = head.contentType.raw("boundary") {
            let boundary = raw.withOctets { Array($0.trimmed) }
            if !boundary.isEmpty {
                return boundary.count <= limits.boundaryBytesMax ? boundary : nil
            }
        }
        var place = cursor
        for _ in 0..<50 where place < octets.count {
            let stop = octets.find(lineEnd, from: place) ?? octets.count
            let line = octets[place..<stop].trimmed
            if line.hasPrefix("--"), line.count > 2, line.count <= limits.boundaryBytesMax {
                return Array(line.from(2))
            }
            place = stop + 1
        }
        return nil
    }

    /// Moves behind the next boundary line and closes what it closes.
    private mutating func toNextPart() {
        guard let delimiter = delimiter(from: cursor) else {
            state = .done
            return
        }
        cursor = delimiter.end
        surroundings = levels[delimiter.level].surroundings
        levels.removeSubrange((delimiter.level + (delimiter.isClose ? 0 : 1))...)
        if !delimiter.isClose { state = .beforeHeader(isMessage: false) }
    }

    /// The next line, from `start` on, which is a boundary of an open multipart.
    private func delimiter(from start: Int) -> Delimiter? {
        guard !levels.isEmpty else { return nil }
        var place = start
        while place < octets.count {
            let mayBe =
                octets[place] == 0x2d && place + 1 < octets.count && octets[place + 1] == 0x2d
            let stop = octets.find(lineEnd, from: place) ?? octets.count
            if mayBe, let found = match(octets[(place + 2)..<stop]) {
                let end = Swift.min(stop + 1, octets.count)
                return Delimiter(level: found.level, isClose: found.isClose, start: place, end: end)
            }
            place = stop + 1
        }
        return nil
    }

    private func match(_ line: Octets) -> (level: Int, isClose: Bool)? {
        let line = line.trimmed
        guard line.count <= limits.boundaryBytesMax + 2 else { return nil }
        let isMarked = line.count > 2 && line.from(line.count - 2).equals("--")
        for place in levels.indices.reversed() {
            if line.equals(levels[place].boundary) { return (place, false) }
            if isMarked, line.upTo(line.count - 2).equals(levels[place].boundary) {
                return (place, true)
            }
        }
        return nil
    }
}
