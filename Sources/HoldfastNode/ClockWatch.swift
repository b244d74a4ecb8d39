// SPDX-License-Identifier: Apache-2.0
// A node's clocks since its process began, and what the Registries say of them.

package import HoldfastModel

/// Gathers the evidence for and against a node's wall clock.
package struct ClockWatch: Sendable {
    private let clock: MachineClock
    private let started: Timestamp
    private let startedMonotonic: Int64
    private let ahead: @Sendable () -> Int64?

    private static let dayMilliseconds: Int64 = 86_400_000

    /// - Parameter ahead: the Registry's clock minus ours, in milliseconds; nil before it is known.
    package init(_ clock: MachineClock, ahead: @escaping @Sendable () -> Int64?) {
        self.clock = clock
        self.ahead = ahead
        (started, startedMonotonic) = (clock.now, clock.monotonicMilliseconds)
    }

    /// Why nothing may be dropped on the word of this clock; nil when it is believed.
    ///
    /// - Parameter newest: when the newest record here was received.
    package func doubt(newest: Timestamp? = nil) -> String? {
        ClockEvidence(
            now: clock.now, started: started,
            runningMilliseconds: clock.monotonicMilliseconds - startedMonotonic,
            newestRecord: newest, registryAheadMilliseconds: ahead()
        ).doubt
    }

    /// Whether what comes now would be given another day than is meant, as the Registries have it.
    package var isDaysOff: Bool { abs(ahead() ?? 0) > Self.dayMilliseconds }
}
