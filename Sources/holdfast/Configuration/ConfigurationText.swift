// SPDX-License-Identifier: Apache-2.0
// Setting keys in the commented text of a configuration.

internal import HoldfastNode

/// Sets keys in the text, which keeps its comments.
struct ConfigurationText {
    private(set) var lines: [String]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    var text: String { lines.joined(separator: "\n") }

    /// Sets a key where the section has it, commented out or not.
    mutating func set(_ section: String, _ key: String, to value: ConfigurationValue) {
        guard let start = lines.firstIndex(of: section),
            let place = lines[(start + 1)...].prefix(while: { !$0.hasPrefix("[") })
                .firstIndex(where: { $0.hasPrefix("#\(key) = ") || $0.hasPrefix("\(key) = ") })
        else { preconditionFailure("the template has no key \(key) in \(section)") }
        lines[place] = "\(key) = \(value.toml)"
    }

    /// Leaves only some sections, and the comment at the beginning.
    mutating func keep(only sections: Set<String>) {
        var isKept = true
        let paragraphs = lines.split(separator: "", omittingEmptySubsequences: false)
        let kept = paragraphs.filter { paragraph in
            // A comment stands in one paragraph with the section that it is about.
            if let header = paragraph.first(where: { $0.hasPrefix("[") }) {
                isKept = sections.contains(header)
            }
            return isKept
        }
        lines = Array(kept.joined(separator: [""]))
    }

    /// Puts lines behind a section, before the comment that leads to the next one.
    mutating func insert(_ added: [String], behind section: String) {
        guard let start = lines.lastIndex(of: section) else {
            preconditionFailure("the template has no section \(section)")
        }
        let end = lines[start...].firstIndex(of: "") ?? lines.endIndex
        lines.insert(contentsOf: added, at: end)
    }
}

extension ConfigurationValue {
    /// As TOML writes it.
    var toml: String {
        switch self {
        case .integer(let value): String(value)
        case .boolean(let value): String(value)
        case .text(let value): Self.quoted(value)
        case .texts(let values): "[" + values.map(Self.quoted).joined(separator: ", ") + "]"
        case .sections, .other: preconditionFailure("\(self) is never written")
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\" + String(scalar)
            case let control where control.value < 0x20 || control.value == 0x7f:
                "\\u" + String("0000\(String(control.value, radix: 16))".suffix(4))
            default: String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}
