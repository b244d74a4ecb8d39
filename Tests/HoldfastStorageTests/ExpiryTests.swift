// SPDX-License-Identifier: Apache-2.0
// Expiry in a storage: what goes, what stays, and what nothing else may hinder.

import Foundation
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import Logging
import Testing

@testable import HoldfastStorage

extension StorageComponent {
    fileprivate func place(of number: UInt64) async throws -> Held? {
        let id = MailID(UInt128(number))
        try await keeper.note(.kept([], segments: []))
        return try await keeper.read { ledger, _ in try ledger.held([id])[id] }
    }

    fileprivate func segment(of number: UInt64) async throws -> SegmentNumber {
        try #require(try await place(of: number)).segment
    }

    fileprivate func purge(_ number: UInt64) async throws -> Outcome? {
        let order = StorageOrder(
            id: MailID(UInt128(1000 + number)), kind: .purge, mail: MailID(UInt128(number)),
            node: NodeID(keeper.folder.node), ordered: keeper.clock.now,
            keepUntil: keeper.clock.now.day.advanced(by: 30))
        return try await queues.take(into: "orders", [order.record], from: nil).results.first?
            .outcome
    }
}

/// The note of a release of a mail.
private func release(of mail: UInt64, id: UInt64, keepDays: Int = 5) -> Record {
    let now = MachineClock().now
    let keepUntil = now.day.advanced(by: keepDays)
    let note = Note(
        id: MailID(UInt128(id)), mail: MailID(UInt128(mail)), order: MailID(UInt128(id)), at: now,
        by: "eve", sentTo: "relay:25",
        results: [RecipientResult(recipient: "a@b.c", outcome: .sent, reply: "250 ok")])
    var record = Record(
        RecordHeader(kind: .note, mail: note.id, received: now, keepUntil: keepUntil))
    record.setSlip(Slip(copiesWanted: 1, keepUntil: keepUntil))
    record.setSummary(note.encoded[...])
    return record
}

@Suite("Expiry in a storage") struct StorageExpiryTests {
    private let clock = HandClock()

    private func machine(_ disk: any Disk = RealDisk()) -> Machine {
        Machine(clock: MachineClock(clock), disk: disk)
    }

    @Test("a segment that cannot be dropped keeps no other from being dropped")
    func oneFails() async throws {
        let disk = StubbornDisk()
        try await withStorage(machine: machine(disk), over: OneDAL(clock: clock)) { storage in
            _ = await storage.queues.intake.take([try mail(1, keepDays: 1)])
            try await storage.keeper.sealFinished(all: true, now: storage.keeper.clock.now)
            _ = await storage.queues.intake.take([try mail(2, keepDays: 1)])
            let (first, second) = (
                try await storage.segment(of: 1), try await storage.segment(of: 2)
            )
            #expect(first != second)
            clock.run(days: 9)
            let answer = try await storage.expiry.drop()
            #expect(disk.hasRefused)
            #expect(answer.segments.map(\.segment) == [second])
        }
    }

    @Test(
        "what people did to a held mail is kept as long as the mail, though only the DAL knows of the hold"
    )
    func releaseNotes() async throws {
        let dal = OneDAL(clock: clock, held: [MailID(1)])
        try await withStorage(machine: machine(), over: dal) { storage in
            let taken = await storage.queues.intake.take([
                try mail(1, keepDays: 5), try mail(2, keepDays: 5), release(of: 1, id: 11),
                release(of: 2, id: 12), release(of: 3, id: 13),
            ])
            #expect(taken.allSatisfy { $0.outcome == .kept })
            let before = try await storage.segment(of: 1)
            clock.run(days: 9)
            #expect(try await storage.expiry.drop().segments.map(\.segment) == [before])
            let day = clock.now.day
            for number: UInt64 in [1, 11] {
                let kept = try #require(try await storage.place(of: number), "\(number)")
                #expect(kept.keepUntil >= day)
            }
            for number: UInt64 in [2, 12, 13] {
                #expect(try await storage.place(of: number) == nil, "\(number)")
            }
        }
    }

    @Test("D5: a segment with a damaged record of a held mail stays, for it may be the last")
    func damagedAndHeld() async throws {
        let folder = TestFolder()
        let dal = OneDAL(clock: clock, held: [MailID(1)])
        try await withStorage(in: folder, machine: machine(), over: dal) { storage in
            _ = await storage.queues.intake.take([
                try mail(1, keepDays: 5), try mail(2, keepDays: 5),
            ])
            let held = try #require(try await storage.place(of: 1))
            try folder.damage(held, at: held.offset + 16)
            clock.run(days: 9)
            for _ in 0..<2 {
                #expect(try await storage.expiry.drop().segments.isEmpty)
            }
            #expect(storage.keeper.damage.count == 1)
            // From elsewhere it comes again.
            let again = await storage.queues.intake.take([try mail(1, keepDays: 15)])
            #expect(again.map(\.outcome) == [.kept])
            try await storage.keeper.note(.kept([], segments: []))
            #expect(try await storage.expiry.drop().segments.map(\.segment) == [held.segment])
            #expect(try await storage.place(of: 1) != nil)
        }
    }

    @Test("a start years past the last one drops nothing before it has run for a day, and says why")
    func startAhead() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder, machine: machine(), over: OneDAL(clock: clock)) {
            storage in
            _ = await storage.queues.intake.take([try mail(1, keepDays: 5)])
            storage.keeper.noteSoon(storage.expiry.clock)
            try await storage.keeper.note(.kept([], segments: []))
        }
        clock.move(days: 1100)
        try await withStorage(in: folder, machine: machine(), over: OneDAL(clock: clock)) {
            storage in
            let answer = try await storage.dropNow()
            #expect(answer.segments.isEmpty)
            #expect(answer.refused?.contains("--clock-is-right") == true)
            #expect(try await storage.status().notice == answer.refused)
            #expect(try await storage.place(of: 1) != nil)
            clock.run(days: 1)
            #expect(try await storage.dropNow().segments.count == 1)
            #expect(try await storage.status().notice == nil)
        }
    }

    @Test("who has looked may say that the clock is right")
    func believed() async throws {
        let folder = TestFolder()
        try await withStorage(in: folder, machine: machine(), over: OneDAL(clock: clock)) {
            storage in
            _ = await storage.queues.intake.take([try mail(1, keepDays: 5)])
        }
        clock.move(days: 20)
        try await withStorage(in: folder, machine: machine(), over: OneDAL(clock: clock)) {
            storage in
            let before = try await storage.dropNow().segments
            #expect(before.isEmpty)
            storage.expiry.clock.believe()
            let after = try await storage.dropNow().segments
            #expect(after.count == 1)
        }
    }

    @Test(
        "cleaning after a purge leaves a neighbour's damaged record until its mail is whole again",
        arguments: [true, false])
    func damagedNeighbour(isKnownBefore: Bool) async throws {
        let folder = TestFolder()
        try await withStorage(in: folder) { storage in
            _ = await storage.queues.intake.take([try mail(1), try mail(2), try mail(3)])
            let second = try #require(try await storage.place(of: 2))
            #expect(try await storage.purge(1) == .kept)
            if isKnownBefore {
                storage.keeper.damage.note(segment: second.segment, offset: second.offset)
            } else {
                try folder.damage(second, at: second.offset + 16)
            }
            try await storage.keeper.note(.kept([], segments: []))
            let cleaning = Cleaning(
                name: "s", keeper: storage.keeper, purgeDays: 0, logger: .init(label: "t"))
            func isThere() async throws -> Bool {
                try await storage.keeper.read { ledger, _ in
                    try ledger.segments().contains { $0.segment == second.segment }
                }
            }
            try await cleaning.run()
            let isThereStill = try await isThere()
            #expect(isThereStill)
            let again = await storage.queues.intake.take([try mail(2)])
            #expect(again.map(\.outcome) == [.kept])
            try await storage.keeper.note(.kept([], segments: []))
            try await cleaning.run()
            let isGone = try await isThere() == false
            #expect(isGone)
            for number: UInt64 in [2, 3] {
                #expect(try await storage.place(of: number) != nil)
            }
        }
    }
}
