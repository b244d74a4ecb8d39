// SPDX-License-Identifier: Apache-2.0
// A thread for what waits on a disk, so that no cooperative thread ever does (D2).

internal import Dispatch
internal import Foundation
internal import Synchronization

/// One thread that does blocking work in the order in which it came.
package final class DiskThread: Sendable {
    private struct State {
        var work: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let waiting = DispatchSemaphore(value: 0)
    /// Does the work in place of a thread.
    private let other: (@Sendable (@escaping @Sendable () -> Void) -> Void)?

    /// - Parameter name: at most 15 characters of it are seen in tools.
    package init(name: String) {
        other = nil
        let thread = Thread { [self] in
            while next() {}
        }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// No thread at all: somebody else does the work, in the order in which it comes.
    package init(by other: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void) {
        self.other = other
    }

    /// Lets the thread end when it has done what waits.
    package func stop() {
        state.withLock { $0.isStopped = true }
        waiting.signal()
    }

    /// Does some work after all that waits already.
    package func enqueue(_ work: @escaping @Sendable () -> Void) {
        if let other { return other(work) }
        state.withLock { $0.work.append(work) }
        waiting.signal()
    }

    /// Does some work and returns what it made.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            enqueue { continuation.resume(with: Swift.Result(catching: body)) }
        }
    }

    private func next() -> Bool {
        waiting.wait()
        let (work, isStopped) = state.withLock { state in
            let work = state.work
            state.work.removeAll(keepingCapacity: true)
            return (work, state.isStopped)
        }
        for piece in work { piece() }
        return !isStopped || !work.isEmpty
    }
}
