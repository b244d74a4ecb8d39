// SPDX-License-Identifier: Apache-2.0
// One run of a process, from its start to its death.

internal import Synchronization

/// Whether a process still lives. What a dead one does has no effect on anything: its disk does not
/// answer, and its calls go nowhere.
final class Life: Sendable {
    private struct State {
        var isOver = false
        var watcher: UnsafeContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    func end() {
        let watcher = state.withLock { state in
            state.isOver = true
            defer { state.watcher = nil }
            return state.watcher
        }
        watcher?.resume()
    }

    /// Returns when it is over; one task may wait for it.
    func ended() async {
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                let isOver = state.withLock { state in
                    state.watcher = continuation
                    return state.isOver || Task.isCancelled
                }
                if isOver { end() }
            }
        } onCancel: {
            end()
        }
    }
}
