// SPDX-License-Identifier: Apache-2.0
// Whether a wall clock is believed where something may go on its word (D8).

package import HoldfastModel

/// What the clocks around a node say. Dropping is the one thing that cannot be made good, so every doubt
/// keeps.
package struct ClockEvidence: Hashable, Sendable {
    /// This machine's wall clock now, and when the process began.
    package var now: Timestamp
    package var started: Timestamp
    /// Milliseconds of the clock that never jumps, since the process began.
    package var runningMilliseconds: Int64
    /// When the newest record here was received.
    package var newestRecord: Timestamp?
    /// The Registry's clock minus ours, as the last heartbeat brought it back.
    package var registryAheadMilliseconds: Int64?
    /// What was noted of this clock before the process began.
    package var history: ClockHistory?

    package init(
        now: Timestamp, started: Timestamp, runningMilliseconds: Int64, newestRecord: Timestamp?,
        registryAheadMilliseconds: Int64?, history: ClockHistory?
    ) {
        self.now = now
        self.started = started
        self.runningMilliseconds = runningMilliseconds
        self.newestRecord = newestRecord
        self.registryAheadMilliseconds = registryAheadMilliseconds
        self.history = history
    }

    private static let jumpMillisecondsMax: Int64 = 3_600_000
    private static let disagreementMillisecondsMax: Int64 = 600_000

    /// Why this clock is not believed; nil when it is.
    package var doubt: String? { contradiction ?? wait }

    /// Whoever says something else.
    package var contradiction: String? {
        let walked = now.milliseconds - started.milliseconds
        if abs(walked - runningMilliseconds) > Self.jumpMillisecondsMax {
            return "the clock has jumped since the start; restart when it is right"
        }
        if let newest = newestRecord, newest > now {
            return "the clock is behind the newest mail here (\(newest.iso8601))"
        }
        guard let ahead = registryAheadMilliseconds else {
            return "no Registry has told its time yet"
        }
        if abs(ahead) > Self.disagreementMillisecondsMax {
            return "the clock differs from the Registry's by \(abs(ahead) / 1000) s"
        }
        return nil
    }

    /// For how long it has walked as it should, this process and those before it, as far as that counts.
    package var steadyMilliseconds: Int64 {
        min((history?.steady(at: started) ?? 0) + runningMilliseconds, ClockHistory.steadyEnough)
    }

    /// Why nothing may go yet although nobody says otherwise: in a box that is all there is the Registry's
    /// clock is off as much as ours, and only time tells.
    package var wait: String? {
        let left = ClockHistory.steadyEnough - steadyMilliseconds
        guard left > 0 else { return nil }
        let seen = history.map { "was last believed on \($0.seen.day)" } ?? "is new here"
        return "nothing expires yet: the clock \(seen) and says \(now.day) now. If that is right it"
            + " goes on by itself after \((left + 3_599_999) / 3_600_000) h of running, or at once by"
            + " `holdfast expire --clock-is-right`"
    }
}

/// What a node remembers of its wall clock, over restarts.
package struct ClockHistory: Hashable, Sendable {
    /// What time it was as this was noted.
    package var seen: Timestamp
    /// For how long it had walked by then as it should; no more than counts.
    package var steadyMilliseconds: Int64

    /// A clock that has walked so long is believed …
    package static let steadyEnough: Int64 = 86_400_000
    /// … and goes on being, when a process begins not longer than this after the last note.
    private static let gapMillisecondsMax: Int64 = 2 * 86_400_000

    package init(seen: Timestamp, steadyMilliseconds: Int64) {
        self.seen = seen
        self.steadyMilliseconds = steadyMilliseconds
    }

    /// How much of it counts for a process that begins.
    func steady(at start: Timestamp) -> Int64 { goesOn(at: start) ? steadyMilliseconds : 0 }

    /// Whether a process that begins is the next of a row of them.
    func goesOn(at start: Timestamp) -> Bool {
        abs(start.milliseconds - seen.milliseconds) <= Self.gapMillisecondsMax
    }
}

extension ClockHistory {
    private static let (seenMark, steadyMark) = ("clock seen", "clock steady")

    /// As it lies in a ledger or a catalog; nil where it was never noted.
    package init?(marks: [String: Int64]) {
        guard let seen = marks[Self.seenMark], let steady = marks[Self.steadyMark] else {
            return nil
        }
        self.init(seen: Timestamp(milliseconds: seen), steadyMilliseconds: steady)
    }

    package var marks: [String: Int64] {
        [Self.seenMark: seen.milliseconds, Self.steadyMark: steadyMilliseconds]
    }
}
