// SPDX-License-Identifier: Apache-2.0
// When a wall clock is doubted, and when mail should not be dated by it.

import HoldfastModel
import HoldfastNode
import Synchronization
import Testing

/// Clocks that a test moves.
private final class HandClock: SimulatedClock {
    private let time = Mutex<(wall: Int64, monotonic: Int64)>((1_795_000_000_000, 1_000))

    var now: Timestamp { Timestamp(milliseconds: time.withLock { $0.wall }) }
    var monotonicMilliseconds: Int64 { time.withLock { $0.monotonic } }

    func sleep(milliseconds: Int64) async {}

    func run(minutes: Int64) { move(minutes: minutes, running: minutes) }

    func move(minutes: Int64, running: Int64 = 0) {
        time.withLock { $0 = ($0.wall + minutes * 60_000, $0.monotonic + running * 60_000) }
    }
}

@Suite("A node's clock beside the Registry's")
struct ClockWatchTests {
    private static func watch(
        _ clock: MachineClock = MachineClock(), ahead: Int64? = 0
    ) -> ClockWatch {
        let watch = ClockWatch(clock) { ahead }
        watch.begin(
            ClockHistory(seen: clock.now, steadyMilliseconds: ClockHistory.steadyEnough))
        return watch
    }

    @Test(
        "minutes apart nothing is dropped on its word; a day apart no mail is taken either",
        arguments: [
            (nil, true, false), (0, false, false), (599_000, false, false), (-601_000, true, false),
            (86_400_000, true, false), (86_400_001, true, true), (-90_000_000, true, true),
        ] as [(Int64?, Bool, Bool)])
    func ahead(milliseconds: Int64?, isDoubtful: Bool, isDaysOff: Bool) {
        let watch = Self.watch(ahead: milliseconds)
        #expect((watch.doubt() != nil) == isDoubtful)
        #expect(watch.isDaysOff == isDaysOff)
    }

    @Test("a record from the future speaks against it")
    func newest() {
        let clock = MachineClock()
        let watch = Self.watch(clock)
        #expect(watch.doubt(newest: clock.now.advanced(bySeconds: -60)) == nil)
        #expect(watch.doubt(newest: clock.now.advanced(bySeconds: 60)) != nil)
    }

    private static let (hour, day): (Int64, Int64) = (60, 1440)

    @Test(
        "a start more than two days off the last note is believed after a day of running, not before",
        arguments: [
            (2 * day, false), (2 * day + 1, true), (7 * day, true), (4000 * day, true),
            (-2 * day, false), (-2 * day - 1, true),
        ])
    func gap(minutes: Int64, waits: Bool) throws {
        let hand = HandClock()
        let clock = MachineClock(hand)
        let before = Self.watch(clock)
        let history = try #require(before.historyToNote())
        #expect(before.historyToNote() == nil, "not each time that it is asked for")
        hand.move(minutes: minutes)
        let watch = ClockWatch(clock) { 0 }
        watch.begin(history)
        #expect((watch.doubt() != nil) == waits)
        #expect((watch.wait != nil) == waits)
        hand.run(minutes: 23 * Self.hour + 59)
        #expect((watch.doubt() != nil) == waits)
        hand.run(minutes: 1)
        #expect(watch.doubt() == nil && watch.wait == nil)
    }

    @Test(
        "a machine that runs some hours a day is believed in the end; one whose clock jumps again is not"
    )
    func nightly() throws {
        let hand = HandClock()
        let clock = MachineClock(hand)
        var history = ClockHistory(seen: clock.now, steadyMilliseconds: ClockHistory.steadyEnough)
        hand.move(minutes: 14 * Self.day)
        for run in 1...4 {
            let watch = ClockWatch(clock) { 0 }
            watch.begin(history)
            hand.run(minutes: 8 * Self.hour - 1)
            #expect((watch.doubt() == nil) == (run == 4), "\(run)")
            history = try #require(watch.historyToNote())
            hand.move(minutes: 16 * Self.hour)
        }
        hand.move(minutes: 365 * Self.day)
        let watch = ClockWatch(clock) { 0 }
        watch.begin(history)
        #expect(watch.doubt() != nil)
        watch.believe()
        #expect(watch.doubt() == nil)
    }

    @Test("a clock that jumped while it ran is not noted: a restart does not make it true")
    func jumped() {
        let hand = HandClock()
        let watch = Self.watch(MachineClock(hand))
        hand.move(minutes: 400 * Self.day)
        #expect(watch.doubt() != nil)
        #expect(watch.historyToNote() == nil)
        #expect(Self.watch(MachineClock(hand), ahead: nil).historyToNote() == nil)
    }

    @Test("a node that is new waits, and does not say so; what is noted is read again")
    func new() {
        let watch = ClockWatch(MachineClock()) { 0 }
        #expect(watch.doubt() != nil && watch.wait == nil)
        let history = ClockHistory(seen: MachineClock().now, steadyMilliseconds: 5)
        #expect(ClockHistory(marks: history.marks) == history)
        #expect(ClockHistory(marks: [:]) == nil)
        // Nor does its second start.
        let second = ClockWatch(MachineClock()) { 0 }
        second.begin(history)
        #expect(second.doubt() != nil && second.wait == nil)
    }
}
