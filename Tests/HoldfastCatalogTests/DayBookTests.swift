// SPDX-License-Identifier: Apache-2.0
// What the catalog tells of the mails of a day, and with an ack of the mail that it has.

import HoldfastModel
import Testing

@testable import HoldfastCatalog

@Test(
    "a mail that is to be there and has no copy is told of", arguments: Engine.allCases)
func withoutCopy(engine: Engine) throws {
    try engine.withCatalog { catalog in
        func book(_ living: [NodeID] = [], on day: Day = today) throws -> CatalogDay {
            try catalog.dayBook(of: today, living: living, today: day)
        }
        let mails = (1...4).map { number in
            Sample(number) {
                $0.slip.copiesWanted = 1
                $0.slip.keepUntil = today.advanced(by: number == 4 ? 1 : 30)
            }
        }
        var (one, two) = (Shipper(1), Shipper(2))
        try catalog.merge(
            mails.map { one.ship($0, segment: $0.id == mails[0].id ? 1 : 2) }, from: one)
        try catalog.merge([two.ship(mails[1])], from: two)
        #expect(try book() == CatalogDay(live: 4, withoutCopy: 0, expired: 0, purged: 0))
        // Its only copy is gone.
        try catalog.forget(one.node, segments: [1])
        #expect(try book().withoutCopy == 1)
        // Those of a storage that was declared lost are none; one that is emptied has them.
        try catalog.setCounts(one.node, false, isGone: true)
        #expect(try book().withoutCopy == 3)
        #expect(try book([one.node]).withoutCopy == 1)
        #expect(try book([two.node]).withoutCopy == 3)
        // What has expired need not be there, unless it is held.
        let later = today.advanced(by: 2)
        #expect(try book(on: later).withoutCopy == 2)
        _ = try catalog.enter(
            StorageOrder(
                id: id(90), kind: .hold, mail: mails[3].id, node: NodeID(0), ordered: now,
                keepUntil: later))
        #expect(try book(on: later).withoutCopy == 3)
        #expect(try book(on: later).live == 4)
        let other = today.advanced(by: 1)
        #expect(try catalog.dayBook(of: other, living: [], today: today).live == 0)
    }
}

@Test(
    "an ack says when the mail was received that the catalog has, whoever ships which",
    arguments: Engine.allCases)
func acksReceived(engine: Engine) throws {
    try engine.withCatalog { catalog in
        let rule = AckRule(copies: 1)
        let mail = Sample(1)
        var again = mail
        again.received = now.advanced(bySeconds: 60)
        again.slip.gateways = ["gateway-2"]
        var (one, two) = (Shipper(1), Shipper(2))
        func acks(_ item: IndexItem, _ shipper: Shipper) throws -> [Merged.Ack] {
            try catalog.merge([item], from: shipper, acks: rule).acks
        }
        #expect(try acks(one.ship(mail), one).map(\.received) == [now])
        // The same octets, handed in again and kept anew by one, and by another before it heard of it.
        #expect(try acks(one.ship(again, again: true), one).map(\.received) == [now])
        #expect(try acks(two.ship(again, again: true), two).map(\.received) == [now])
        let made = Note(
            id: id(7), mail: mail.id, order: id(900), at: now, by: "eve", sentTo: "", results: [],
            lineEndsChanged: false)
        let ofNote = try catalog.merge([one.ship(made, slip: mail.slip)], from: one, acks: rule)
        #expect(ofNote.acks.map(\.received) == [nil])
    }
}
