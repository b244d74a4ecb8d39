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

    package init(
        now: Timestamp, started: Timestamp, runningMilliseconds: Int64, newestRecord: Timestamp?,
        registryAheadMilliseconds: Int64?
    ) {
        self.now = now
        self.started = started
        self.runningMilliseconds = runningMilliseconds
        self.newestRecord = newestRecord
        self.registryAheadMilliseconds = registryAheadMilliseconds
    }

    private static let jumpMillisecondsMax: Int64 = 3_600_000
    private static let disagreementMillisecondsMax: Int64 = 600_000

    /// Why this clock is not believed; nil when it is.
    package var doubt: String? {
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
}
