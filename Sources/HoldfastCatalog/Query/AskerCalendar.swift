// SPDX-License-Identifier: Apache-2.0
// Days, months and years as the asker's calendar has them.

internal import HoldfastModel

/// Reads dates for somebody who asks at `now`, as the clock on the wall has them.
struct AskerCalendar {
    let now: Timestamp
    private let clock: AskerClock

    init(now: Timestamp, clock: AskerClock) {
        self.now = now
        self.clock = clock
    }

    var today: Day {
        now.advanced(bySeconds: clock.offset(at: now)).day
    }

    /// The year, month, day, minute or second that the text names; nil when it names none.
    ///
    /// `2026`, `2026-01`, `2026-01-31` (also with slashes, or as `20260131`), `2026-01-31T10:15`,
    /// `…:30Z`, `today`, `yesterday`, and `7d 2w 3m 1y`: the day that long ago.
    func span(_ text: String) -> Range<Timestamp>? {
        if text.contains(where: { $0 == "T" || $0 == "t" }), let moment = moment(text) {
            return moment
        }
        guard let days = days(text, lengthsGoBack: true) else { return nil }
        let (start, end) = (midnight(days.lowerBound), midnight(days.upperBound))
        return start..<max(start, end)
    }

    /// The days that the text names.
    ///
    /// - Parameter lengthsGoBack: `7d` is a day of the past; else one to come.
    func days(_ text: String, lengthsGoBack: Bool) -> Range<Day>? {
        switch text.lowercased() {
        case "today": return one(today)
        case "yesterday": return one(today.advanced(by: -1))
        case "tomorrow": return one(today.advanced(by: 1))
        default: break
        }
        if let length = Length(text) {
            return one(lengthsGoBack ? length.before(today) : length.after(today))
        }
        return date(text)
    }

    /// The moment that long ago; nil when the text names no length of time.
    func moment(ago text: String) -> Timestamp? {
        guard let length = Length(text) else { return nil }
        let days = Int64(today.number) - Int64(length.before(today).number)
        return now.advanced(bySeconds: -days * 86_400)
    }

    private func one(_ day: Day) -> Range<Day> { day..<day.advanced(by: 1) }

    private func midnight(_ day: Day) -> Timestamp { clock.moment(local: day.start) }

    private func date(_ text: String) -> Range<Day>? {
        if text.utf8.count == 8, let number = number(text[...]) {
            let day = Day(year: number / 10_000, month: number / 100 % 100, day: number % 100)
            return day.map(one)
        }
        let separator: Character = text.contains("/") ? "/" : "-"
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count), parts[0].count == 4, let year = number(parts[0]) else {
            return nil
        }
        guard parts.count > 1 else {
            return span(Day(year: year, month: 1, day: 1), Day(year: year + 1, month: 1, day: 1))
        }
        guard (1...2).contains(parts[1].count), let month = number(parts[1]) else { return nil }
        guard parts.count > 2 else {
            let next = month == 12 ? (year + 1, 1) : (year, month + 1)
            return span(
                Day(year: year, month: month, day: 1), Day(year: next.0, month: next.1, day: 1))
        }
        guard (1...2).contains(parts[2].count), let number = number(parts[2]) else { return nil }
        return Day(year: year, month: month, day: number).map(one)
    }

    private func span(_ first: Day?, _ after: Day?) -> Range<Day>? {
        guard let first, let after, first <= after else { return nil }
        return first..<after
    }

    /// `2026-01-31T10:15`, with seconds or without; a `Z` says UTC, as in what we print.
    private func moment(_ text: String) -> Range<Timestamp>? {
        var text = text.uppercased()[...]
        let isUTC = text.hasSuffix("Z")
        if isUTC { text = text.dropLast() }
        let halves = text.split(separator: "T", omittingEmptySubsequences: false)
        guard halves.count == 2, let day = Day(String(halves[0])) else { return nil }
        let whole = halves[1].prefix { $0 != "." }
        let parts = whole.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.count == 2 ? number($0) : nil }
        guard (2...3).contains(parts.count), numbers.count == parts.count,
            numbers[0] < 24, numbers[1] < 60, numbers.count == 2 || numbers[2] < 60
        else { return nil }
        let seconds = numbers[0] * 3600 + numbers[1] * 60 + (numbers.count == 3 ? numbers[2] : 0)
        let start = day.start.milliseconds + Int64(seconds) * 1000
        let written = Timestamp(milliseconds: start)
        let first = isUTC ? written : clock.moment(local: written)
        return first..<first.advanced(bySeconds: numbers.count == 3 ? 1 : 60)
    }

    private func number(_ digits: Substring) -> Int? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
    }
}

/// A length of time: `7d`, `2w`, `3m`, `1y`.
private struct Length {
    private enum Unit: Character {
        case day = "d"
        case week = "w"
        case month = "m"
        case year = "y"
    }

    private let count: Int
    private let unit: Unit

    init?(_ text: String) {
        guard let last = text.lowercased().last, let unit = Unit(rawValue: last),
            (2...5).contains(text.utf8.count), text.utf8.dropLast().allSatisfy({ $0 < 0x3a }),
            let count = Int(text.dropLast()), count >= 0
        else { return nil }
        self.count = count
        self.unit = unit
    }

    func before(_ day: Day) -> Day { from(day, times: -1) }

    func after(_ day: Day) -> Day { from(day, times: 1) }

    private func from(_ day: Day, times sign: Int) -> Day {
        switch unit {
        case .day: day.advanced(by: sign * count)
        case .week: day.advanced(by: sign * 7 * count)
        case .month: Self.months(sign * count, from: day)
        case .year: Self.months(sign * 12 * count, from: day)
        }
    }

    /// The same day of another month, or that month's last. Before the year 0 there is nothing.
    private static func months(_ months: Int, from day: Day) -> Day {
        let (year, month, number) = day.civil
        let total = min(max(0, year * 12 + month - 1 + months), 9999 * 12 + 11)
        for number in stride(from: number, through: 28, by: -1) {
            if let found = Day(year: total / 12, month: total % 12 + 1, day: number) {
                return found
            }
        }
        return Day(year: total / 12, month: total % 12 + 1, day: number) ?? day
    }
}
