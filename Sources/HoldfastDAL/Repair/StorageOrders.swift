// SPDX-License-Identifier: Apache-2.0
// Orders on their way to storages, and what came of them.

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// What was sent to storages by the queue `orders` and is not settled. In memory only: what is still to be
/// done stands in the catalog, and is sent again.
final class StorageOrders: Sendable {
    private struct State {
        var sent: [MailID: StorageOrder] = [:]
        var settled: [(StorageOrder, Outcome)] = []
    }

    private let queue: TransientQueue
    private let state = Mutex(State())

    init(queue: TransientQueue) {
        self.queue = queue
    }

    /// How many are on their way to a node.
    func count(to node: NodeID) -> Int {
        state.withLock { state in state.sent.values.count { $0.node == node } }
    }

    func send(_ orders: [StorageOrder]) {
        let new = state.withLock { state in
            orders.filter { state.sent.updateValue($0, forKey: $0.delivery) == nil }
        }
        // What found no room is not on its way: it is sent again from the catalog.
        let left = new.dropFirst(queue.add(new.map(\.record)))
        state.withLock { state in for order in left { state.sent[order.delivery] = nil } }
    }

    /// Takes out what is ours of some results; all of it leaves the queue, done or not.
    func settle(_ results: [ItemResult]) -> (ours: [ItemResult], others: [ItemResult]) {
        var (ours, others): ([ItemResult], [ItemResult]) = ([], [])
        state.withLock { state in
            for var result in results {
                guard let order = state.sent.removeValue(forKey: result.mail) else {
                    others.append(result)
                    continue
                }
                state.settled.append((order, result.outcome))
                result.outcome = .kept
                ours.append(result)
            }
        }
        return (ours, others)
    }

    /// What was settled since the last call.
    func takeSettled() -> [(order: StorageOrder, outcome: Outcome)] {
        state.withLock { state in
            defer { state.settled = [] }
            return state.settled.map { (order: $0.0, outcome: $0.1) }
        }
    }
}
