// SPDX-License-Identifier: Apache-2.0
// The Date header: RFC 5322, its obsolete forms, and what else is met.

import HoldfastModel

/// Collects what the tokens of a date say, in whatever order they come.
struct DateText {
    private var numbers: [(value: Int, digits: Int)] = []
    private var month: Int?
    private var seconds: Int?
    private var zoneSeconds = 0
    private var isAfternoon: Bool?

    /// Nil for what is no date.
    static func timestamp(_ value: Octets) -> Timestamp? {
        var date = DateText()
        for token in tokens(value.upTo(500)) { date.take(token) }
        return date.timestamp
    }

    /// Split at blanks and commas, without comments.
    private static func tokens(_ value: Octets) -> [Octets] {
        var tokens: [Octets] = []
        var start: Int?
        var depth = 0
        for place in 0...value.count {
            let byte = place < value.count ? value[place] : 0x20
            let isPart = depth == 0 && !byte.isBlank && byte != 0x2c && byte != 0x28 && byte != 0x22
            if isPart, start == nil { start = place }
            if !isPart, let first = start {
                tokens.append(value[first..<place])
                start = nil
            }
            if byte == 0x28 { depth += 1 }
            if byte == 0x29, depth > 0 { depth -= 1 }
        }
        return tokens
    }

    private mutating func take(_ token: Octets) {
        guard let first = token.first else { return }
        if first.isDigit {
            if token.contains(0x3a) { return takeTime(token) }
            takeNumbers(token)
        } else if first == 0x2b || first == 0x2d {
            takeOffset(token)
        } else if first.isLetter {
            takeWord(token)
        }
    }

    /// `4`, `2026`, `4-Jan-2026`, `2026-01-04`, `2026-01-04T…` (its time stands after the `T`).
    private mutating func takeNumbers(_ token: Octets) {
        for part in token.split(whereSeparator: { $0 == 0x2d || $0 == 0x2f || $0 == 0x2e }) {
            let part = token[part.startIndex..<part.endIndex]
            if part.first?.isDigit == true { takeNumber(part) } else { takeWord(part) }
        }
    }

    private mutating func takeNumber(_ part: Octets) {
        let digits = part.upTo(part.firstIndex { !$0.isDigit } ?? part.count)
        guard digits.count <= 4, numbers.count < 4 else { return }
        numbers.append((digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }, digits.count))
    }

    /// `10:11`, `10:11:12`, `10:11:12.5`, `10:11:12+0200`, and `2026-01-04T10:11:12Z`.
    private mutating func takeTime(_ token: Octets) {
        var time = token
        if let mark = token.firstIndex(where: { $0.lowercased == .ascii("t") }) {
            takeNumbers(token.upTo(mark))
            time = token.from(mark + 1)
        }
        guard seconds == nil else { return }
        let end = time.firstIndex { !$0.isDigit && $0 != 0x3a } ?? time.count
        let fields = time.upTo(end).split(separator: 0x3a).map { field in
            field.prefix(6).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }
        guard fields.count >= 2, fields[0] <= 24, fields[1] < 60 else { return }
        let second = fields.count > 2 ? fields[2] : 0
        guard second <= 60 else { return }
        seconds = fields[0] * 3600 + fields[1] * 60 + second
        let rest = time.from(end)
        if let sign = rest.firstIndex(where: { $0 == 0x2b || $0 == 0x2d }) {
            takeOffset(rest.from(sign))
        }
    }

    /// `+0200`, `-02:00`; what is no offset says nothing.
    private mutating func takeOffset(_ token: Octets) {
        guard seconds != nil else { return takeNumbers(token.from(1)) }
        let digits = token.filter(\.isDigit)
        guard (3...4).contains(digits.count) else { return }
        let number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        let size = number / 100 * 3600 + number % 100 * 60
        guard size < 86_400 else { return }
        zoneSeconds = token[0] == 0x2d ? -size : size
    }

    private mutating func takeWord(_ token: Octets) {
        if month == nil, let place = Self.months.firstIndex(where: { token.hasPrefix($0) }) {
            month = place + 1
            // `Jan-2026`, `Jan4`
            let rest = token.from(3)
            if let digit = rest.firstIndex(where: \.isDigit) { takeNumbers(rest.from(digit)) }
        } else if token.equals("pm") || token.equals("am") {
            isAfternoon = token.equals("pm")
        } else if let hours = Self.zones.first(where: { token.equals($0.name) })?.hours {
            zoneSeconds = hours * 3600
        } else if let sign = token.firstIndex(where: { $0 == 0x2b || $0 == 0x2d }), seconds != nil {
            takeOffset(token.from(sign))
        }
    }

    private static let months: [StaticString] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]

    /// RFC 822's; its military letters were defined wrongly and count as UTC (RFC 5322, 4.3).
    private static let zones: [(name: StaticString, hours: Int)] = [
        ("est", -5), ("edt", -4), ("cst", -6), ("cdt", -5), ("mst", -7), ("mdt", -6), ("pst", -8),
        ("pdt", -7), ("cet", 1), ("cest", 2), ("met", 1), ("mest", 2), ("bst", 1), ("jst", 9),
    ]
}

extension DateText {
    private var timestamp: Timestamp? {
        guard let day = calendarDay else { return nil }
        var seconds = seconds ?? 0
        if isAfternoon == true, seconds < 43_200 { seconds += 43_200 }
        if isAfternoon == false, seconds >= 43_200, seconds < 46_800 { seconds -= 43_200 }
        return day.start.advanced(bySeconds: Int64(seconds - zoneSeconds))
    }

    private var calendarDay: Day? {
        if let month {
            guard numbers.count >= 2 else { return nil }
            let yearFirst = numbers[0].value > 31
            let (day, year) = yearFirst ? (numbers[1], numbers[0]) : (numbers[0], numbers[1])
            return Self.day(year: year, month: month, day: day.value)
        }
        // Without a month's name only the order of ISO 8601 is certain.
        guard numbers.count >= 3, numbers[0].digits == 4 else { return nil }
        return Self.day(year: numbers[0], month: numbers[1].value, day: numbers[2].value)
    }

    /// Two and three digits as RFC 5322, 4.3 has them; 0102 was 2002 to some; none is before 1900.
    private static func day(year: (value: Int, digits: Int), month: Int, day: Int) -> Day? {
        let isShort = year.digits <= 2 && year.value < 50
        let full = year.value + (isShort ? 2000 : year.value < 200 ? 1900 : 0)
        guard full >= 1900 else { return nil }
        return Day(year: full, month: month, day: day)
    }
}
