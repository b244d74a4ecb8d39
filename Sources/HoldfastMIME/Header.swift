// SPDX-License-Identifier: Apache-2.0
// A header block as fields, still undecoded.

/// The fields somebody here reads; all others are passed over.
enum FieldName: Hashable, Sendable {
    case subject, from, sender, replyTo, to, cc, bcc, date, messageID
    case contentType, contentDisposition, transferEncoding
    case verdict
}

struct Field {
    let name: FieldName
    /// As written; only needed of verdicts.
    let writtenName: Octets
    /// Without the blanks around it, folds included.
    let value: Octets
}

/// The fields of one header block that somebody here reads.
struct Header {
    private(set) var fields: [Field] = []

    /// Reads the block at `cursor` and leaves `cursor` where the body begins.
    ///
    /// A line that is no field ends the block, as most readers have it, so that a mail whose blank
    /// line is missing keeps its body; unless the header plainly goes on after it.
    init(_ octets: Octets, at cursor: inout Int, lineEnd: UInt8, limits: Limits) {
        Self.skipPreface(octets, &cursor, lineEnd)
        let end = Swift.min(octets.count, cursor + limits.headerBytesMax)
        while cursor < end {
            let lineStop = octets.find(lineEnd, from: cursor) ?? octets.count
            if Self.isBlank(octets, cursor, lineStop) {
                cursor = Swift.min(lineStop + 1, octets.count)
                return
            }
            guard let colon = Self.colon(octets, cursor, lineStop) else {
                guard Self.isHeaderLine(octets, after: lineStop, lineEnd) else { return }
                cursor = lineStop + 1
                continue
            }
            let stop = Self.endOfValue(octets, lineStop, lineEnd)
            let name = octets[cursor..<colon].trimmed
            if let known = FieldName(name) {
                let value = octets[(colon + 1)..<stop].trimmed
                fields.append(Field(name: known, writtenName: name, value: value))
            }
            cursor = Swift.min(stop + 1, octets.count)
        }
    }

    func first(_ name: FieldName) -> Octets? {
        fields.first { $0.name == name }?.value
    }

    /// Passes blank lines and an mbox `From ` line before the first field.
    private static func skipPreface(_ octets: Octets, _ cursor: inout Int, _ lineEnd: UInt8) {
        var place = cursor
        while place < octets.count {
            let stop = octets.find(lineEnd, from: place) ?? octets.count
            let line = octets[place..<stop]
            let isMboxLine = line.hasPrefix("from ") || line.hasPrefix(">from ")
            guard isBlank(octets, place, stop) || (isMboxLine && colon(octets, place, stop) == nil)
            else {
                if colon(octets, place, stop) != nil { cursor = place }
                return
            }
            if isMboxLine { cursor = Swift.min(stop + 1, octets.count) }
            place = stop + 1
        }
    }

    private static func isBlank(_ octets: Octets, _ start: Int, _ stop: Int) -> Bool {
        var place = start
        while place < stop {
            guard octets[place].isBlank else { return false }
            place += 1
        }
        return true
    }

    /// Where the colon after a field name stands; nil when the line begins with none. A line of two
    /// hyphens is a boundary, even one with a colon in it.
    private static func colon(_ octets: Octets, _ start: Int, _ stop: Int) -> Int? {
        if octets[start..<(start + 2)].equals("--") { return nil }
        var place = start
        while place < stop, octets[place] > 0x20, octets[place] != 0x3a, octets[place] != 0x7f {
            place += 1
        }
        guard place > start else { return nil }
        while place < stop, octets[place] == 0x20 || octets[place] == 9 { place += 1 }
        return place < stop && octets[place] == 0x3a ? place : nil
    }

    /// The end of the line on which a value ends, which begins on the line that ends at `stop`.
    private static func endOfValue(_ octets: Octets, _ stop: Int, _ lineEnd: UInt8) -> Int {
        var stop = stop
        while stop + 1 < octets.count, octets[stop + 1] == 0x20 || octets[stop + 1] == 9 {
            let next = octets.find(lineEnd, from: stop + 1) ?? octets.count
            // A line of blanks is a fold only if the header goes on after it.
            if isBlank(octets, stop + 1, next), !goesOn(octets, after: next, lineEnd) { break }
            stop = next
        }
        return stop
    }

    /// Whether the line after the one that ends at `stop` is a fold or a field.
    private static func goesOn(_ octets: Octets, after stop: Int, _ lineEnd: UInt8) -> Bool {
        let start = stop + 1
        guard start < octets.count else { return false }
        if octets[start] == 0x20 || octets[start] == 9 { return true }
        return colon(octets, start, octets.find(lineEnd, from: start) ?? octets.count) != nil
    }

    /// Whether the line after the one that ends at `stop` is a field that no text would begin with.
    private static func isHeaderLine(_ octets: Octets, after stop: Int, _ lineEnd: UInt8) -> Bool {
        let start = stop + 1
        let end = octets.find(lineEnd, from: start) ?? octets.count
        guard start < end,
            let colon = colon(octets, start, end)
        else { return false }
        let name = octets[start..<colon].trimmed
        return FieldName(name) != nil || unread.contains { name.equals($0) }
    }

    /// Fields that tell a header by their names alone, though nobody here reads them.
    private static let unread: [StaticString] = [
        "received", "return-path", "delivered-to", "mime-version", "dkim-signature", "in-reply-to",
        "references", "x-mailer", "content-id", "content-description",
    ]
}

extension FieldName {
    /// Nil for a field nobody here reads.
    init?(_ name: Octets) {
        guard let first = name.first?.lowercased else { return nil }
        let found: FieldName? =
            switch first {
            case .ascii("b"): name.equals("bcc") ? .bcc : nil
            case .ascii("c"): Self.content(name)
            case .ascii("d"): name.equals("date") ? .date : nil
            case .ascii("f"): name.equals("from") ? .from : nil
            case .ascii("m"): name.equals("message-id") ? .messageID : nil
            case .ascii("r"): name.equals("reply-to") ? .replyTo : nil
            case .ascii("s"):
                name.equals("subject") ? .subject : name.equals("sender") ? .sender : nil
            case .ascii("t"): name.equals("to") ? .to : nil
            default: nil
            }
        guard let known = found ?? (Verdicts.isVerdict(name) ? .verdict : nil) else { return nil }
        self = known
    }

    private static func content(_ name: Octets) -> FieldName? {
        if name.equals("cc") { return .cc }
        guard name.hasPrefix("content-") else { return nil }
        if name.equals("content-type") { return .contentType }
        if name.equals("content-disposition") { return .contentDisposition }
        return name.equals("content-transfer-encoding") ? .transferEncoding : nil
    }
}
