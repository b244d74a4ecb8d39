// SPDX-License-Identifier: Apache-2.0
// A run of text cut at what may be the end of a field's name.

/// How a value is compared.
enum Comparison: String, CaseIterable {
    case greaterOrEqual = ">="
    case lessOrEqual = "<="
    case greater = ">"
    case less = "<"
    case equal = "="

    /// Takes a sign off the front of a value whose field ended in a colon.
    static func read(_ text: String, after sign: Comparison) -> (Comparison, String) {
        guard sign == .equal, let found = allCases.first(where: { text.hasPrefix($0.rawValue) })
        else { return (sign, text) }
        return (found, String(text.dropFirst(found.rawValue.count)))
    }
}

/// `name:value` or `name>value`, before it is known whether there is such a field.
struct FieldText {
    let name: String
    let comparison: Comparison
    let value: String
    private let hasColon: Bool

    /// Nil when the text cannot begin with a field.
    init?(_ text: String) {
        guard let end = text.firstIndex(where: { ":=<>".contains($0) }), end > text.startIndex
        else {
            return nil
        }
        name = String(text[..<end])
        guard name.utf8.allSatisfy(Self.isNameByte) else { return nil }
        hasColon = text[end] == ":"
        let rest = String(text[end...])
        (comparison, value) =
            hasColon ? (.equal, String(rest.dropFirst())) : Comparison.read(rest, after: .equal)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "-")
    }

    /// A drive and a folder, though there may be a field of one letter: `C:\temp`.
    var looksLikePath: Bool { hasColon && name.utf8.count == 1 && value.hasPrefix("\\") }

    /// No field has this name, and none was meant: `http://x`, `12:30`, `a=b`, `std::list`, `Re:`.
    var looksLikeText: Bool {
        let lower = name.lowercased()
        let beginsWithDigit = name.utf8.first.map { (0x30...0x39).contains($0) } ?? false
        let startsPath = [":", "/", "\\"].contains { value.hasPrefix($0) }
        return !hasColon || startsPath || Self.schemes.contains(lower)
            || beginsWithDigit
            || (value.isEmpty && Self.subjectPrefixes.contains(lower))
    }

    private static let schemes: Set<String> = [
        "http", "https", "ftp", "mailto", "news", "tel", "sip", "sips", "urn", "xmpp", "callto",
    ]

    /// What mail programs put before the subject of a reply.
    private static let subjectPrefixes: Set<String> = [
        "re", "fw", "fwd", "aw", "wg", "sv", "vs", "antw", "tr", "rv", "res", "enc", "odp", "ref",
    ]
}
