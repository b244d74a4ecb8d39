// SPDX-License-Identifier: Apache-2.0
// Waiting for something to happen, without asking again and again.

internal import Synchronization

/// Wakes those who wait for it; with nobody waiting nothing is kept, so a waiter looks first.
package final class Signal: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var lastWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// To be taken before one looks, and given to `wait`.
    package var generation: UInt64 { state.withLock { $0.generation } }

    package func notify() {
        let waiters = state.withLock { state in
            state.generation += 1
            defer { state.waiters.removeAll() }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when there was a `notify` after `generation` was taken, when the time is over, or when
    /// the task is cancelled.
    package func wait(
        after generation: UInt64, milliseconds: Int64, by clock: MachineClock = MachineClock()
    ) async {
        await Self.wait(
            forAnyOf: [(self, generation)], milliseconds: milliseconds, by: clock)
    }

    /// As `wait`, for whichever of several signals comes first, each with the generation that was
    /// taken of it.
    package static func wait(
        forAnyOf signals: [(signal: Signal, generation: UInt64)], milliseconds: Int64,
        by clock: MachineClock
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for (signal, generation) in signals {
                group.addTask { await signal.wait(after: generation) }
            }
            group.addTask { await clock.sleep(milliseconds: milliseconds) }
            await group.next()
            group.cancelAll()
        }
    }

    private func wait(after generation: UInt64) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.generation != generation || Task.isCancelled { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}
