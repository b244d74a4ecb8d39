// SPDX-License-Identifier: Apache-2.0
// `value; name=value; name*0*=…`: the parameters of Content-Type and Content-Disposition.

/// A parameterised header value (RFC 2045), with RFC 2231's continuations joined.
struct ParameterizedValue {
    /// What stands before the first semicolon.
    let value: Octets
    private var parameters: [Parameter] = []

    private struct Parameter {
        /// Without what follows its first asterisk.
        let name: Octets
        /// The number of a continuation; nil when the value is whole.
        let section: Int?
        /// Whether the value is percent-encoded.
        let isExtended: Bool
        let value: [UInt8]
    }

    init(_ field: Octets, limits: Limits) {
        let field = field.upTo(limits.valueBytesMax)
        let end = field.firstIndex { $0 == 0x3b || $0 == 0x28 } ?? field.count
        value = field.upTo(end).trimmed
        var place = end
        while place < field.count, parameters.count < limits.parametersMax {
            guard let next = Self.parameter(field, &place) else { continue }
            parameters.append(next)
        }
    }

    /// The parameter's octets as written, for what is not text: a boundary, a charset.
    func raw(_ name: StaticString) -> [UInt8]? {
        parameters.first { $0.name.equals(name) && $0.section == nil && !$0.isExtended }?.value
    }

    /// The parameter as text; nil when there is none.
    func text(_ name: StaticString, charset: Charset?, limits: Limits) -> String? {
        let named = parameters.filter { $0.name.equals(name) }
        guard !named.isEmpty else { return nil }
        var bytes: [UInt8] = []
        if let extended = named.first(where: { $0.section == nil && $0.isExtended }) {
            Self.decodeExtended([extended], into: &bytes)
        } else if let plain = named.first(where: { $0.section == nil }) {
            // RFC 2047 forbids encoded words here, and nearly everybody writes them.
            plain.value.withOctets { EncodedWords.decode($0, charset: charset, into: &bytes) }
        } else {
            Self.decodeExtended(
                named.sorted { ($0.section ?? 0) < ($1.section ?? 0) }, into: &bytes)
        }
        return HeaderText.oneLine(bytes, bytesMax: limits.textBytesMax)
    }

    /// Joins sections; the first tells the charset: `charset'language'text`.
    private static func decodeExtended(_ sections: [Parameter], into text: inout [UInt8]) {
        var bytes: [UInt8] = []
        var charset: Charset?
        for (place, section) in sections.enumerated() {
            section.value.withOctets { value in
                guard section.isExtended else { return bytes.append(value) }
                var rest = value
                if place == 0, let first = value.find(0x27),
                    let second = value.find(0x27, from: first + 1)
                {
                    charset = Charset(label: value.upTo(first))
                    rest = value.from(second + 1)
                }
                decodePercent(rest, into: &bytes)
            }
        }
        bytes.withOctets { bytes in
            if charset != nil || !bytes.hasPrefix("=?") {
                Charset.decode(bytes, as: charset, into: &text)
            } else {
                EncodedWords.decode(bytes, charset: nil, into: &text)
            }
        }
    }

    private static func decodePercent(_ text: Octets, into bytes: inout [UInt8]) {
        var place = 0
        while place < text.count {
            if text[place] == 0x25, place + 2 < text.count, let high = text[place + 1].hexDigit,
                let low = text[place + 2].hexDigit
            {
                bytes.append(high << 4 | low)
                place += 3
            } else {
                bytes.append(text[place])
                place += 1
            }
        }
    }
}

extension ParameterizedValue {
    /// Reads one parameter and moves on to the semicolon after it; nil for what is none.
    private static func parameter(_ field: Octets, _ place: inout Int) -> Parameter? {
        skipBlanksAndComments(field, &place)
        let start = place
        while place < field.count, field[place] != 0x3d, field[place] != 0x3b { place += 1 }
        guard place < field.count, field[place] == 0x3d else { return nil }
        let written = field[start..<place].trimmed
        place += 1
        let value = value(field, &place)
        guard !written.isEmpty else { return nil }
        return parameter(written, value)
    }

    private static func parameter(_ written: Octets, _ value: [UInt8]) -> Parameter {
        guard let star = written.find(0x2a) else {
            return Parameter(name: written, section: nil, isExtended: false, value: value)
        }
        let mark = written.from(star + 1)
        let digits = mark.upTo(mark.firstIndex { !$0.isDigit } ?? mark.count).upTo(6)
        let section = digits.isEmpty ? nil : digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        let isExtended = digits.isEmpty || mark.last == 0x2a
        return Parameter(
            name: written.upTo(star).trimmed, section: section, isExtended: isExtended, value: value
        )
    }

    private static func skipBlanksAndComments(_ field: Octets, _ place: inout Int) {
        while place < field.count {
            if field[place] == 0x28 {
                place = (field.find(0x29, from: place) ?? field.count - 1) + 1
            } else if field[place].isBlank || field[place] == 0x3b {
                place += 1
            } else {
                return
            }
        }
    }

    private static func value(_ field: Octets, _ place: inout Int) -> [UInt8] {
        while place < field.count, field[place].isBlank { place += 1 }
        guard place < field.count, field[place] == 0x22 else { return token(field, &place) }
        var value: [UInt8] = []
        place += 1
        while place < field.count, field[place] != 0x22 {
            if field[place] == 0x5c, place + 1 < field.count, isEscape(field[place + 1]) {
                place += 1
            }
            if field[place] != 0x0d, field[place] != 0x0a { value.append(field[place]) }
            place += 1
        }
        place += 1
        return value
    }

    /// Only these: `C:\Users` is written by those who do not know of escapes.
    private static func isEscape(_ byte: UInt8) -> Bool { byte == 0x22 || byte == 0x5c }

    /// A value without quotation marks; blanks within it belong to it, since many forget the marks.
    private static func token(_ field: Octets, _ place: inout Int) -> [UInt8] {
        let start = place
        while place < field.count, field[place] != 0x3b { place += 1 }
        return field[start..<place].trimmed.filter { $0 != 0x0d && $0 != 0x0a }
    }
}
