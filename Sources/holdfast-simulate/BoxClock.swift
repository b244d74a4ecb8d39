// SPDX-License-Identifier: Apache-2.0
// What time it is on one machine, and how late it looks again.

internal import HoldfastModel
internal import HoldfastNode

/// The clocks of a machine.
struct BoxClock: SimulatedClock {
    unowned let box: Box

    var now: Timestamp {
        Timestamp(milliseconds: box.world.now.milliseconds + box.clockIsWrongBy.value)
    }

    var monotonicMilliseconds: Int64 {
        let running = 1_000_000 + box.world.loop.now / 1000
        // Who does not look for a jump sees none.
        return box.isCredulous ? running + box.clockIsWrongBy.value : running
    }

    /// What looks again and again every second may come late, and costs less; a heartbeat just in time.
    /// In thousandths.
    private static func lateness(_ milliseconds: Int64) -> Int64 {
        switch milliseconds {
        case ...300: 8_000
        case ...1_000: 4_000
        case ...2_000: 2_500
        default: 1_000
        }
    }

    func sleep(milliseconds: Int64) async {
        await box.world.loop.sleep(milliseconds * Self.lateness(milliseconds))
    }
}

extension Box {
    /// It believes its wall clock (a planted bug).
    var isCredulous: Bool { world.plant == .expiryOnAJumpedClock && duty.isStorage }
}
