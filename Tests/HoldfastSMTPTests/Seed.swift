// SPDX-License-Identifier: Apache-2.0
// Chance that can be repeated.

import Foundation

/// A small generator (SplitMix64): the same seed gives the same numbers on every machine.
struct Seed: RandomNumberGenerator {
    private var state: UInt64

    init(_ state: UInt64) {
        self.state = state
    }

    /// Seeds that once failed, and one from `HOLDFAST_SEED` or fresh; printed, so that a failure can
    /// be repeated.
    static let toTry: [UInt64] = {
        let given = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...(.max))
        print("HOLDFAST_SEED=\(seed)")
        return [7, 1_582_327_157_917_924_709, 13_965_101_652_647_812_283, seed]
    }()

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
