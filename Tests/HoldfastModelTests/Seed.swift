// SPDX-License-Identifier: Apache-2.0
// Chance that can be repeated: `HOLDFAST_SEED` names what a failed test printed.

import Foundation

/// A small generator (SplitMix64) that always gives the same numbers for the same seed.
struct Seed: RandomNumberGenerator {
    private var state: UInt64

    /// The seed of the environment, or a new one, which is printed.
    static func random() -> Seed {
        let given = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...9_999_999)
        print("HOLDFAST_SEED=\(seed)")
        return Seed(state: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
