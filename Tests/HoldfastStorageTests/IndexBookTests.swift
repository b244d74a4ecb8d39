// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import HoldfastStorage
import Testing

@Suite("The book of the queue index")
struct IndexBookTests {
    static func position(_ number: UInt32) -> Position { Position(run: 1, number: number) }

    /// A storage whose entries the DAL holds up to a number, long after the start.
    private func book(held: UInt32) -> IndexBook {
        var book = IndexBook(QueueBook(next: Self.position(held)))
        // The probe of the start is not of interest here.
        _ = book.claim(itemsMax: 8, now: -1_000_000)
        book.settle([Self.kept(held)], position: Self.position(held), now: -1_000_000)
        _ = book.claim(itemsMax: 8, now: 0)
        book.settle([Self.kept(held)], position: Self.position(held), now: 0)
        return book
    }

    /// A claim that must be had.
    private func claim(_ book: inout IndexBook, now: Int64) throws -> IndexBook.Claim {
        let claim = book.claim(itemsMax: 8, now: now)
        return try #require(claim)
    }

    private func expectLease(_ isFree: Bool, _ book: inout IndexBook, now: Int64) {
        let claim = book.claim(itemsMax: 8, now: now)
        #expect((claim != nil) == isFree)
    }

    static func kept(_ number: UInt32) -> ItemResult {
        ItemResult(mail: MailID(UInt128(number)), position: position(number), outcome: .kept)
    }

    static func refused(_ number: UInt32) -> ItemResult {
        ItemResult(
            mail: MailID(UInt128(number)), position: position(number), outcome: .refused("bad"))
    }

    @Test("what a DAL lost is shipped in its order, whatever of it was to be shipped again")
    func lostWhileShippingAgain() throws {
        var book = book(held: 9)
        book.shipAgain(Self.position(3))
        book.shipAgain(Self.position(8))
        book.shipAsNew(Self.position(7))
        _ = try claim(&book, now: 10)
        book.settle([], position: Self.position(4), now: 10)
        let next = try claim(&book, now: 11)
        #expect(next.held == Self.position(4))
        #expect(next.from == Self.position(5))
        #expect(next.again == [Self.position(3)])
    }

    @Test("there is one lease at a time, until it is settled, given back, or lapses")
    func oneLease() throws {
        var book = book(held: 5)
        let first = try claim(&book, now: 10)
        #expect(first.held == Self.position(5))
        #expect(first.from == Self.position(6))
        expectLease(false, &book, now: 11)
        book.giveBack(first.lease)
        expectLease(true, &book, now: 12)
        book.settle([Self.kept(6)], position: Self.position(6), now: 13)
        let third = try claim(&book, now: 14)
        #expect(third.from == Self.position(7))
        book.giveBack(first.lease)
        expectLease(false, &book, now: 14 + IndexBook.leaseMilliseconds - 1)
        expectLease(true, &book, now: 14 + IndexBook.leaseMilliseconds)
    }

    @Test(
        "the next lease begins where the DAL says it stands, even further back",
        arguments: [(said: 8, next: 9), (said: 5, next: 6), (said: 2, next: 3)])
    func standing(said: UInt32, next: UInt32) {
        var book = book(held: 5)
        _ = book.claim(itemsMax: 8, now: 10)
        book.settle([Self.kept(6)], position: Self.position(said), now: 11)
        #expect(book.held == Self.position(said))
        #expect(book.next == Self.position(next))
        #expect(book.takeChanges().next == Self.position(said))
    }

    @Test("what a catalog that fell back does not hold travels in its order, not beside it")
    func fellBack() throws {
        var book = book(held: 50)
        book.shipAgain(Self.position(3))
        book.shipAgain(Self.position(50))
        book.shipAsNew(Self.position(40))
        book.shipAsNew(Self.position(7))
        let before = try claim(&book, now: 10)
        #expect(before.held == Self.position(50))
        let later = [3, 50, 40, 7].map {
            ItemResult(mail: MailID(9), position: Self.position($0), outcome: .later("less"))
        }
        book.settle(later, position: Self.position(10), now: 11)
        let after = try claim(&book, now: 12)
        #expect(after.held == Self.position(10) && after.from == Self.position(11))
        // Beside the order 40 and 50 would move the DAL past all that lies between.
        #expect(Set(after.again) == [Self.position(3), Self.position(7)])
        // All else came in its order.
        book.settle([Self.kept(3), Self.kept(7)], position: Self.position(60), now: 13)
        #expect(try claim(&book, now: 14).again.isEmpty)
    }

    @Test("the last entry is shipped once more now and then, to find out a restored catalog")
    func probe() throws {
        var book = book(held: 5)
        let quiet = try claim(&book, now: 10)
        #expect(quiet.again.isEmpty)
        book.giveBack(quiet.lease)
        let later = try claim(&book, now: IndexBook.probeMilliseconds)
        #expect(later.again == [Self.position(5)])
        var empty = IndexBook(QueueBook(next: .none))
        let found = try claim(&empty, now: 0)
        #expect(found.again.isEmpty)
    }

    @Test("what is shipped again takes a quarter of a lease at most, and was shipped before")
    func again() throws {
        var book = book(held: 5)
        let taken = (1...6).map { book.shipAgain(Self.position($0)) }
        #expect(taken == [true, true, true, true, true, false])
        let found = try claim(&book, now: 10)
        #expect(found.again.count == 2)
    }

    @Test("an entry that was refused while the DAL went on is buried, and shipped by no lease")
    func refusedAndPassed() {
        var book = book(held: 5)
        _ = book.claim(itemsMax: 8, now: 10)
        book.settle(
            [Self.kept(6), Self.refused(7), Self.kept(8)], position: Self.position(8), now: 11)
        #expect(book.buried == [Self.position(7): "bad"])
        let changes = book.takeChanges()
        #expect(changes.unfinished[Self.position(7)]?.state == .buried)
        book.shipAgain(Self.position(7))
        #expect(book.againCount == 0)
    }

    @Test("the last entry is not shipped for ever when it is refused, but buried after some tries")
    func refusedAtTheEnd() throws {
        var book = book(held: 5)
        var now: Int64 = 10
        for round in 1...IndexBook.refusalsMax {
            let found = try claim(&book, now: now)
            #expect(found.from == Self.position(6))
            book.settle([Self.refused(6)], position: Self.position(5), now: now)
            #expect(book.buried.isEmpty == (round < IndexBook.refusalsMax))
            if round < IndexBook.refusalsMax {
                // It is not hammered either.
                expectLease(false, &book, now: now + 1)
            }
            now += IndexBook.restMilliseconds
        }
        // Whoever reads finds nothing else, and says so.
        book.passOver(through: Self.position(6), again: [])
        let found = try claim(&book, now: now)
        #expect(found.from == Self.position(7))
    }

    @Test("a batch that nobody looked into buries nothing: entries travel alone until one is taken")
    func refusedUnseen() throws {
        var book = book(held: 5)
        _ = book.claim(itemsMax: 8, now: 10)
        book.settle([Self.refused(6), Self.refused(7)], position: nil, now: 11)
        #expect(book.buried.isEmpty)
        let alone = try claim(&book, now: 12)
        #expect(alone.itemsMax == 1)
        book.settle([Self.kept(6)], position: Self.position(6), now: 13)
        let found = try claim(&book, now: 14)
        #expect(found.itemsMax == 8)
    }

    @Test("what is dug up is shipped as if for the first time")
    func digUp() throws {
        var book = book(held: 5)
        _ = book.claim(itemsMax: 8, now: 10)
        book.settle([Self.refused(6), Self.kept(7)], position: Self.position(7), now: 11)
        book.bury(Self.position(8), reason: "unreadable")
        book.passOver(through: Self.position(8), again: [])
        #expect(book.next == Self.position(9))
        _ = book.takeChanges()
        let dugUp = book.digUp([6, 8, 9].map(Self.position))
        #expect(dugUp == [6, 8].map(Self.position))
        #expect(Set(book.takeChanges().finished) == Set(dugUp))
        let claim = try claim(&book, now: 12)
        #expect(claim.again == [Self.position(6)])
        #expect(claim.from == Self.position(8))
        #expect(book.isNew(Self.position(6)))
        book.settle([Self.kept(6), Self.kept(8)], position: Self.position(8), now: 13)
        #expect(!book.isNew(Self.position(6)))
    }

    @Test("what was buried is known after a restart")
    func restart() throws {
        let ledger = try Ledger(path: nil)
        var book = book(held: 5)
        book.bury(Self.position(4), reason: "bad")
        try ledger.commit([.queue("index", book.takeChanges())])
        let again = IndexBook(try ledger.queue("index"))
        #expect(again.held == Self.position(5))
        #expect(again.buried == [Self.position(4): "bad"])
    }

    @Test("what the DAL may never have had is shipped beside the order, with its words, until kept")
    func asNew() throws {
        var book = book(held: 9)
        // What lies behind the DAL's position comes in its order.
        let isTaken = [4, 10].map { book.shipAsNew(Self.position($0)) }
        #expect(isTaken == [true, false])
        let first = try claim(&book, now: 10)
        #expect(first.again == [Self.position(4)] && book.isNew(Self.position(4)))
        book.settle([Self.kept(4)], position: Self.position(9), now: 11)
        #expect(try claim(&book, now: 12).again.isEmpty)
    }

    @Test("who is told to look asks with the next lease what the DAL holds")
    func asked() throws {
        var book = book(held: 9)
        let before = try claim(&book, now: 10)
        #expect(before.again.isEmpty)
        book.giveBack(before.lease)
        book.probe()
        #expect(try claim(&book, now: 11).again == [Self.position(9)])
    }
}
