// SPDX-License-Identifier: Apache-2.0
// The asker's clock: days begin when it shows midnight, summer and winter.

import HoldfastCatalog
import HoldfastModel
import Testing

/// Berlin in 2026: ahead by one hour, from 29 March by two, from 25 October by one.
private let berlin = "3600,7200@1774746000,3600@1792890000"

@Suite("The asker's clock")
struct ClockTests {
    private func bounds(_ text: String) throws -> TimeRange {
        let clock = try #require(AskerClock(berlin))
        let query = try Query(parsing: text, now: now, clock: clock)
        return query.condition.receivedBounds
    }

    @Test(
        "each date is meant by the clock of its own day",
        arguments: [
            ("received:2026-01-31", "2026-01-30T23:00:00Z", "2026-01-31T23:00:00Z"),
            ("received:2026-07-01", "2026-06-30T22:00:00Z", "2026-07-01T22:00:00Z"),
            // One hour shorter, and one longer.
            ("received:2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
            ("received:2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
            ("received:2026-07-01T10:15", "2026-07-01T08:15:00Z", "2026-07-01T08:16:00Z"),
            // Shown twice: the first. Never shown: as much later.
            ("received:2026-10-25T02:30", "2026-10-25T00:30:00Z", "2026-10-25T00:31:00Z"),
            ("received:2026-03-29T02:30", "2026-03-29T01:30:00Z", "2026-03-29T01:31:00Z"),
            ("received:2026-07-01T10:15Z", "2026-07-01T10:15:00Z", "2026-07-01T10:16:00Z"),
            ("received:2026-07", "2026-06-30T22:00:00Z", "2026-07-31T22:00:00Z"),
        ])
    func meansItsOwnDay(text: String, from: String, until: String) throws {
        let bounds = try bounds(text)
        #expect(bounds.from?.iso8601 == from)
        #expect(bounds.until?.iso8601 == until)
    }

    @Test("it travels as text", arguments: ["0", "-3600", berlin])
    func travels(text: String) throws {
        #expect(try #require(AskerClock(text)).text == text)
    }

    @Test(
        "what is no clock is refused",
        arguments: ["", "x", "86401", "0,", "0,1", "0,1@", "0,99999@1"])
    func refuses(text: String) {
        #expect(AskerClock(text) == nil)
    }
}
