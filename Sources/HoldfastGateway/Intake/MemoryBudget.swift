// SPDX-License-Identifier: Apache-2.0
// How much of all the messages on their way in lies in memory.

internal import Synchronization

/// Counts octets in memory against a limit, for all mails that are being taken in.
final class MemoryBudget: Sendable {
    private let used = Mutex(0)
    private let bytesMax: Int

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    enum State: Comparable, Sendable {
        case ample
        /// What can lie on the disk should.
        case tight
        /// Nothing more is taken.
        case spent
    }

    var state: State { state(of: used.withLock { $0 }) }

    private func state(of used: Int) -> State {
        used <= bytesMax ? .ample : used <= 2 * bytesMax ? .tight : .spent
    }

    fileprivate func change(by bytes: Int) -> State {
        state(
            of: used.withLock { used in
                used += bytes
                return used
            })
    }

    func makeShare() -> Share { Share(of: self) }

    /// What one mail holds; given back when nobody has the share any more.
    final class Share: Sendable {
        private let budget: MemoryBudget
        private let held = Mutex(0)

        fileprivate init(of budget: MemoryBudget) {
            self.budget = budget
        }

        deinit {
            _ = budget.change(by: -held.withLock { $0 })
        }

        /// Says how much is held now; returns how things are for all.
        func set(_ bytes: Int) -> State {
            let change = held.withLock { held in
                defer { held = bytes }
                return bytes - held
            }
            return budget.change(by: change)
        }
    }
}
