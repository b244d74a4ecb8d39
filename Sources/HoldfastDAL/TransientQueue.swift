// SPDX-License-Identifier: Apache-2.0
// A queue whose items need not outlive the process: they are made again when they are asked for.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Items in memory, leased and settled as any queue's.
final class TransientQueue: Sendable {
    fileprivate struct State {
        var book = QueueBook(next: Position(raw: 1))
        var items: [Position: Item] = [:]
        var last: UInt64 = 0
    }

    fileprivate struct Item {
        var record: Record
        var added: Int64
    }

    private let clock: MachineClock
    private let itemsMax: Int
    private let keepMilliseconds: Int64
    private let state = Mutex(State())
    private let changed = Signal()

    /// - Parameter keepMilliseconds: what nobody fetched in this time is dropped.
    init(clock: MachineClock, itemsMax: Int, keepMilliseconds: Int64) {
        self.clock = clock
        self.itemsMax = itemsMax
        self.keepMilliseconds = keepMilliseconds
    }

    var count: Int { state.withLock { $0.items.count } }

    func add(_ records: [Record]) {
        let now = clock.monotonicMilliseconds
        state.withLock { state in
            if state.items.count + records.count > itemsMax {
                let old = state.items.filter { now - $0.value.added > keepMilliseconds }
                for position in old.keys { state.drop(position) }
            }
            for record in records where state.items.count < itemsMax {
                state.last += 1
                let position = Position(raw: state.last)
                var record = record
                record.setPosition(position)
                state.items[position] = Item(record: record, added: now)
            }
        }
        changed.notify()
    }

    func lease(_ request: LeaseRequest) async -> Leased? {
        let deadline = clock.monotonicMilliseconds + Int64(request.waitSeconds) * 1000
        while true {
            let generation = changed.generation
            let now = clock.monotonicMilliseconds
            let (leased, appointment) = state.withLock { state in
                (state.lease(request, now: now), state.book.nextAppointment)
            }
            if let leased { return leased }
            guard now < deadline, !Task.isCancelled else { return nil }
            let wait = min(deadline - now, max(1, (appointment ?? .max) - now))
            await changed.wait(after: generation, milliseconds: wait)
        }
    }

    /// What is done leaves; the rest comes back after a while.
    func settle(_ results: [ItemResult], retryMilliseconds: Int64) {
        let time = clock.monotonicMilliseconds + retryMilliseconds
        state.withLock { state in
            for result in results {
                switch result.outcome {
                case .kept, .alreadyHeld, .refused: state.drop(result.position)
                case .notHere(let reason), .later(let reason):
                    state.book.putBack(
                        result.position, notBefore: time, countsAsAttempt: true, reason: reason)
                }
            }
        }
        changed.notify()
    }
}

extension TransientQueue.State {
    mutating func lease(_ request: LeaseRequest, now: Int64) -> Leased? {
        let due = book.due(limit: request.itemsMax, now: now)
        let end = min(last, book.next.raw + UInt64(request.itemsMax - due.count) - 1)
        let new = book.next.raw <= end ? (book.next.raw...end).map(Position.init(raw:)) : []
        let records = (due + new).compactMap { items[$0]?.record }
        guard !records.isEmpty else {
            book.skip(to: Position(raw: end).next)
            return nil
        }
        let seconds = QueueDesk.leaseSeconds
        let lease = book.lease(
            due: due, new: new, through: Position(raw: end).next, now: now, seconds: seconds * 1000)
        _ = book.takeChanges()
        return Leased(lease: lease, seconds: seconds, items: records.map { LeasedItem($0) })
    }

    mutating func drop(_ position: Position) {
        items[position] = nil
        book.finish(position)
    }
}
