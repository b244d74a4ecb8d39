// SPDX-License-Identifier: Apache-2.0
// The clocks of this machine; only this floor and the program know them.

internal import Foundation
package import HoldfastModel

/// What time it is: on the wall, and on a clock that never jumps.
package struct MachineClock: Sendable {
    package init() {}

    package var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Milliseconds of a clock that never jumps; its zero means nothing.
    package var monotonicMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
