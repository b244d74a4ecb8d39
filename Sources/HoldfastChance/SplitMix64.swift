// SPDX-License-Identifier: Apache-2.0
// Chance that can be repeated, for tests and the bench; no part of the program.

internal import Foundation

/// A small generator: the same seed gives the same numbers on every machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    package mutating func below(_ limit: Int) -> Int {
        Int(next() % UInt64(limit))
    }
}

/// The seeds of randomised tests.
package enum Seeds {
    /// `HOLDFAST_SEED`, or one that changes from run to run; printed, so that what failed can be
    /// repeated.
    package static let ofThisRun: UInt64 = {
        let given = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 1...9_999_999)
        print("HOLDFAST_SEED=\(seed)")
        return seed
    }()

    /// The seed of this run, behind those that failed once and are tried in every run.
    package static func toTry(failedBefore: [UInt64] = []) -> [UInt64] {
        failedBefore + [ofThisRun]
    }
}
