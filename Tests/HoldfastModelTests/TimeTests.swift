// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import Testing

@Suite("Days and moments")
struct TimeTests {
    @Test(
        "a moment is printed in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_120, "2000-02-29T00:00:00.120Z"),
            (1_795_411_455_000, "2026-11-23T05:24:15Z"),
        ])
    func iso8601(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    }

    @Test("every day of four centuries is printed and read back")
    func calendar() throws {
        for number in stride(from: Int32(-60_000), to: 86_000, by: 1) {
            let day = Day(number: number)
            #expect(Day(day.description) == day)
        }
    }

    @Test(
        "what is no day is none",
        arguments: ["2026-02-29", "2026-13-01", "2026-1-01", "x", "2026-01-00"])
    func refused(text: String) {
        #expect(Day(text) == nil)
    }
}
