// SPDX-License-Identifier: Apache-2.0
// In which order an answer is given, and where a page of it ended.

/// The order of the whole answer, not of a page of it.
package struct SearchOrder: Hashable, Sendable {
    package enum Key: String, CaseIterable, Sendable {
        case received, date, size, from, subject, score
    }

    package var key: Key
    /// Times and numbers begin with the greatest, texts with the first of the alphabet; this turns it.
    package var isReversed: Bool

    package static let newest = SearchOrder(.received)

    package init(_ key: Key, isReversed: Bool = false) {
        self.key = key
        self.isReversed = isReversed
    }

    /// Rows are in this order already.
    var isNewest: Bool { key == .received && !isReversed }

    private var isRising: Bool { (key == .from || key == .subject) != isReversed }

    /// Whether one place stands before another. What has no value stands behind all that has one; equal
    /// values begin with the newest mail.
    func precedes(_ left: SearchPlace, _ right: SearchPlace) -> Bool {
        switch (left.value, right.value) {
        case (.none, .none): break
        case (_, .none): return true
        case (.none, _): return false
        case (.number(let first), .number(let second)) where first != second:
            return (first < second) == isRising
        case (.text(let first), .text(let second)) where first != second:
            return (first < second) == isRising
        default: break
        }
        return left.row > right.row
    }
}

/// What an answer is sorted by.
package enum SortValue: Hashable, Sendable {
    case none
    case number(Int64)
    /// Normalised words.
    case text(String)
}

/// Where one mail stands in an answer: a next page begins behind it, whatever comes or goes meanwhile.
package struct SearchPlace: Hashable, Sendable {
    package var value: SortValue
    /// Its place among all mails: the newer, the higher.
    package var row: Int64

    package init(_ value: SortValue = .none, row: Int64) {
        self.value = value
        self.row = row
    }
}

// `row`, `row.n5` or `row.t616263`, as it travels.
extension SearchPlace: LosslessStringConvertible {
    package var description: String {
        switch value {
        case .none: "\(row)"
        case .number(let number): "\(row).n\(number)"
        case .text(let text): "\(row).t" + text.utf8.map(Self.hex).joined()
        }
    }

    package init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let row = parts.first.flatMap({ Int64($0) }) else { return nil }
        guard parts.count == 2 else {
            self.init(row: row)
            return
        }
        switch parts[1].first {
        case "n":
            guard let number = Int64(parts[1].dropFirst()) else { return nil }
            self.init(.number(number), row: row)
        case "t":
            guard let text = Self.text(hex: parts[1].dropFirst().utf8) else { return nil }
            self.init(.text(text), row: row)
        default: return nil
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    private static func text(hex: Substring.UTF8View) -> String? {
        let digits = hex.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// A page of an answer.
package struct SearchPage: Hashable, Sendable {
    package var mails: [Found]
    /// Where the next page begins; nil when there is none.
    package var next: SearchPlace?
}

/// A number of mails, told exactly up to a limit.
package struct MailCount: Hashable, Sendable {
    package var mails: Int
    /// There are more.
    package var orMore: Bool

    package init(mails: Int, orMore: Bool = false) {
        self.mails = mails
        self.orMore = orMore
    }
}
