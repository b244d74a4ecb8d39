// SPDX-License-Identifier: Apache-2.0
// How fast a check may read, and that it can be told to stop.

internal import Foundation
internal import HoldfastNode
internal import Synchronization

/// Keeps a reading at or below a rate, on its own thread; ends it when it is no longer wanted.
final class Pace: Sendable {
    private let bytesPerSecond: UInt64?
    private let clock: MachineClock
    private let start: Int64
    private let spent = Atomic<UInt64>(0)
    private let isStopped = Atomic(false)

    private static let napMilliseconds: Int64 = 100

    /// - Parameter bytesPerSecond: nil reads as fast as the disk gives.
    init(bytesPerSecond: UInt64?, clock: MachineClock) {
        self.bytesPerSecond = bytesPerSecond
        self.clock = clock
        start = clock.monotonicMilliseconds
    }

    func stop() { isStopped.store(true, ordering: .releasing) }

    /// Counts bytes that were read; blocks until they are due.
    func spend(_ bytes: UInt64) throws(CancellationError) {
        let all = spent.add(bytes, ordering: .relaxed).newValue
        guard let bytesPerSecond, bytesPerSecond > 0 else { return try goOn() }
        let due =
            start + Int64(clamping: all / bytesPerSecond * 1000)
            + Int64(clamping: all % bytesPerSecond * 1000 / bytesPerSecond)
        var left = due - clock.monotonicMilliseconds
        while left > 0 {
            try goOn()
            let nap = min(Self.napMilliseconds, left)
            Thread.sleep(forTimeInterval: Double(nap) / 1000)
            left -= nap
        }
        try goOn()
    }

    private func goOn() throws(CancellationError) {
        if isStopped.load(ordering: .acquiring) { throw CancellationError() }
    }
}
