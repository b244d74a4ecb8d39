// SPDX-License-Identifier: Apache-2.0
// The queues of a DAL that lie in memory.

import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastDAL

@Suite("Items in memory") struct TransientItemsTests {
    private func record(_ number: Int) -> Record {
        Record(
            RecordHeader(
                kind: .ack, mail: MailID(UInt128(number)), received: Timestamp(milliseconds: 0),
                keepUntil: Day(number: 0)))
    }

    private let few = LeaseRequest(itemsMax: 2, bytesMax: 1 << 20, waitSeconds: 0)

    private func numbers(_ leased: Leased?) -> [UInt128] {
        leased?.items.map(\.record.header.mail.number) ?? []
    }

    /// Says that all that was leased is done.
    private func finish(_ leased: Leased?, in items: inout TransientItems) {
        for item in leased?.items ?? [] {
            let header = item.record.header
            items.settle(
                ItemResult(mail: header.mail, position: header.position, outcome: .kept),
                comesBackAt: 0)
        }
    }

    @Test("another record takes the place of one that waits, and of none that is gone")
    func replaced() {
        var items = TransientItems(itemsMax: 10, keepMilliseconds: .max)
        items.add([record(1)], now: 0)
        let position = Position(raw: 1)
        #expect(items[position]?.header.mail == MailID(1))
        items[position] = record(7)
        let leased = items.lease(few, now: 0)
        #expect(numbers(leased) == [7])
        #expect(leased?.items.first?.record.header.position == position)
        finish(leased, in: &items)
        items[position] = record(8)
        #expect(items[position] == nil && items.count == 0)
    }

    @Test("items go out in their order, and what was not taken comes back when its time has come")
    func leases() {
        var items = TransientItems(itemsMax: 10, keepMilliseconds: .max)
        items.add((1...3).map(record), now: 0)
        let first = items.lease(few, now: 0)
        #expect(numbers(first) == [1, 2])
        for item in first?.items ?? [] {
            let header = item.record.header
            items.settle(
                ItemResult(mail: header.mail, position: header.position, outcome: .later("x")),
                comesBackAt: 50)
        }
        let second = items.lease(few, now: 10)
        #expect(numbers(second) == [3])
        finish(second, in: &items)
        #expect(items.lease(few, now: 49) == nil)
        #expect(numbers(items.lease(few, now: 50)) == [1, 2])
        #expect(items.count == 2)
    }

    @Test("a lease has no more bytes than were asked for, but one item in any case")
    func keepsToBytes() {
        var items = TransientItems(itemsMax: 10, keepMilliseconds: .max)
        items.add((1...5).map(record), now: 0)
        let two = 2 * Int(record(1).header.recordBytes)
        let request = LeaseRequest(itemsMax: 10, bytesMax: two + 1, waitSeconds: 0)
        #expect(numbers(items.lease(request, now: 0)) == [1, 2])
        let tight = LeaseRequest(itemsMax: 10, bytesMax: 1, waitSeconds: 0)
        #expect(numbers(items.lease(tight, now: 0)) == [3])
        // What lapsed and finds no room is due at once again.
        #expect(numbers(items.lease(request, now: 40_000)) == [1, 2])
        #expect(numbers(items.lease(request, now: 40_000)) == [3, 4])
        #expect(numbers(items.lease(request, now: 40_000)) == [5])
    }

    @Test("what nobody fetched in time is dropped, whether or not the queue is full")
    func dropsByAge() {
        var items = TransientItems(itemsMax: 10, keepMilliseconds: 100)
        items.add((1...3).map(record), now: 0)
        let leased = items.lease(few, now: 10)
        items.add([record(4)], now: 60)
        items.dropOld(now: 100)
        #expect(items.count == 4)
        items.dropOld(now: 101)
        #expect(items.count == 1)
        // A settle that comes late finds nothing, and does nothing.
        finish(leased, in: &items)
        #expect(numbers(items.lease(few, now: 101)) == [4])
        #expect(numbers(items.lease(few, now: 40_000)) == [])
        #expect(items.count == 0)
    }

    @Test("a lease that lapsed goes out again, and nothing that is gone with it")
    func lapses() {
        var items = TransientItems(itemsMax: 10, keepMilliseconds: 1_000_000)
        items.add((1...2).map(record), now: 0)
        let leased = items.lease(few, now: 0)
        let first = leased?.items.first?.record.header
        items.settle(
            ItemResult(mail: MailID(1), position: first?.position ?? .none, outcome: .kept),
            comesBackAt: 0)
        #expect(numbers(items.lease(few, now: 31_000)) == [2])
    }

    @Test("what found no room is taken up when there is room again, and nothing twice")
    func refills() {
        var items = TransientItems(itemsMax: 4, keepMilliseconds: .max)
        items.refill((1...5).map(record), now: 0)
        #expect(items.count == 4)
        #expect(!items.wantsMore)
        finish(items.lease(few, now: 0), in: &items)
        #expect(items.wantsMore)
        items.refill((3...6).map(record), now: 0)
        #expect(!items.wantsMore)
        #expect(items.count == 4)
        #expect(numbers(items.lease(few, now: 0)) == [3, 4])
        #expect(numbers(items.lease(few, now: 0)) == [5, 6])
        #expect(items.lease(few, now: 0) == nil)
    }
}
