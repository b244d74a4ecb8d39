// SPDX-License-Identifier: Apache-2.0
// The line that begins a message in an mbox: `From sender date`.

internal import HoldfastModel

/// A From_ line, as it is written and as it is told from a line of text.
enum FromLine {
    static let start = Array("From ".utf8)
    /// A longer line is text.
    static let bytesMax = 1024

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `From amy@example.org Mon Jan  5 12:00:00 2026`, with the date in UTC as RFC 4155 has it.
    static func text(sender: String, received: Timestamp) -> String {
        let clean = String(sender.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7f })
        let from = clean.isEmpty ? "MAILER-DAEMON" : clean
        let (year, month, day) = received.day.civil
        let weekday = days[Int((received.day.number % 7 + 7) % 7)]
        let clock = received.iso8601.split(separator: "T")[1].prefix(8)
        let padded = day < 10 ? " \(day)" : "\(day)"
        return "From \(from) \(weekday) \(months[month - 1]) \(padded) \(clock) \(year)\n"
    }

    /// How surely a line begins a message.
    enum Kind: Comparable {
        /// Text, or a From_ line that only the start of a file can vouch for.
        case doubtful
        /// It carries a time and a year, in whatever form, as text behind an empty line hardly does.
        case plausible
        /// `From sender Www Mmm dd hh:mm:ss yyyy`, seconds and a zone as you like: no text is so.
        case unmistakable
    }

    /// Nil for a line that cannot be a From_ line.
    static func kind(of line: ArraySlice<UInt8>) -> Kind? {
        guard line.starts(with: start), line.count <= bytesMax else { return nil }
        let words = line.dropFirst(start.count).split(whereSeparator: { $0 <= 0x20 })
        if isUnmistakable(words[...]) { return .unmistakable }
        return words.contains(where: hasTime) && words.contains(where: hasYear)
            ? .plausible : .doubtful
    }

    /// Only a sender, as some programs write where they know no date.
    static func isBare(_ line: ArraySlice<UInt8>) -> Bool {
        line.dropFirst(start.count).split(whereSeparator: { $0 <= 0x20 }).count == 1
    }

    private typealias Word = ArraySlice<UInt8>

    private static func isUnmistakable(_ words: ArraySlice<Word>) -> Bool {
        guard
            let day = words.dropFirst().firstIndex(where: { days.contains(text($0)) }),
            words.endIndex - day >= 5, months.contains(text(words[day + 1])),
            let number = Int(text(words[day + 2])), (1...31).contains(number),
            isTime(words[day + 3])
        else { return false }
        // A zone stands before the year or behind it.
        return words[(day + 4)...].prefix(2).contains(where: isYear)
    }

    private static func hasTime(_ word: Word) -> Bool {
        isTime(word) || isoParts(word).map { isTime($0.time) } ?? false
    }

    private static func hasYear(_ word: Word) -> Bool {
        isYear(word) || isDate(isoParts(word)?.date ?? word)
    }

    /// `2026-01-05T12:00:00+01:00` in its two parts.
    private static func isoParts(_ word: Word) -> (date: Word, time: Word)? {
        guard let middle = word.firstIndex(of: 0x54) else { return nil }
        let time = word[(middle + 1)...].prefix { isDigit($0) || $0 == 0x3a }
        return (word[..<middle], time)
    }

    /// `2026-01-05`.
    private static func isDate(_ word: Word) -> Bool {
        let parts = word.split(separator: 0x2d, omittingEmptySubsequences: false)
        return parts.count == 3 && isYear(parts[0])
            && parts.dropFirst().allSatisfy { $0.count == 2 && $0.allSatisfy(isDigit) }
    }

    private static func isTime(_ word: Word) -> Bool {
        let parts = word.split(separator: 0x3a, omittingEmptySubsequences: false)
        return (2...3).contains(parts.count)
            && parts.allSatisfy { (1...2).contains($0.count) && $0.allSatisfy(isDigit) }
    }

    private static func isYear(_ word: Word) -> Bool {
        word.count == 4 && word.allSatisfy(isDigit)
            && (word.starts(with: [0x31, 0x39]) || word.starts(with: [0x32, 0x30]))
    }

    private static func text(_ word: Word) -> String { String(decoding: word, as: UTF8.self) }

    /// The sender that the line names; empty for none.
    static func sender(in line: ArraySlice<UInt8>) -> String {
        let words = line.dropFirst(start.count).split(whereSeparator: { $0 <= 0x20 })
        let word = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return word.contains("@") ? word : ""
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
