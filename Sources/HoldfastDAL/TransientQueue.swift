// SPDX-License-Identifier: Apache-2.0
// A queue whose items need not outlive the process: they are made again when they are asked for.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Items in memory, leased and settled as any queue's.
final class TransientQueue: Sendable {
    private let clock: MachineClock
    private let items: Mutex<TransientItems>
    private let changed = Signal()

    /// - Parameter keepMilliseconds: what nobody fetched in this time is dropped.
    init(clock: MachineClock, itemsMax: Int, keepMilliseconds: Int64) {
        self.clock = clock
        items = Mutex(TransientItems(itemsMax: itemsMax, keepMilliseconds: keepMilliseconds))
    }

    var count: Int {
        let now = clock.monotonicMilliseconds
        return items.withLock { items in
            items.dropOld(now: now)
            return items.count
        }
    }

    /// There was more than fitted, and there is room again: `refill` it.
    var wantsMore: Bool { items.withLock { $0.wantsMore } }

    /// Returns how many of them, from the first on, found room.
    @discardableResult
    func add(_ records: [Record]) -> Int {
        let now = clock.monotonicMilliseconds
        let count = items.withLock { $0.add(records, now: now) }
        changed.notify()
        return count
    }

    /// Takes all that there is to do, of which some may lie here already.
    func refill(_ records: [Record]) {
        let now = clock.monotonicMilliseconds
        items.withLock { $0.refill(records, now: now) }
        changed.notify()
    }

    func lease(_ request: LeaseRequest) async -> Leased? {
        await request.wait(for: changed, by: clock) {
            let now = clock.monotonicMilliseconds
            return items.withLock { items in
                items.lease(request, now: now).map { .work($0) }
                    ?? .nothing(until: items.nextAppointment)
            }
        }
    }

    /// What lies at a position, as long as it is there.
    func record(at position: Position) -> Record? { items.withLock { $0[position] } }

    /// Puts another record in the place of one that is there.
    func replace(_ record: Record, at position: Position) {
        items.withLock { $0[position] = record }
    }

    /// What is done leaves; the rest comes back after a while.
    func settle(_ results: [ItemResult], retryMilliseconds: Int64) {
        let time = clock.monotonicMilliseconds + retryMilliseconds
        items.withLock { items in
            for result in results { items.settle(result, comesBackAt: time) }
        }
        changed.notify()
    }
}

/// What lies in such a queue, as a value.
struct TransientItems {
    private struct Item {
        var record: Record
        var added: Int64
    }

    private var book = QueueBook(next: Position(raw: 1))
    private var items: [Position: Item] = [:]
    /// Nothing lies before this position, and nothing after the last.
    private var oldest: UInt64 = 1
    private var last: UInt64 = 0
    /// Something found no room since the last refill.
    private var hasLeftOut = false
    private let itemsMax: Int
    private let keepMilliseconds: Int64

    init(itemsMax: Int, keepMilliseconds: Int64) {
        self.itemsMax = itemsMax
        self.keepMilliseconds = keepMilliseconds
    }

    var count: Int { items.count }

    /// Another record takes the place of one that is there, and waits as that did.
    subscript(position: Position) -> Record? {
        get { items[position]?.record }
        set {
            guard var record = newValue, items[position] != nil else { return }
            record.setPosition(position)
            items[position]?.record = record
        }
    }

    var nextAppointment: Int64? { book.nextAppointment }

    var wantsMore: Bool { hasLeftOut && items.count <= itemsMax / 2 }

    mutating func refill(_ records: [Record], now: Int64) {
        hasLeftOut = false
        let known = Set(items.values.map(\.record.header.mail))
        add(records.filter { !known.contains($0.header.mail) }, now: now)
    }

    @discardableResult
    mutating func add(_ records: [Record], now: Int64) -> Int {
        dropOld(now: now)
        for (index, var record) in records.enumerated() {
            guard items.count < itemsMax else {
                hasLeftOut = true
                return index
            }
            last += 1
            let position = Position(raw: last)
            record.setPosition(position)
            items[position] = Item(record: record, added: now)
        }
        return records.count
    }

    /// Lets go of what nobody fetched in time: the oldest, for they lie in the order of their age.
    mutating func dropOld(now: Int64) {
        while oldest <= last {
            let position = Position(raw: oldest)
            if let item = items[position] {
                guard now - item.added > keepMilliseconds else { return }
                drop(position)
            }
            oldest += 1
        }
    }

    mutating func lease(_ request: LeaseRequest, now: Int64) -> Leased? {
        dropOld(now: now)
        book.skip(to: Position(raw: oldest))
        let due = book.due(limit: request.itemsMax, now: now)
        let end = min(last, book.next.raw + UInt64(request.itemsMax - due.count) - 1)
        let new = book.next.raw <= end ? (book.next.raw...end).map(Position.init(raw:)) : []
        let fitting = fitting(due + new, bytesMax: request.bytesMax)
        for position in due.dropFirst(fitting.count) {
            book.putBack(position, notBefore: now, countsAsAttempt: false, reason: "")
        }
        let records = fitting.compactMap { items[$0]?.record }
        guard !records.isEmpty else { return nil }
        let seconds = QueueDesk.leaseSeconds
        let fresh = fitting.dropFirst(due.count)
        let lease = book.lease(
            due: Array(fitting.prefix(due.count)), new: Array(fresh),
            through: fresh.last?.next ?? book.next, now: now, seconds: seconds * 1000)
        _ = book.takeChanges()
        return Leased(lease: lease, seconds: seconds, items: records.map { LeasedItem($0) })
    }

    /// As many as fit, and at least one.
    private func fitting(_ positions: [Position], bytesMax: Int) -> ArraySlice<Position> {
        var bytes: UInt64 = 0
        var count = 0
        for position in positions {
            bytes += items[position]?.record.header.recordBytes ?? 0
            guard count == 0 || bytes <= UInt64(clamping: bytesMax) else { break }
            count += 1
        }
        return positions.prefix(count)
    }

    mutating func settle(_ result: ItemResult, comesBackAt time: Int64) {
        switch result.outcome {
        case .kept, .alreadyHeld, .refused: drop(result.position)
        case .notHere(let reason), .later(let reason):
            book.putBack(
                result.position, notBefore: time, countsAsAttempt: true, reason: reason)
        }
    }

    private mutating func drop(_ position: Position) {
        items[position] = nil
        book.finish(position)
    }
}
