// SPDX-License-Identifier: Apache-2.0
// Randomness that can be had again.

import Foundation

/// SplitMix64: the same numbers from the same seed, everywhere.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int {
        Int(next() % UInt64(limit))
    }

    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    mutating func some<Element>(of elements: [Element], upTo count: Int) -> [Element] {
        (0..<below(count + 1)).map { _ in one(of: elements) }
    }

    mutating func chance(_ outOf: Int) -> Bool { below(outOf) == 0 }
}

/// Seeds that failed once, and a fresh one, or the one that is asked for.
func seeds(failedBefore: [UInt64] = []) -> [UInt64] {
    if let asked = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap({ UInt64($0) }) {
        return [asked]
    }
    return failedBefore + [UInt64.random(in: 1...999_999)]
}
