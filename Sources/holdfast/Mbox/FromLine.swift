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

    /// Whether a line that begins with `From ` carries a time and a year, as text hardly does.
    static func isPlausible(_ line: ArraySlice<UInt8>) -> Bool {
        guard line.starts(with: start), line.count <= bytesMax else { return false }
        let words = line.split(whereSeparator: { $0 <= 0x20 }).dropFirst()
        let hasTime = words.contains { word in
            let parts = word.split(separator: 0x3a, omittingEmptySubsequences: false)
            return (2...3).contains(parts.count)
                && parts.allSatisfy { (1...2).contains($0.count) && $0.allSatisfy(isDigit) }
        }
        let hasYear = words.contains { word in
            word.count == 4 && word.allSatisfy(isDigit)
                && (word.starts(with: [0x31, 0x39]) || word.starts(with: [0x32, 0x30]))
        }
        return hasTime && hasYear
    }

    /// The sender that the line names; empty for none.
    static func sender(in line: ArraySlice<UInt8>) -> String {
        let words = line.dropFirst(start.count).split(whereSeparator: { $0 <= 0x20 })
        let word = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        return word.contains("@") ? word : ""
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
