// SPDX-License-Identifier: Apache-2.0
// What a storage does when it is ordered to: pass on again, hold, purge; and what it does about damage.

import Foundation
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import Logging
import Testing

@testable import HoldfastStorage

private let all = LeaseRequest(itemsMax: 99, bytesMax: 1 << 20, waitSeconds: 0)

extension StorageComponent {
    fileprivate var node: NodeID { NodeID(keeper.folder.node) }

    fileprivate func order(
        _ kind: StorageOrder.Kind, _ mail: UInt64, id: UInt64 = 1000, holders: [Holder] = [],
        copies: Int = 2, seconds: Int64 = 0, keepDays: Int = 30
    ) async throws -> Outcome? {
        let order = StorageOrder(
            id: MailID(UInt128(id)), kind: kind, mail: MailID(UInt128(mail)), node: node,
            ordered: keeper.clock.now.advanced(bySeconds: seconds), by: "eve", holders: holders,
            copiesWanted: copies, keepUntil: keeper.clock.now.day.advanced(by: keepDays))
        return try await queues.take(into: "orders", [order.record], from: nil).results.first?
            .outcome
    }

    fileprivate var here: Holder {
        Holder(node: node, disk: DiskID(keeper.folder.disk), host: "here")
    }

    fileprivate func leased(from queue: String) async throws -> [Record] {
        try await rowsWritten()
        return try await queues.lease(from: queue, all)?.items.map(\.record) ?? []
    }

    /// Tells `index` that the DAL has all.
    fileprivate func shipAll() async throws -> [Record] {
        let records = try await leased(from: "index")
        let last = try records.map { try IndexItem(decoding: $0).entry.position }.max()
        let results = try records.map {
            ItemResult(
                mail: $0.header.mail, position: try IndexItem(decoding: $0).entry.position,
                outcome: .kept)
        }
        try await queues.settle("index", results, position: last)
        return records
    }

    fileprivate func held(_ mail: UInt64) async throws -> Held? {
        let id = MailID(UInt128(mail))
        try await rowsWritten()
        return try await keeper.read { ledger, _ in try ledger.held([id])[id] }
    }
}

@Suite("Orders to a storage") struct OrderTests {
    @Test("a record that was passed on long ago, or never wanted to be, is passed on again")
    func passesOn() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            let taken = [try mail(1, copies: 2), try mail(2), try mail(3, copies: 2)]
            #expect(await storage.queues.intake.take(taken).allSatisfy { $0.outcome == .kept })
            let items = try await storage.leased(from: "sync")
            #expect(items.map(\.header.mail) == [MailID(1), MailID(3)])
            let results = try items.map { item in
                var slip = try Slip(decoding: item.slip)
                slip.holders.append(holder(9))
                return ItemResult(
                    mail: item.header.mail, position: item.header.position, outcome: .kept,
                    slip: slip)
            }
            try await storage.queues.settle("sync", results, position: nil)
            #expect(try await storage.queues.sync.length() == 0)
            // Node 9 is dead; for the second a copy more is wanted than was.
            for mail: UInt64 in [1, 2] {
                let outcome = try await storage.order(
                    .passOn, mail, holders: [storage.here], keepDays: 7)
                #expect(outcome == .kept)
            }
        }
        // A restart forgets leases, and no order.
        try await withStorage(in: folder) { storage in
            let again = try await storage.leased(from: "sync")
            #expect(Set(again.map(\.header.mail)) == [MailID(1), MailID(2)])
            for record in again {
                let slip = try Slip(decoding: record.slip)
                #expect(slip.holders == [storage.here] && slip.copiesWanted == 2)
            }
            let enough = try await storage.order(
                .passOn, 3, holders: [storage.here, holder(8)], keepDays: 7)
            #expect(enough == .alreadyHeld)
            #expect(try await storage.order(.passOn, 77) == .refused("it is not held here"))
        }
    }

    @Test(
        "who passes on a copy that would go before its mail writes it again first, and once",
        arguments: [
            (heldDays: 5, orderDays: 7, mustRenew: true),
            (heldDays: 7, orderDays: 7, mustRenew: false),
            (heldDays: 9, orderDays: 7, mustRenew: false),
            // An order that says no day, and a mail that has expired.
            (heldDays: 5, orderDays: -20_000, mustRenew: false),
            (heldDays: -3, orderDays: -1, mustRenew: false),
            (heldDays: -3, orderDays: 0, mustRenew: true),
        ])
    func mustRenew(heldDays: Int, orderDays: Int, mustRenew: Bool) {
        let today = Day(number: 20_000)
        let held = Held(
            position: .none, segment: 1, offset: 0, digest: nil,
            keepUntil: today.advanced(by: heldDays))
        let order = StorageOrder(
            id: MailID(1), kind: .passOn, mail: MailID(2), node: NodeID(1),
            ordered: Timestamp(milliseconds: 0), keepUntil: today.advanced(by: orderDays))
        #expect(PassOnRules.mustRenew(held, for: order, today: today) == mustRenew)
    }

    @Test(
        "a copy that would go before its mail is passed on with the mail's day, and stays as long")
    func passesOnEarlyCopy() async throws {
        try await withStorage { storage in
            let taken = [
                try mail(1, copies: 2, holders: [holder(9)], keepDays: 5),
                try mail(2, keepDays: 5), try mail(3, copies: 2, holders: [holder(9)], keepDays: 5),
            ]
            #expect(await storage.queues.intake.take(taken).allSatisfy { $0.outcome == .kept })
            #expect(try await storage.leased(from: "sync").isEmpty)
            let day = storage.keeper.clock.now.day.advanced(by: 50)
            for _ in 0..<2 {
                let outcome = try await storage.order(
                    .passOn, 1, holders: [storage.here], keepDays: 50)
                #expect(outcome == .kept)
            }
            let items = try await storage.leased(from: "sync")
            let item = try #require(items.first)
            #expect(items.count == 1 && item.header.keepUntil == day)
            #expect(try Slip(decoding: item.slip).holders == [storage.here])
            #expect(try await storage.held(1)?.keepUntil == day)
            // The segments alone tell it, and the DAL hears of it.
            let shipped = try await storage.shipAll().map { try IndexItem(decoding: $0).entry }
            #expect(shipped.count { $0.keepUntil == day } == 1)
            // No other copy is wanted, but this one is to last.
            let kept = try await storage.order(
                .passOn, 2, holders: [storage.here], copies: 1, keepDays: 50)
            #expect(kept == .kept)
            #expect(try await storage.held(2)?.keepUntil == day)
            #expect(try await storage.leased(from: "sync").isEmpty)
            // What is damaged is passed on by another holder.
            let damaged = try #require(try await storage.held(3))
            storage.keeper.damage.note(segment: damaged.segment, offset: damaged.offset)
            try await storage.rowsWritten()
            let refused = try await storage.order(
                .passOn, 3, holders: [storage.here], keepDays: 50)
            #expect(refused == .refused("it is not held here"))
        }
    }

    @Test("an order for another node is not done")
    func otherNode() async throws {
        try await withStorage { storage in
            let order = StorageOrder(
                id: MailID(1), kind: .purge, mail: MailID(2), node: NodeID(99),
                ordered: storage.keeper.clock.now)
            let results = try await storage.queues.take(into: "orders", [order.record], from: nil)
            #expect(results.results.map(\.outcome) == [.notHere("the order is for another node")])
            let release = Order(
                id: MailID(1), mail: MailID(2), gateway: "g", sender: "", recipients: ["a@b.c"],
                ordered: storage.keeper.clock.now, by: "")
            let refused = try await storage.queues.take(into: "orders", [release.record], from: nil)
            #expect(refused.results.map(\.outcome) == [.refused("a storage releases nothing")])
        }
    }

    @Test("what was purged is not held, not given out, not taken again; its neighbours stay")
    func purges() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take([try mail(1), try mail(2, copies: 2), try mail(3)])
            _ = try await storage.shipAll()
            let before = try #require(try await storage.held(1))
            let neighbour = try #require(try await storage.held(2))
            for _ in 0..<2 {
                let outcome = try await storage.order(.purge, 1)
                #expect(outcome == .kept || outcome == .alreadyHeld)
            }
            #expect(try await storage.held(1) == nil)
            let isPurged = try await storage.keeper.read { ledger, _ in
                try ledger.isPurged(segment: before.segment, offset: before.offset)
            }
            #expect(isPurged)
            let shipped = try await storage.shipAll()
            // The last that the DAL holds goes along once, to find out whether it still does.
            #expect(
                Set(shipped.map(\.header.mail)) == [MailID(3), MailID(1000)],
                "its note goes to the DAL")
            // Offered again it is as good as held, and the DAL is told again that it was purged.
            let offered = await storage.queues.intake.take([try mail(1)])
            #expect(offered.map(\.outcome) == [.alreadyHeld])
            #expect(try await storage.held(1) == nil)
            let again = try await storage.shipAll()
            #expect(again.contains { $0.header.mail == MailID(1000) })

            // With purge_days = 7 nothing is copied yet; then the segment goes with its bytes.
            try await Cleaning(
                name: "s", keeper: storage.keeper, purgeDays: 7, logger: .init(label: "t")
            ).run()
            #expect(try await storage.held(2)?.position == neighbour.position)
            try await Cleaning(
                name: "s", keeper: storage.keeper, purgeDays: 0, logger: .init(label: "t")
            ).run()
            let moved = try #require(try await storage.held(2))
            #expect(moved.segment != before.segment)
            let segments = try await storage.keeper.read { ledger, _ in try ledger.segments() }
            #expect(!segments.map(\.segment).contains(before.segment))
            let moves = Set(try await storage.shipAll().map(\.header.mail))
            #expect(moves.isSuperset(of: [MailID(2), MailID(3)]))
            let syncs = try await storage.leased(from: "sync")
            #expect(syncs.map(\.header.mail) == [MailID(2)], "it wants its second copy still")
        }
        // The segments alone tell it, too.
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/ledger.sqlite" + ending)
        }
        try await withStorage(in: folder) { storage in
            let (purged, kept) = (try await storage.held(1), try await storage.held(2))
            #expect(purged == nil)
            #expect(kept != nil)
            let offered = await storage.queues.intake.take([try mail(1)])
            #expect(offered.map(\.outcome) == [.alreadyHeld])
        }
    }

    @Test(
        "a purge covers what was received until its mail's day; the same octets may come after that"
    )
    func takenAgain() async throws {
        let folder = TestFolder()
        let day: Int64 = 86_400
        try await withStorage(in: folder) { storage in
            let now = storage.keeper.clock.now
            _ = await storage.queues.intake.take([try mail(1), try mail(2)])
            // The note of a hold is kept longer than the mail, and its day is none of the purge's.
            let hold = try await storage.order(.hold, 1, id: 999, seconds: -5, keepDays: 400)
            #expect(hold == .kept)
            #expect(try await storage.order(.purge, 1) == .kept)
            let soon = await storage.queues.intake.take([try mail(1, receivedDaysAgo: -30)])
            let text = "purged; not taken again until \(now.day.advanced(by: 31))"
            #expect(soon.map(\.outcome) == [.refused(text)])
            let later = await storage.queues.intake.take([try mail(1, receivedDaysAgo: -31)])
            #expect(later.map(\.outcome) == [.kept])
            try await storage.keeper.note(.kept([], segments: []))
            #expect(try await storage.held(1) != nil)
            // An order that comes once more, or another one of that time, does not mean this mail.
            #expect(try await storage.order(.purge, 1) == .alreadyHeld)
            #expect(try await storage.order(.purge, 1, id: 1001) == .kept)
            #expect(try await storage.held(1) != nil)
            #expect(try await storage.order(.hold, 1, id: 1002, seconds: 31 * day) == .kept)
        }
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/ledger.sqlite" + ending)
        }
        try await withStorage(in: folder) { storage in
            #expect(try await storage.held(1) != nil)
            let held = try await storage.keeper.read { ledger, _ in
                try ledger.held(after: nil, limit: 9)
            }
            #expect(held.map(\.mail) == [MailID(1)])
            #expect(try await storage.order(.purge, 1, id: 1003, seconds: 32 * day) == .kept)
        }
    }

    @Test("a purge that comes after its mail's day is done, and is no purge of what came since")
    func purgedLate() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            // It was on hold here, and away as it was purged.
            let old = try mail(1, keepDays: 100, receivedDaysAgo: 50)
            _ = await storage.queues.intake.take([old])
            #expect(
                try await storage.order(.purge, 1, seconds: -86_400 * 20, keepDays: -10) == .kept)
            #expect(try await storage.held(1) == nil)
            let again = await storage.queues.intake.take([try mail(1)])
            #expect(again.map(\.outcome) == [.kept])
        }
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/ledger.sqlite" + ending)
        }
        try await withStorage(in: folder) { storage in
            let held = try await storage.held(1)
            #expect(held != nil)
        }
    }

    @Test("a purge is forgotten with the last record of its note")
    func forgotten() async throws {
        try await withStorage { storage in
            let keeper = storage.keeper
            _ = await storage.queues.intake.take([try mail(1)])
            #expect(try await storage.order(.purge, 1) == .kept)
            let note = try #require(try await storage.held(1000))
            func isKnown() async throws -> Bool {
                try await keeper.read { ledger, _ in try !ledger.purges([MailID(1)]).isEmpty }
            }
            // Written again, it is known by the newer record.
            try await keeper.sealFinished(all: true, now: keeper.clock.now)
            try await Forwarding(keeper: keeper).copy(livingIn: note.segment, keepUntil: nil)
            try await keeper.dropSegment(note.segment)
            let isKnownStill = try await isKnown()
            #expect(isKnownStill)
            try await keeper.sealFinished(all: true, now: keeper.clock.now)
            try await keeper.dropSegment(try #require(try await storage.held(1000)).segment)
            let isForgotten = try await isKnown() == false
            #expect(isForgotten)
        }
    }

    @Test("a purge reaches older records of the mail and damaged ones, whose bytes go with it")
    func purgesOlderRecords() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1, keepDays: 5), try mail(2)])
            try await storage.rowsWritten()
            let first = try #require(try await storage.held(1))
            // Offered for longer it is written again: the first record stays behind.
            _ = await storage.queues.intake.take([try mail(1, keepDays: 50)])
            try await storage.rowsWritten()
            let second = try #require(try await storage.held(1))
            #expect(second.segment != first.segment)
            storage.keeper.damage.note(segment: second.segment, offset: second.offset)
            _ = await storage.queues.intake.take([try mail(1, keepDays: 300)])
            try await storage.rowsWritten()
            let third = try #require(try await storage.held(1))
            let day = storage.keeper.clock.now.day
            let before = try await storage.keeper.read { ledger, _ in
                try ledger.dayBook(of: day, queue: "sync")
            }
            #expect(before.live == 4 - 1, "the damaged one has no row")

            #expect(try await storage.order(.purge, 1) == .kept)
            try await storage.rowsWritten()
            let (places, book) = try await storage.keeper.read { ledger, _ in
                let places = try [first, second, third].map {
                    try ledger.isPurged(segment: $0.segment, offset: $0.offset)
                }
                return (places, try ledger.dayBook(of: day, queue: "sync"))
            }
            #expect(places == [true, true, true])
            #expect(book.live == 1 && book.counts[.kept] == 4 && book.counts[.gone] == 3)
            try await Cleaning(
                name: "s", keeper: storage.keeper, purgeDays: 0, logger: .init(label: "t")
            ).run()
            let left = try await storage.keeper.read { ledger, _ in
                try ledger.segments().map(\.segment)
            }
            #expect(Set(left).isDisjoint(with: [first, second, third].map(\.segment)))
            #expect(try await storage.held(2) != nil)
        }
    }

    @Test("what the catalog knows of a damaged place is believed: whose it was, that none needs it")
    func damagedKnown() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take([try mail(1), try mail(2)])
            try await storage.rowsWritten()
            let held = try #require(try await storage.held(1))
            let place = CopyPlace(segment: held.segment, offset: held.offset)
            // Found by a start without a ledger: nobody knows whose it is.
            try await storage.keeper.note(.gone([held.position]))
            storage.keeper.damage.note(segment: place.segment, offset: place.offset)
            try await storage.rowsWritten()
            func known() async throws -> [DamagedCopy] {
                try await storage.rowsWritten()
                return try await storage.keeper.read { ledger, _ in
                    try ledger.damaged(in: place.segment)
                }
            }
            var expected = DamagedCopy(place: place, mail: nil, isHealed: false)
            #expect(try await known() == [expected])
            var answer = DamagedAnswer.Place(
                segment: place.segment, offset: place.offset, mail: MailID(1))
            storage.take(answer)
            expected.mail = MailID(1)
            #expect(try await known() == [expected])
            (answer.mail, answer.healed) = (MailID(7), true)
            storage.take(answer)
            expected.isHealed = true
            #expect(try await known() == [expected])
            #expect(storage.keeper.damage.count == 0)
            // Of a place that is not damaged here nothing is believed.
            answer.offset += 8
            storage.take(answer)
            #expect(try await known() == [expected])
        }
    }

    @Test("what was purged by a clock that was years ahead leaves the disk all the same")
    func purgedInTheFuture() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([try mail(1), try mail(2)])
            let held = try #require(try await storage.held(1))
            let outcome = try await storage.order(.purge, 1, id: 1001, seconds: 100_000_000)
            #expect(outcome == .kept)
            _ = try await storage.dropNow()
            let segments = try await storage.keeper.read { ledger, _ in try ledger.segments() }
            #expect(!segments.contains { $0.segment == held.segment })
            // Nor does the note make this clock seem to be years behind.
            let newest = try await storage.keeper.read { ledger, _ in try ledger.newestReceived() }
            #expect(try #require(newest) <= storage.keeper.clock.now)
            #expect(try await storage.held(2) != nil)
        }
    }

    @Test("a held mail is written again before its day, and so is its note; the last wish stands")
    func holds() async throws {
        try await withStorage { storage in
            _ = await storage.queues.intake.take([
                try mail(1, keepDays: 1), try mail(2, keepDays: 1), try mail(3, keepDays: 20),
            ])
            for mail: UInt64 in 1...3 {
                let outcome = try await storage.order(.hold, mail, id: 1000 + mail)
                #expect(outcome == .kept)
            }
            let unheld = try await storage.order(.unhold, 2, id: 1012, seconds: 5)
            let earlier = try await storage.order(.hold, 2, id: 1022, seconds: 2)
            #expect(unheld == .kept && earlier == .kept)
            let surroundings = Surroundings(
                clock: storage.keeper.clock, client: NodeClient(token: ""),
                roster: RosterView(
                    registries: [], client: NodeClient(token: ""), clock: storage.keeper.clock),
                logger: .init(label: "t"))
            let before = try #require(try await storage.held(3))
            let holds = Holds(keeper: storage.keeper, surroundings: surroundings)
            try await holds.renew()
            let today = storage.keeper.clock.now.day
            let (one, two) = (try await storage.held(1), try await storage.held(2))
            let three = try await storage.held(3)
            #expect(one?.keepUntil == today.advanced(by: HoldRules.holdDays))
            #expect(two?.keepUntil == today.advanced(by: 1))
            #expect(three?.position == before.position)
            // Without a DAL nobody knows what else is held: nothing may be dropped.
            await #expect(throws: Holds.Doubt.self) { _ = try await holds.all() }
            try await surroundings.client.shutdown()
        }
    }

    @Test(
        "a damaged copy is none: its place is told, its mail taken as new, and the place then healed"
    )
    func damaged() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take([try mail(1), try mail(2)])
            try await storage.rowsWritten()
            let held = try #require(try await storage.held(1))
            storage.keeper.damage.note(segment: held.segment, offset: held.offset)
            try await storage.rowsWritten()
            #expect(try await storage.held(1) == nil)
            #expect(storage.keeper.damage.count == 1)
            #expect(await storage.registration(address: "").damaged == 1)
            let places = try await storage.keeper.read { ledger, _ in
                try ledger.damagedPlaces(healed: false)
            }
            #expect(places == [CopyPlace(segment: held.segment, offset: held.offset)])
            let retaken = await storage.queues.intake.take([try mail(1)])
            #expect(retaken.map(\.outcome) == [.kept])
            try await storage.rowsWritten()
            let again = try #require(try await storage.held(1))
            #expect(again.position > held.position)
            #expect(storage.keeper.damage.count == 0 && storage.keeper.damage.healedCount == 1)
            #expect(await storage.registration(address: "").damaged == nil)
        }
        try await withStorage(in: folder) { storage in
            #expect(storage.keeper.damage.count == 0 && storage.keeper.damage.healedCount == 1)
        }
    }

    @Test(
        "a storage that is being emptied takes nothing, over a restart too, until that is taken back"
    )
    func drains() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            try storage.marks.draining.set(true)
        }
        try await withStorage(in: folder) { storage in
            let registration = await storage.registration(address: "")
            #expect(registration.draining == true && !registration.writable)
            let results = await storage.queues.intake.take([try mail(1)])
            #expect(results.map(\.outcome) == [.notHere("the storage is being emptied")])
            try storage.marks.draining.set(false)
            let retaken = await storage.queues.intake.take([try mail(1)])
            #expect(retaken.map(\.outcome) == [.kept])
        }
    }

    @Test(
        "a held record is renewed when its day is near; purged bytes go in time; an older list is refused",
        arguments: [(0, true), (2, true), (3, false), (30, false)])
    func rules(days: Int, isRenewed: Bool) {
        let today = Day(number: 20_000)
        let renewal = HoldRules.renewal(keepUntil: today.advanced(by: days), today: today)
        #expect(renewal == (isRenewed ? today.advanced(by: 30) : nil))
        #expect(HoldRules.purgedBy(today, purgeDays: 7) == today.advanced(by: -6))
        #expect(HoldRules.purgedBy(today, purgeDays: 0) == today)
        #expect(HoldRules.doubt(number: 5, seen: 5) == nil)
        #expect(HoldRules.doubt(number: 4, seen: 5) != nil)
    }
}
