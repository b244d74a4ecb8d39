// SPDX-License-Identifier: Apache-2.0
// A queue as helpers meet it: they wait for work, take a lease, and settle.

package import HoldfastLedger
package import HoldfastModel
internal import HoldfastSegments
internal import Synchronization

/// What a helper asks a queue for.
package struct LeaseRequest: Hashable, Sendable {
    package var itemsMax: Int
    package var bytesMax: Int
    /// How long the answer may wait for work.
    package var waitSeconds: Int

    package init(itemsMax: Int, bytesMax: Int, waitSeconds: Int) {
        self.itemsMax = itemsMax
        self.bytesMax = bytesMax
        self.waitSeconds = waitSeconds
    }
}

/// Owns one queue of a node: its book, what wakes those who wait, and when the ledger hears of it.
package final class QueueDesk: Sendable {
    package let name: String
    private let keeper: RecordKeeper
    private let passingOnOnly: Bool
    private let book: Mutex<QueueBook>
    private let changed = Signal()

    package static let leaseSeconds: Int64 = 30

    /// - Parameter passingOnOnly: the queue is only of records whose slip wants more copies.
    package init(name: String, keeper: RecordKeeper, passingOnOnly: Bool = false) throws {
        self.name = name
        self.keeper = keeper
        self.passingOnOnly = passingOnOnly
        book = Mutex(try keeper.ledger.queue(name))
    }

    /// Leases what there is, waiting for it if need be; nil when there was nothing all the time.
    package func lease(
        _ request: LeaseRequest
    ) async throws -> (lease: UInt64, entries: [QueueEntry])? {
        try await request.wait(for: keeper.arrivals, changed, by: keeper.clock) {
            if let leased = try await leaseNow(request) { return .work(leased) }
            return .nothing(until: book.withLock { $0.nextAppointment })
        }
    }

    private func leaseNow(
        _ request: LeaseRequest
    ) async throws -> (lease: UInt64, entries: [QueueEntry])? {
        let now = keeper.clock.monotonicMilliseconds
        let (due, next, room) = book.withLock { book in
            (book.due(limit: request.itemsMax, now: now), book.next, book.room)
        }
        let wanted = min(request.itemsMax - due.count, room)
        let entries: (due: [QueueEntry], new: [QueueEntry])
        do {
            entries = try await keeper.read { [passingOnOnly] ledger, _ in
                let back = due.isEmpty ? [] : try ledger.entries(at: due)
                let new = try ledger.entries(from: next, passingOn: passingOnOnly, limit: wanted)
                return (back, new)
            }
        } catch {
            putBack(due, after: 1000)
            throw error
        }
        return take(entries.due, entries.new, due: due, from: next, request, now: now)
    }

    /// Decides what of this fits, all in one step: another helper may have been quicker.
    private func take(
        _ back: [QueueEntry], _ new: [QueueEntry], due: [Position], from next: Position,
        _ request: LeaseRequest, now: Int64
    ) -> (lease: UInt64, entries: [QueueEntry])? {
        change { book in
            // A record that is gone (expired, finished) leaves the queue.
            for position in Set(due).subtracting(back.map(\.position)) { book.finish(position) }
            // One that was finished while its row was read must not come back.
            let back = back.filter { book.unfinished[$0.position] != nil }
            let fresh = book.next == next ? new.prefix(book.room) : []
            let fitting = Self.fitting(back + fresh, bytesMax: request.bytesMax)
            let positions = Set(fitting.map(\.position))
            for entry in back where !positions.contains(entry.position) {
                book.putBack(entry.position, notBefore: now, countsAsAttempt: false, reason: "")
            }
            guard !fitting.isEmpty else { return nil }
            let newPositions = fitting.dropFirst(min(back.count, fitting.count)).map(\.position)
            let lease = book.lease(
                due: fitting.prefix(back.count).map(\.position), new: Array(newPositions),
                through: newPositions.last?.next ?? next, now: now,
                seconds: Self.leaseSeconds * 1000)
            return (lease, fitting)
        }
    }

    /// As many as fit; one whose message is not held in memory goes alone.
    private static func fitting(_ entries: [QueueEntry], bytesMax: Int) -> [QueueEntry] {
        var bytes = 0
        let bytesMax = min(bytesMax, Int(SegmentReader.wholeMessageBytesMax))
        let count =
            entries.firstIndex { entry in
                bytes += Int(clamping: entry.length)
                return bytes > bytesMax
            } ?? entries.count
        return Array(entries.prefix(max(1, count)))
    }

    /// Changes the book, and lets the ledger and those who wait know.
    @discardableResult
    package func update<Result>(_ body: (inout QueueBook) -> Result) -> Result {
        let result = change(body)
        changed.notify()
        return result
    }

    /// Changes the book. The ledger is told under the same lock: what was taken out of the book first
    /// is committed first, and an older state never stands over a newer one.
    private func change<Result>(_ body: (inout QueueBook) -> Result) -> Result {
        book.withLock { book in
            let result = body(&book)
            let changes = book.takeChanges()
            if !changes.isEmpty { keeper.noteSoon(.queue(name, changes)) }
            return result
        }
    }

    package func look<Result>(_ body: (QueueBook) -> Result) -> Result {
        book.withLock { body($0) }
    }

    /// How many items are left to do.
    package func length() async throws -> Int {
        let (next, unfinished) = book.withLock { ($0.next, $0.unfinished.count) }
        let waiting = try await keeper.read { [passingOnOnly] ledger, _ in
            try ledger.count(from: next, passingOn: passingOnOnly)
        }
        return waiting + unfinished
    }

    /// Has buried items offered again, all or those of some mails; returns what was dug up.
    package func retry(_ mails: [MailID]?) async throws -> [Position] {
        var wanted = book.withLock(\.buried)
        if let mails = mails.map(Set.init) {
            let entries = try await keeper.read { [wanted] ledger, _ in
                try ledger.entries(at: wanted)
            }
            wanted = entries.filter { mails.contains($0.mail) }.map(\.position)
        }
        return update { [wanted] book in book.digUp(wanted) }
    }

    /// Puts something into the queue that its order has passed already, buried or finished long ago; where
    /// there is no room, whoever wants it asks again.
    package func reopen(_ position: Position) {
        update { book in
            if book.digUp([position]).isEmpty, book.room > 0 { book.reopen(position) }
        }
    }

    private func putBack(_ positions: [Position], after milliseconds: Int64) {
        let time = keeper.clock.monotonicMilliseconds + milliseconds
        update { book in
            for position in positions {
                book.putBack(position, notBefore: time, countsAsAttempt: false, reason: "")
            }
        }
    }
}
