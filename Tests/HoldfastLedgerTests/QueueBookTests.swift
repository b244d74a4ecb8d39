// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import Testing

@Suite("Queue books")
struct QueueBookTests {
    static func position(_ number: UInt32) -> Position { Position(run: 1, number: number) }

    private func due(_ book: inout QueueBook, now: Int64) -> [Position] {
        book.due(limit: 10, now: now)
    }

    @Test("what was leased comes back when the lease lapses, and not before")
    func lapse() {
        var book = QueueBook(next: Self.position(1))
        let positions = [Self.position(1), Self.position(2)]
        _ = book.lease(due: [], new: positions, through: Self.position(3), now: 0, seconds: 30)
        #expect(book.next == Self.position(3))
        #expect(due(&book, now: 29).isEmpty)
        #expect(due(&book, now: 30) == positions)
    }

    @Test("what is finished leaves nothing behind")
    func finish() {
        var book = QueueBook(next: Self.position(1))
        _ = book.lease(
            due: [], new: [Self.position(1)], through: Self.position(2), now: 0, seconds: 30)
        _ = book.takeChanges()
        let finishes = [book.finish(Self.position(1)), book.finish(Self.position(1))]
        #expect(finishes == [true, false])
        #expect(book.unfinished.isEmpty)
        let changes = book.takeChanges()
        #expect(changes.finished == [Self.position(1)])
        #expect(due(&book, now: 1000).isEmpty)
    }

    @Test("what is put back waits for its time, the soonest first")
    func putBack() {
        var book = QueueBook(next: Self.position(1))
        let positions = (1...5).map { Self.position($0) }
        _ = book.lease(due: [], new: positions, through: Self.position(6), now: 0, seconds: 1000)
        for (index, position) in positions.enumerated() {
            book.putBack(
                position, notBefore: Int64(50 - index), countsAsAttempt: true, reason: "busy")
        }
        #expect(book.nextAppointment == 46)
        #expect(due(&book, now: 47) == [positions[4], positions[3]])
        #expect(book.unfinished[positions[0]]?.attempts == 1)
    }

    @Test("what is buried is not offered, until it is dug up")
    func bury() {
        var book = QueueBook(next: Self.position(1))
        _ = book.lease(
            due: [], new: [Self.position(1)], through: Self.position(2), now: 0, seconds: 30)
        book.bury(Self.position(1), reason: "malformed")
        #expect(due(&book, now: 1000).isEmpty)
        #expect(book.buriedCount == 1)
        let dugUp = book.digUp([Self.position(1), Self.position(2)])
        #expect(dugUp == [Self.position(1)])
        #expect(book.unfinished[Self.position(1)]?.attempts == 0)
        #expect(due(&book, now: 1000) == [Self.position(1)])
    }

    @Test("D11: there is room for as many unfinished items as the limit names, and no more")
    func room() {
        var book = QueueBook(next: Self.position(1), unfinishedMax: 2)
        #expect(book.room == 2)
        let positions = (1...2).map { Self.position($0) }
        _ = book.lease(due: [], new: positions, through: Self.position(3), now: 0, seconds: 30)
        #expect(book.room == 0)
        book.finish(Self.position(1))
        #expect(book.room == 1)
    }

    @Test("after a restart everything unfinished is ready, but not what was buried")
    func restart() throws {
        let ledger = try Ledger(path: nil)
        var book = QueueBook(next: Self.position(1))
        let positions = (1...3).map { Self.position($0) }
        _ = book.lease(due: [], new: positions, through: Self.position(4), now: 0, seconds: 30)
        book.finish(positions[0])
        book.bury(positions[1], reason: "no")
        try ledger.commit([.queue("tasks", book.takeChanges())])
        var again = try ledger.queue("tasks")
        #expect(again.next == Self.position(4))
        #expect(due(&again, now: 0) == [positions[2]])
        #expect(again.unfinished[positions[1]]?.state == .buried)
    }
}
