// SPDX-License-Identifier: Apache-2.0
// All the chance there is in a simulation.

internal import HoldfastChance
internal import Synchronization

/// Draws from one seed, for everybody, in the order in which they ask.
final class Dice: Sendable {
    private let generator: Mutex<SplitMix64>

    init(seed: UInt64) {
        generator = Mutex(SplitMix64(seed: seed))
    }

    func next() -> UInt64 { generator.withLock { $0.next() } }

    /// From 0 up to, and without, a limit.
    func below(_ limit: Int) -> Int { generator.withLock { $0.below(limit) } }

    func within(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(below(Int(range.upperBound - range.lowerBound) + 1))
    }

    /// True so many times in a thousand.
    func happens(_ permille: Int) -> Bool { below(1000) < permille }

    func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }
}
