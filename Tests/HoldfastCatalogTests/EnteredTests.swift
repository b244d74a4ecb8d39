// SPDX-License-Identifier: Apache-2.0
// The catalog's entries as they are compared with what lies on the storages, and a new beginning.

import HoldfastModel
import Testing

@testable import HoldfastCatalog

@Suite("Entries")
struct EnteredTests {
    @Test(
        "the copies of a node come in the order in which they lie, page by page",
        arguments: Engine.allCases)
    func pages(engine: Engine) throws {
        try engine.withCatalog { catalog in
            var (shipper, other) = (Shipper(1), Shipper(2))
            let mails = (0..<40).map { number in
                Sample(number) {
                    $0.slip.keepUntil = today.advanced(by: number % 10 == 9 ? -1 : 5)
                }
            }
            for (number, mail) in mails.enumerated() {
                let segment = SegmentNumber(number % 3)
                try catalog.merge([shipper.ship(mail, segment: segment)], from: shipper)
                try catalog.merge([other.ship(mail)], from: other)
            }
            let note = Note(
                id: id(900), mail: id(1), order: id(901), at: now, by: "", sentTo: "", results: [],
                lineEndsChanged: false)
            try catalog.merge([shipper.ship(note, slip: mails[0].slip)], from: shipper)
            var found: [EnteredCopy] = []
            for limit in [1, 7, 100] {
                found = []
                var place: (SegmentNumber, UInt64) = (0, 0)
                while true {
                    let page = try catalog.entries(
                        of: shipper.node, after: place, limit: limit, today: today)
                    found += page
                    guard let last = page.last, page.count == limit else { break }
                    place = (last.segment, last.offset)
                }
                #expect(found.count == 37, "all but the expired, and the note")
                let places = found.map { ($0.segment, $0.offset) }
                #expect(zip(places, places.dropFirst()).allSatisfy { $0 < $1 })
            }
            #expect(Set(found.map(\.mail)).contains(id(900)))
            #expect(
                try catalog.entries(of: NodeID(9), after: (0, 0), limit: 9, today: today).isEmpty)
        }
    }

    @Test("of a damaged place it is known whose it is, and when nothing depends on it any more")
    func damaged() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (one, two, three) = (Shipper(1), Shipper(2), Shipper(3))
            let (mail, purged) = (Sample(1), Sample(2))
            let shipped = one.ship(mail)
            let location = shipped.entry.location
            let place = CopyPlace(segment: location.segment, offset: location.offset)
            try catalog.merge([shipped, one.ship(purged)], from: one)
            try catalog.merge([two.ship(mail)], from: two)
            let nameless = DamagedCopy(place: place, mail: nil)
            let named = DamagedCopy(place: place, mail: mail.id)
            #expect(try catalog.known([nameless], at: one.node) == [named])
            #expect(try catalog.known([named], at: one.node).isEmpty, "no news")
            try catalog.forget(one.node, copies: [place])
            #expect(try catalog.known([nameless], at: one.node).isEmpty, "nobody knows any more")
            #expect(try catalog.known([named], at: one.node).isEmpty, "it is short")
            try catalog.merge([three.ship(mail)], from: three)
            let healed = DamagedCopy(place: place, mail: mail.id, isHealed: true)
            #expect(try catalog.known([named], at: one.node) == [healed])
            let other = CopyPlace(segment: 7, offset: 512)
            let gone = DamagedCopy(place: other, mail: purged.id)
            let stranger = DamagedCopy(place: other, mail: id(77))
            #expect(try catalog.known([gone, stranger], at: one.node).isEmpty)
            _ = try catalog.enter(
                StorageOrder(
                    id: id(50), kind: .purge, mail: purged.id, node: NodeID(0), ordered: now,
                    by: "eve", keepUntil: today))
            #expect(try catalog.known([gone, stranger], at: one.node).map(\.isHealed) == [true])
        }
    }

    @Test("a copy that is forgotten counts no more; a later one at its node stays")
    func forgets() throws {
        try Engine.sqlite.withCatalog { catalog in
            var (shipper, other) = (Shipper(1), Shipper(2))
            try catalog.merge([shipper.ship(Sample(1)), shipper.ship(Sample(2))], from: shipper)
            try catalog.merge([other.ship(Sample(1)), other.ship(Sample(2))], from: other)
            let old = try catalog.entries(of: shipper.node, after: (0, 0), limit: 9, today: today)
            try catalog.merge([shipper.ship(Sample(2), segment: 5)], from: shipper)
            try catalog.forget(shipper.node, old)
            #expect(try catalog.found("copies:1") == [id(1)])
            #expect(try catalog.found("copies:2") == [id(2)])
            let left = try catalog.entries(of: shipper.node, after: (0, 0), limit: 9, today: today)
            #expect(left.map(\.segment) == [5])
            #expect(try catalog.statistics().nodes.map(\.entries).sorted() == [1, 2])
        }
    }

    @Test("copies are counted by nodes or by disks, as the installation means them")
    func counts() throws {
        try Engine.sqlite.withCatalog { catalog in
            #expect(
                try catalog.copyStatistics(disksMayBeShared: true, today: today)
                    == CopyStatistics(mails: 0, copies: 0...0, disks: 0...0, short: 0))
            var (shipper, same, third) = (Shipper(1), Shipper(2, disk: 1), Shipper(3))
            try catalog.merge(
                [shipper.ship(Sample(1)), shipper.ship(Sample(2)), shipper.ship(Sample(3))],
                from: shipper)
            try catalog.merge([same.ship(Sample(1)), same.ship(Sample(2))], from: same)
            try catalog.merge([third.ship(Sample(2))], from: third)
            #expect(
                try catalog.copyStatistics(disksMayBeShared: true, today: today)
                    == CopyStatistics(mails: 3, copies: 1...3, disks: 1...2, short: 1))
            #expect(
                try catalog.copyStatistics(disksMayBeShared: false, today: today)
                    == CopyStatistics(mails: 3, copies: 1...3, disks: 1...2, short: 2))
            // What a node has that was declared lost is no copy.
            try catalog.setCounts(same.node, false, isGone: true)
            #expect(
                try catalog.copyStatistics(disksMayBeShared: true, today: today)
                    == CopyStatistics(mails: 3, copies: 1...2, disks: 1...2, short: 2))
        }
    }

    @Test("a catalog that begins again keeps its open orders, and what was there lies beside it")
    func renews() throws {
        try withFolder { folder in
            let catalog = try SQLiteCatalog(path: folder + "/c.sqlite")
            var shipper = Shipper(1)
            let items = [shipper.ship(Sample(1)), shipper.ship(Sample(2))]
            try catalog.merge(items, from: shipper)
            let order = Order(
                id: id(10), mail: id(1), gateway: "g", sender: "s@a", recipients: ["r@b"],
                ordered: now, by: "eve")
            try catalog.add(order, .queued, now: now)
            let before = try catalog.dumped
            try catalog.renew(beside: folder + "/c.sqlite.before")
            #expect(try catalog.dumped == [])
            #expect(try catalog.position(of: shipper.node) == .none)
            #expect(try catalog.pendingOrders(limit: 9) == [order])
            var old: [String] = []
            try SQLiteCatalog.dump(folder + "/c.sqlite.before") { old.append($0) }
            #expect(old == before)
            try catalog.merge(items, from: shipper)
            #expect(try catalog.dumped == before)
            try catalog.renew(beside: folder + "/c.sqlite.before")
            #expect(try catalog.dumped == [])
        }
    }
}
