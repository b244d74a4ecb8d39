// SPDX-License-Identifier: Apache-2.0
// What scanners found, read out of the headers that they wrote.

/// What SpamAssassin, rspamd, amavis and ClamAV said of a mail, as far as a search can ask for it.
///
/// A sender can write such headers too. Scanners put theirs above, so the first score counts.
package struct Judgement: Hashable, Sendable {
    /// Why a mail was found wanting.
    package enum Reason: String, CaseIterable, Sendable {
        case spam, virus, banned, badheader
    }

    /// In the order of `Reason`.
    package private(set) var reasons: [Reason] = []
    /// The spam score in thousandths of a point; nil when nobody gave one.
    package private(set) var score: Int64?

    /// - Parameter verdicts: `Name: value`, as a summary has them.
    package init(of verdicts: [String]) {
        var found: Set<Reason> = []
        for verdict in verdicts {
            guard let colon = verdict.utf8.firstIndex(of: .ascii(":")) else { continue }
            let value = verdict[verdict.index(after: colon)...].drop { $0 == " " }
            let said = Self.read(verdict[..<colon], value)
            if let reason = said.reason { found.insert(reason) }
            score = score ?? said.score
        }
        if !found.isEmpty { reasons = Reason.allCases.filter(found.contains) }
    }

    private static func read(
        _ name: Substring, _ value: Substring
    ) -> (reason: Reason?, score: Int64?) {
        guard name.first == "X" || name.first == "x" else { return (nil, nil) }
        switch name.lowercased() {
        case "x-spam-status":
            return (spam(if: value.begins("yes")), number(after: ["score=", "hits="], in: value))
        case "x-spam-flag", "x-spam":
            return (spam(if: value.begins("yes") || value.begins("true")), nil)
        case "x-spam-score", "x-spam_score", "x-rspamd-score": return (nil, number(value))
        case "x-spamd-result":
            let isSpam = value.prefix { $0 != "[" }.lowercased().contains("true")
            return (spam(if: isSpam), number(after: ["["], in: value))
        case "x-rspamd-action":
            let actions = ["reject", "add header", "add_header", "rewrite subject"]
            return (spam(if: actions.contains(where: value.begins)), nil)
        case "x-amavis-alert": return (alerts.first { value.begins($0.0) }?.1, nil)
        case "x-virus-status":
            return (value.begins("infected") || value.begins("yes") ? .virus : nil, nil)
        case "x-virus":
            let isClean = value.isEmpty || ["clean", "no"].contains(where: value.begins)
            return (isClean ? nil : .virus, nil)
        default: return (nil, nil)
        }
    }

    private static let alerts: [(String, Reason)] = [
        ("infected", .virus), ("banned", .banned), ("bad header", .badheader), ("spam", .spam),
    ]

    private static func spam(if isSpam: Bool) -> Reason? { isSpam ? .spam : nil }

    /// Where in a verdict a score stands, if it does.
    private static let bytesSearched = 200

    private static func number(after marks: [String], in text: Substring) -> Int64? {
        let bytes = Array(text.utf8.prefix(bytesSearched))
        for mark in marks {
            let wanted = Array(mark.utf8)
            guard bytes.count > wanted.count else { continue }
            for start in 0..<(bytes.count - wanted.count)
            where bytes[start] == wanted[0]
                && bytes[start..<(start + wanted.count)].elementsEqual(wanted)
            {
                let rest = bytes[(start + wanted.count)...].prefix(20)
                return number(Substring(String(decoding: rest, as: UTF8.self)))
            }
        }
        return nil
    }

    /// The number at the beginning of a text, in thousandths.
    private static func number(_ text: Substring) -> Int64? {
        thousandths(text.prefix { $0.isASCII && ($0.isNumber || "+-.".contains($0)) })
    }

    /// Farther than this from 0 nobody counts.
    private static let digitsMax = 9

    /// `5`, `-1.25`, `+7.`: a decimal number in thousandths, what is finer cut off; nil for anything else.
    package static func thousandths(_ text: some StringProtocol) -> Int64? {
        var digits = Substring(text)
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !(parts[0].isEmpty && digits.count < 2),
            parts[0].utf8.count <= digitsMax,
            parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
        else { return nil }
        let whole = parts[0].isEmpty ? 0 : Int64(parts[0])
        let fraction = parts.count == 2 ? String(parts[1].prefix(3)) : ""
        let padded = fraction + String(repeating: "0", count: 3 - fraction.count)
        guard let whole, let thousandths = Int64(padded) else { return nil }
        return (whole * 1000 + thousandths) * (isNegative ? -1 : 1)
    }
}

extension Substring {
    /// Whether the text begins so, in whatever case.
    fileprivate func begins(_ start: String) -> Bool {
        var letters = utf8.makeIterator()
        return start.utf8.allSatisfy { wanted in letters.next().map { $0.lowercased } == wanted }
    }
}
