// SPDX-License-Identifier: Apache-2.0
// Numbers of bytes and moments, as people read them.

internal import Foundation
internal import HoldfastModel

enum Readable {
    /// `18.4 GB`: three digits are enough for a person; K, M, G are powers of 1000.
    static func bytes(_ bytes: UInt64) -> String {
        guard bytes >= 1000 else { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = -1
        let units = ["KB", "MB", "GB", "TB", "PB", "EB"]
        while value >= 999.5, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let digits = value < 9.95 ? 1 : 0
        return String(format: "%.\(digits)f ", value) + units[unit]
    }

    /// `1 mail`, `2 mails`.
    static func count(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    /// `10,000`.
    static func grouped(_ number: Int) -> String {
        let digits = String(number)
        let groups = stride(from: 0, to: digits.count, by: 3).map { place in
            String(digits.dropLast(place).suffix(3))
        }
        return groups.reversed().joined(separator: ",")
    }

    /// The local time to the minute: `2026-11-23 06:24`; what is no time stays as it is.
    static func localTime(_ iso8601: String) -> String {
        guard let moment = Timestamp(iso8601: iso8601) else { return iso8601 }
        var seconds = time_t(moment.milliseconds / 1000)
        var local = tm()
        localtime_r(&seconds, &local)
        return String(
            format: "%04d-%02d-%02d %02d:%02d", Int(local.tm_year) + 1900, Int(local.tm_mon) + 1,
            Int(local.tm_mday), Int(local.tm_hour), Int(local.tm_min))
    }
}

extension Timestamp {
    /// Reads what `iso8601` writes; nil for anything else.
    init?(iso8601 text: String) {
        let halves = text.split(separator: "T", maxSplits: 1)
        guard halves.count == 2, let day = Day(String(halves[0])), halves[1].last == "Z" else {
            return nil
        }
        let clock = halves[1].dropLast().split(separator: ":")
        guard clock.count == 3, let hour = Int64(clock[0]), let minute = Int64(clock[1]),
            let second = Double(clock[2]), (0..<24).contains(hour), (0..<60).contains(minute),
            (0..<61).contains(second)
        else { return nil }
        let rest = Int64((second * 1000).rounded()) + minute * 60_000 + hour * 3_600_000
        self.init(milliseconds: day.start.milliseconds + rest)
    }
}
