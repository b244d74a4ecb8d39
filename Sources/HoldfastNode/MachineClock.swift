// SPDX-License-Identifier: Apache-2.0
// The clocks of this machine; only this floor and the program know them.

internal import Foundation
package import HoldfastModel

/// What time it is: on the wall, and on a clock that never jumps; and how to let time pass.
package struct MachineClock: Sendable {
    private let simulated: (any SimulatedClock)?

    /// The clocks of this machine.
    package init() {
        simulated = nil
    }

    /// Clocks that somebody moves by hand.
    package init(_ simulated: any SimulatedClock) {
        self.simulated = simulated
    }

    package var now: Timestamp {
        if let simulated { return simulated.now }
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Milliseconds of a clock that never jumps; its zero means nothing.
    package var monotonicMilliseconds: Int64 {
        if let simulated { return simulated.monotonicMilliseconds }
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Lets so much time pass; returns early when the task is cancelled.
    package func sleep(milliseconds: Int64) async {
        if let simulated { return await simulated.sleep(milliseconds: milliseconds) }
        // Cancellation is all that can end it early, and whoever sleeps looks for that.
        try? await Task.sleep(for: .milliseconds(milliseconds))
    }
}

/// The clocks of a machine that there is only in a simulation.
package protocol SimulatedClock: Sendable {
    var now: Timestamp { get }
    var monotonicMilliseconds: Int64 { get }
    /// Returns when so much time has passed, or the task is cancelled.
    func sleep(milliseconds: Int64) async
}
