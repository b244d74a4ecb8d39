// SPDX-License-Identifier: Apache-2.0
// What a gateway remembers of its tasks while it runs.

internal import HoldfastModel
internal import Synchronization

/// Owns what is remembered of each task besides its place in the queue.
final class TaskHistories: Sendable {
    let all = Mutex<[Position: TaskHistory]>([:])

    /// On how many storages the mail of a task lies, as far as a settle has said so.
    func copies(at position: Position) -> Int {
        all.withLock { $0[position]?.slip?.holders.count ?? 0 }
    }
}
