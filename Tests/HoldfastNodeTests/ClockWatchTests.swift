// SPDX-License-Identifier: Apache-2.0
// When a wall clock is doubted, and when mail should not be dated by it.

import HoldfastModel
import HoldfastNode
import Testing

@Suite("A node's clock beside the Registry's")
struct ClockWatchTests {
    @Test(
        "minutes apart nothing is dropped on its word; a day apart no mail is taken either",
        arguments: [
            (nil, true, false), (0, false, false), (599_000, false, false), (-601_000, true, false),
            (86_400_000, true, false), (86_400_001, true, true), (-90_000_000, true, true),
        ] as [(Int64?, Bool, Bool)])
    func ahead(milliseconds: Int64?, isDoubtful: Bool, isDaysOff: Bool) {
        let watch = ClockWatch(MachineClock()) { milliseconds }
        #expect((watch.doubt() != nil) == isDoubtful)
        #expect(watch.isDaysOff == isDaysOff)
    }

    @Test("a record from the future speaks against it")
    func newest() {
        let clock = MachineClock()
        let watch = ClockWatch(clock) { 0 }
        #expect(watch.doubt(newest: clock.now.advanced(bySeconds: -60)) == nil)
        #expect(watch.doubt(newest: clock.now.advanced(bySeconds: 60)) != nil)
    }
}
