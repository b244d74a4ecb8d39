// SPDX-License-Identifier: Apache-2.0
// A queue as a value: who may carry what, until when, and what comes back.

package import HoldfastModel

/// One durable queue of a node: the next position never leased, and a table of those that were leased
/// and are unfinished. It is as long as the work left, never the work done.
///
/// Leases live here only, on a monotonic clock: a restart makes everything unfinished ready again.
package struct QueueBook: Sendable {
    package struct Item: Hashable, Sendable {
        package enum State: Hashable, Sendable {
            /// May be leased from this monotonic millisecond on.
            case waiting(notBefore: Int64)
            case leased(lease: UInt64, until: Int64)
            /// Refused as it is; kept until a person has looked.
            case buried
        }

        /// Before every time of a monotonic clock, and as near as differences of times need.
        package static let atOnce: Int64 = 0

        package var state: State
        /// How often it was carried and came back.
        package var attempts: Int
        package var reason: String

        package init(state: State, attempts: Int, reason: String) {
            self.state = state
            self.attempts = attempts
            self.reason = reason
        }
    }

    /// What a ledger must write down.
    package struct Changes: Sendable {
        package var next: Position
        package var unfinished: [Position: Item] = [:]
        package var finished: [Position] = []

        package init(next: Position) {
            self.next = next
        }

        package var isEmpty: Bool { unfinished.isEmpty && finished.isEmpty }
    }

    /// Positions from here on were never leased.
    package private(set) var next: Position
    package private(set) var unfinished: [Position: Item]
    private var touched: Set<Position> = []
    /// Those that can be leased again, by when; may name some that are gone or changed since.
    private var agenda = Agenda()
    private var leaseCount: UInt64 = 0

    private let unfinishedMax: Int

    /// How many unfinished items may lie in the table before nothing new is leased.
    package static let unfinishedMax = 1_000_000

    package init(
        next: Position, unfinished: [Position: Item] = [:],
        unfinishedMax: Int = QueueBook.unfinishedMax
    ) {
        self.next = next
        self.unfinished = unfinished
        self.unfinishedMax = unfinishedMax
        for (position, item) in unfinished where item.state != .buried {
            self.unfinished[position]?.state = .waiting(notBefore: Item.atOnce)
            agenda.insert(position, at: Item.atOnce)
        }
    }

    /// How many positions may be leased that never were (D11).
    package var room: Int { max(0, unfinishedMax - unfinished.count) }

    /// Takes up to `limit` positions that came back and are due, oldest appointment first.
    package mutating func due(limit: Int, now: Int64) -> [Position] {
        var positions: [Position] = []
        while positions.count < limit, let (time, position) = agenda.first, time <= now {
            agenda.removeFirst()
            switch unfinished[position]?.state {
            case .waiting(let notBefore) where notBefore <= now: positions.append(position)
            case .leased(_, let until) where until <= now: positions.append(position)
            default: break
            }
        }
        return positions
    }

    /// Leases out what `due` gave, and positions that were never leased, in their order.
    package mutating func lease(
        due: [Position], new: [Position], through: Position, now: Int64, seconds: Int64
    ) -> UInt64 {
        leaseCount += 1
        let until = now + seconds
        for position in due + new {
            let leased = Item.State.leased(lease: leaseCount, until: until)
            unfinished[position, default: Item(state: leased, attempts: 0, reason: "")].state =
                leased
            agenda.insert(position, at: until)
            touched.insert(position)
        }
        next = max(next, through)
        return leaseCount
    }

    /// Passes over what is not there any more.
    package mutating func skip(to position: Position) {
        next = max(next, position)
    }

    /// The item is done with; nothing of it stays. True when it was unfinished.
    @discardableResult
    package mutating func finish(_ position: Position) -> Bool {
        guard unfinished.removeValue(forKey: position) != nil else { return false }
        touched.insert(position)
        return true
    }

    /// The item comes back and may be leased again after a while.
    package mutating func putBack(
        _ position: Position, notBefore: Int64, countsAsAttempt: Bool, reason: String
    ) {
        guard var item = unfinished[position], item.state != .buried else { return }
        item.state = .waiting(notBefore: notBefore)
        item.attempts += countsAsAttempt ? 1 : 0
        item.reason = reason
        unfinished[position] = item
        agenda.insert(position, at: notBefore)
        touched.insert(position)
    }

    /// Puts something into the queue that its order has passed already.
    package mutating func reopen(_ position: Position) {
        guard unfinished[position] == nil, position < next else { return }
        unfinished[position] = Item(
            state: .waiting(notBefore: Item.atOnce), attempts: 0, reason: "")
        agenda.insert(position, at: Item.atOnce)
        touched.insert(position)
    }

    /// Nobody will take it as it is: it is kept aside and shown.
    package mutating func bury(_ position: Position, reason: String) {
        guard unfinished[position] != nil else { return }
        unfinished[position]?.state = .buried
        unfinished[position]?.reason = reason
        touched.insert(position)
    }

    /// What was buried is tried again, as if for the first time; returns what of these was.
    package mutating func digUp(_ positions: [Position]) -> [Position] {
        let found = positions.filter { unfinished[$0]?.state == .buried }
        for position in found {
            unfinished[position] = Item(
                state: .waiting(notBefore: Item.atOnce), attempts: 0, reason: "")
            agenda.insert(position, at: Item.atOnce)
            touched.insert(position)
        }
        return found
    }

    /// When the next item that came back is due; nil when none will be.
    package var nextAppointment: Int64? { agenda.first?.time }

    package var buriedCount: Int { unfinished.values.count { $0.state == .buried } }

    /// What was refused as it is, in the order of positions.
    package var buried: [Position] {
        unfinished.filter { $0.value.state == .buried }.keys.sorted()
    }

    /// What changed since the last call.
    package mutating func takeChanges() -> Changes {
        var changes = Changes(next: next)
        for position in touched {
            if let item = unfinished[position] {
                changes.unfinished[position] = item
            } else {
                changes.finished.append(position)
            }
        }
        touched.removeAll(keepingCapacity: true)
        return changes
    }
}

/// Appointments, soonest first: a binary heap.
private struct Agenda {
    private var heap: [(time: Int64, position: Position)] = []

    var first: (time: Int64, position: Position)? { heap.first }

    mutating func insert(_ position: Position, at time: Int64) {
        heap.append((time, position))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isBefore(child, parent) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isBefore(child, least) { least = child }
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private func isBefore(_ left: Int, _ right: Int) -> Bool {
        (heap[left].time, heap[left].position) < (heap[right].time, heap[right].position)
    }
}
