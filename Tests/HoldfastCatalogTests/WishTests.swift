// SPDX-License-Identifier: Apache-2.0
// What people want of mails: held, purged; known again from the notes.

import HoldfastChance
import HoldfastModel
import Testing

@testable import HoldfastCatalog

private func order(
    _ number: Int, _ kind: StorageOrder.Kind, of mail: Sample, seconds: Int64 = 0
) -> StorageOrder {
    StorageOrder(
        id: id(number), kind: kind, mail: mail.id, node: NodeID(0),
        ordered: now.advanced(bySeconds: seconds), by: "eve", reason: "why",
        keepUntil: today.advanced(by: 400))
}

extension StorageOrder {
    fileprivate var note: Note? {
        Note.Kind(rawValue: kind.rawValue).map { kind in
            Note(id: id, kind: kind, mail: mail, order: id, at: ordered, by: by, reason: reason)
        }
    }
}

private let noteSlip = Slip(copiesWanted: 1, keepUntil: today.advanced(by: 400))

@Suite("What people want of mails") struct WishTests {
    @Test("an order is due to every holder until it confirms, and to whoever gets a copy later")
    func dues() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two, three) = (Shipper(1), Shipper(2), Shipper(3))
            let mail = Sample(1)
            try catalog.merge([one.ship(mail)], from: one)
            try catalog.merge([two.ship(mail)], from: two)
            let hold = order(50, .hold, of: mail)
            #expect(try catalog.enter(order(51, .hold, of: Sample(2))) == nil)
            let holders = try #require(try catalog.enter(hold))
            #expect(Set(holders) == [one.node, two.node])
            #expect(try catalog.found("is:held") == [mail.id])
            var due = hold
            due.node = one.node
            #expect(try catalog.dues(of: one.node, limit: 9) == [due])
            try catalog.confirm([due])
            #expect(try catalog.dues(of: one.node, limit: 9).isEmpty)
            #expect(try catalog.unconfirmed(hold.id, of: mail.id) == [two.node])
            // The note comes from the segments of whoever has confirmed it.
            let note = try #require(hold.note)
            try catalog.merge([two.ship(note, slip: noteSlip)], from: two)
            #expect(try catalog.dues(of: two.node, limit: 9).isEmpty)
            try catalog.merge([one.ship(note, slip: noteSlip)], from: one)
            #expect(try catalog.unconfirmed(hold.id, of: mail.id).isEmpty)
            #expect(try catalog.noteCopies(hold.id) == 2)
            try catalog.merge([three.ship(mail)], from: three)
            #expect(try catalog.dues(of: three.node, limit: 9).map(\.id) == [hold.id])
            #expect(try catalog.dues(of: three.node, limit: 9).first?.reason == "why")
        }
    }

    @Test("a held mail does not expire; the number of the list grows with each order")
    func holds() throws {
        try Engine.sqlite.withCatalog { catalog in
            var one = Shipper(1)
            let (held, other) = (Sample(1), Sample(2))
            try catalog.merge([one.ship(held), one.ship(other)], from: one)
            #expect(try catalog.holds(after: nil, limit: 9).number == 0)
            _ = try catalog.enter(order(50, .hold, of: held))
            let list = try catalog.holds(after: nil, limit: 9)
            #expect(list.mails == [held.id] && list.number == now.milliseconds)
            #expect(try catalog.holds(after: held.id, limit: 9).mails.isEmpty)
            let day = today.advanced(by: 99)
            while try catalog.expire(before: day, limit: 10).isUnfinished {}
            #expect(try catalog.statistics().mails == 1)
            _ = try catalog.enter(order(51, .unhold, of: held, seconds: 5))
            let after = try catalog.holds(after: nil, limit: 9)
            #expect(after.mails.isEmpty && after.number == now.milliseconds + 5000)
            while try catalog.expire(before: day, limit: 10).isUnfinished {}
            #expect(try catalog.statistics().mails == 0)
        }
    }

    @Test(
        "a storage that was declared lost is named like the others, and gets the order if it comes back"
    )
    func goneHolder() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mail = Sample(1)
            try catalog.merge([one.ship(mail)], from: one)
            try catalog.merge([two.ship(mail)], from: two)
            try catalog.setCounts(two.node, false, isGone: true)
            let hold = order(50, .hold, of: mail)
            #expect(try catalog.enter(hold).map(Set.init) == [one.node, two.node])
            #expect(
                try Set(catalog.unconfirmed(hold.id, of: mail.id)) == [one.node, two.node])
            #expect(try catalog.dues(of: two.node, limit: 9).count == 1)
        }
    }

    @Test("the later word stands, although the clock was set back between")
    func clockSetBack() throws {
        try Engine.sqlite.withCatalog { catalog in
            var one = Shipper(1)
            let mail = Sample(1)
            try catalog.merge([one.ship(mail)], from: one)
            _ = try catalog.enter(order(50, .unhold, of: mail))
            _ = try catalog.enter(order(49, .hold, of: mail, seconds: -3600))
            #expect(try catalog.holds(after: nil, limit: 9).mails == [mail.id])
            // The storages are told the same.
            let dues = try catalog.dues(of: one.node, limit: 9)
            #expect(dues.map(\.kind) == [.unhold, .hold])
            #expect(dues.allSatisfy { $0.ordered >= now })
        }
    }

    @Test("a purged mail is gone at once, and its id is refused until its day has passed")
    func purges() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mail = Sample(1) { $0.words = "secret" }
            try catalog.merge(
                [one.ship(mail), one.ship(Sample(2) { $0.words = "secret" })], from: one)
            let purge = order(50, .purge, of: mail)
            #expect(try catalog.enter(purge) == [one.node])
            #expect(try catalog.found("secret") == [id(2)])
            #expect(try catalog.counted("secret") == 1)
            #expect(try catalog.mail(mail.id, today: today) == nil)
            #expect(try catalog.statistics().nodes.map(\.entries) == [1])
            // A storage that was away ships it: it is acked, not entered, and gets the order.
            let merged = try catalog.merge([two.ship(mail)], from: two)
            #expect(merged.acks.map(\.mail) == [mail.id] && merged.position.number == 1)
            #expect(try catalog.mail(mail.id, today: today) == nil)
            #expect(try catalog.dues(of: two.node, limit: 9).map(\.kind) == [.purge])
            // Each time its note is shipped every gateway may forget the mail.
            let note = try #require(purge.note)
            let slip = Slip(copiesWanted: 1, keepUntil: mail.record.header.keepUntil)
            #expect(
                try catalog.merge([one.ship(note, slip: slip)], from: one).purged == [mail.id])
            #expect(try catalog.dues(of: one.node, limit: 9).isEmpty)
        }
    }

    @Test(
        "a purge stands until its mail's day has passed; then the same octets are a mail as any other"
    )
    func takenAgain() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mail = Sample(1)
            let last = mail.slip.keepUntil
            try catalog.merge([one.ship(mail)], from: one)
            let purge = order(50, .purge, of: mail)
            _ = try catalog.enter(purge)
            try catalog.confirm(try catalog.dues(of: one.node, limit: 9))
            #expect(try catalog.purged([mail.id, id(2)], on: last) == [mail.id: last])
            let after = last.advanced(by: 1)
            #expect(try catalog.purged([mail.id], on: after).isEmpty)
            // The last day counts.
            let early = Sample(1) { $0.received = last.start }
            try catalog.merge([two.ship(early)], from: two)
            #expect(try catalog.statistics().mails == 0)
            let again = Sample(1) { $0.received = after.start }
            try catalog.merge([two.ship(again)], from: two)
            #expect(try catalog.statistics().mails == 1)
            // The old note, shipped once more, means the old mail.
            let note = try #require(purge.note)
            let slip = Slip(copiesWanted: 1, keepUntil: last)
            try catalog.merge([one.ship(note, slip: slip)], from: one)
            #expect(try catalog.statistics().mails == 1)
            let seconds = (after.start.milliseconds - now.milliseconds) / 1000
            _ = try catalog.enter(order(51, .hold, of: again, seconds: seconds))
            #expect(try catalog.holds(after: nil, limit: 9).mails == [mail.id])
            _ = try catalog.enter(order(52, .purge, of: again, seconds: seconds + 1))
            #expect(try catalog.statistics().mails == 0)
            #expect(try catalog.holds(after: nil, limit: 9).mails.isEmpty)
        }
    }

    @Test("what is due to a node that is away is due until it confirms, however late that is")
    func duesStay() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let (mail, other) = (Sample(1), Sample(2))
            try catalog.merge([one.ship(mail), one.ship(other)], from: one)
            try catalog.merge([two.ship(mail), two.ship(other)], from: two)
            _ = try catalog.enter(order(50, .hold, of: other))
            _ = try catalog.enter(order(51, .unhold, of: other, seconds: 1))
            _ = try catalog.enter(order(52, .purge, of: mail, seconds: 2))
            try catalog.confirm(try catalog.dues(of: one.node, limit: 9))
            let late = now.advanced(bySeconds: 2000 * 86_400)
            while try catalog.expire(before: late.day, limit: 10).isUnfinished {}
            let dues = try catalog.dues(of: two.node, limit: 9)
            #expect(dues.map(\.kind) == [.hold, .unhold, .purge])
            // Its copy, on hold there, is none that comes back; nor is anything acked by it.
            let old = try catalog.merge(
                [two.ship(mail)], from: two.node, name: two.name, now: late, acks: AckRule())
            #expect(old.acks.isEmpty)
            #expect(try catalog.mail(mail.id, today: today) == nil)
            try catalog.confirm(dues)
            #expect(try catalog.dues(of: two.node, limit: 9).isEmpty)
        }
    }

    @Test(
        "a storage that knows of a hold, and not of its end, is told when it ships the hold's note")
    func missedUnhold() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two) = (Shipper(1), Shipper(2))
            let mail = Sample(1)
            let hold = order(50, .hold, of: mail)
            let unhold = order(51, .unhold, of: mail, seconds: 5)
            let (held, unheld) = (try #require(hold.note), try #require(unhold.note))
            // A catalog made anew: the first has shipped all before the second comes.
            try catalog.merge(
                [
                    one.ship(mail), one.ship(held, slip: noteSlip),
                    one.ship(unheld, slip: noteSlip),
                ], from: one)
            try catalog.merge([two.ship(mail)], from: two)
            #expect(try catalog.dues(of: two.node, limit: 9).isEmpty)
            try catalog.merge([two.ship(held, slip: noteSlip)], from: two)
            #expect(try catalog.dues(of: two.node, limit: 9).map(\.kind) == [.unhold])
            try catalog.merge([two.ship(unheld, slip: noteSlip)], from: two)
            try catalog.merge([two.ship(held, slip: noteSlip)], from: two)
            #expect(try catalog.dues(of: two.node, limit: 9).isEmpty)
        }
    }

    @Test(
        "what is due to a storage that is away, and who was declared lost, outlive a new beginning")
    func renewed() throws {
        try withFolder { folder in
            let catalog = try SQLiteCatalog(path: folder + "/catalog.sqlite")
            var (one, two, three) = (Shipper(1), Shipper(2), Shipper(3))
            let (mail, other) = (Sample(1), Sample(2))
            try catalog.merge([one.ship(mail), one.ship(other)], from: one)
            try catalog.merge([two.ship(mail), two.ship(other)], from: two)
            try catalog.merge([three.ship(mail)], from: three)
            _ = try catalog.enter(order(50, .hold, of: mail))
            _ = try catalog.enter(order(51, .unhold, of: mail, seconds: 1))
            _ = try catalog.enter(order(52, .purge, of: other, seconds: 2))
            try catalog.confirm(
                try catalog.dues(of: one.node, limit: 9) + catalog.dues(of: three.node, limit: 9))
            try catalog.setCounts(three.node, false, isGone: true)
            let before = try catalog.dues(of: two.node, limit: 9)
            #expect(before.map(\.kind) == [.hold, .unhold, .purge])
            try catalog.renew(beside: folder + "/before")
            #expect(try catalog.dues(of: two.node, limit: 9) == before)
            #expect(try catalog.dues(of: one.node, limit: 9).isEmpty)
            #expect(try catalog.holds(after: nil, limit: 9).number == now.milliseconds + 1000)
            #expect(try catalog.statistics().nodes.filter(\.isGone).map(\.id) == [three.node])
            #expect(try catalog.position(of: two.node) == .none, "it ships everything again")
            // What it ships confirms nothing by itself, and enters nothing that was purged.
            var again = Shipper(2)
            try catalog.merge([again.ship(mail), again.ship(other)], from: again)
            #expect(try catalog.statistics().mails == 1)
            #expect(
                try Set(catalog.dues(of: two.node, limit: 9).map(\.kind)) == [
                    .hold, .unhold, .purge,
                ])
        }
    }

    @Test("a catalog filled again in any order knows the same", arguments: Seeds.toTry())
    func anyOrder(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var shippers = [Shipper(1), Shipper(2)]
        var shipped: [(Int, IndexItem)] = []
        var orders: [StorageOrder] = []
        for number in 1...12 {
            let mail = Sample(number)
            let last = random.chance(2) ? StorageOrder.Kind.purge : .hold
            for place in shippers.indices {
                shipped.append((place, shippers[place].ship(mail)))
                guard random.chance(2) else { continue }
                for turn in 0..<3 {
                    let kind = [StorageOrder.Kind.hold, .unhold, last][turn]
                    let one = order(
                        100 + number * 3 + turn, kind, of: mail, seconds: Int64(number * 3 + turn))
                    orders.append(one)
                    guard let note = one.note else { continue }
                    shipped.append((place, shippers[place].ship(note, slip: noteSlip)))
                }
            }
        }
        func state(_ items: [(Int, IndexItem)]) throws -> ([String], [MailID]) {
            var state: ([String], [MailID]) = ([], [])
            try Engine.sqlite.withCatalog { catalog in
                for (place, item) in items { try catalog.merge([item], from: shippers[place]) }
                state = (try catalog.dumped, try catalog.holds(after: nil, limit: 99).mails)
            }
            return state
        }
        let once = try state(shipped)
        let again = try state((shipped + shipped).shuffled(using: &random))
        let difference = again.0.difference(from: once.0)
        #expect(difference.isEmpty, "seed \(seed): \(difference)")
        #expect(once.1 == again.1, "seed \(seed)")
    }
}
