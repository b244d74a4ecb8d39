// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import Testing

@Suite("Slips")
struct SlipTests {
    static func holder(_ node: UInt128, disk: UInt64) -> Holder {
        Holder(node: NodeID(node), disk: DiskID(disk), host: "host")
    }

    @Test(
        "D7: a mail is passed on until it has the copies it asked for",
        arguments: [
            (wanted: 1, heldBy: [], passedOn: false), (wanted: 2, heldBy: [], passedOn: true),
            (wanted: 3, heldBy: [1], passedOn: true), (wanted: 3, heldBy: [1, 2], passedOn: false),
        ] as [(wanted: Int, heldBy: [UInt64], passedOn: Bool)])
    func passesOn(wanted: Int, heldBy: [UInt64], passedOn: Bool) {
        let holders = heldBy.map { Self.holder(UInt128($0), disk: $0) }
        let slip = Slip(copiesWanted: wanted, keepUntil: Day(number: 9), holders: holders)
        switch slip.step(at: Self.holder(99, disk: 99), disksMayBeShared: false) {
        case .keepLast(let kept):
            #expect(!passedOn)
            #expect(kept.holders.count == heldBy.count + 1)
        case .keepAndPassOn(let kept):
            #expect(passedOn)
            #expect(kept.holders.count == heldBy.count + 1)
        default: Issue.record("it should be kept")
        }
    }

    @Test("D7: two copies share a disk only where that is allowed")
    func disks() {
        let slip = Slip(
            copiesWanted: 2, keepUntil: Day(number: 9), holders: [Self.holder(1, disk: 7)])
        #expect(slip.step(at: Self.holder(2, disk: 7), disksMayBeShared: false) == .notHere)
        #expect(slip.step(at: Self.holder(1, disk: 7), disksMayBeShared: true) == .alreadyHeld)
        guard case .keepLast = slip.step(at: Self.holder(2, disk: 7), disksMayBeShared: true) else {
            return #expect(Bool(false), "it should be kept")
        }
    }

    @Test(
        "who keeps a copy until an earlier day is no holder until the later one",
        arguments: [
            (days: (9, 9), holders: [1, 2, 3]), (days: (5, 9), holders: [2, 3]),
            (days: (9, 5), holders: [1, 2]),
        ] as [(days: (Int32, Int32), holders: [UInt64])])
    func holders(days: (Int32, Int32), holders: [UInt64]) {
        func slip(_ day: Int32, _ holders: UInt64...) -> Slip {
            Slip(
                copiesWanted: 2, keepUntil: Day(number: day),
                holders: holders.map { Self.holder(UInt128($0), disk: $0) })
        }
        let joined = slip(days.0, 1, 2).joined(with: slip(days.1, 2, 3))
        #expect(joined.holders.map(\.disk.number) == holders)
        #expect(joined.keepUntil == Day(number: 9))
    }

    @Test("joining is the union, the larger wish, the later day, whichever comes first")
    func joined() {
        let one = Slip(
            copiesWanted: 1, keepUntil: Day(number: 9), holders: [Self.holder(1, disk: 1)],
            gateways: ["a"])
        let two = Slip(
            copiesWanted: 3, keepUntil: Day(number: 5),
            holders: [Self.holder(2, disk: 2), Self.holder(1, disk: 1)], gateways: ["b"])
        for joined in [one.joined(with: two), two.joined(with: one)] {
            #expect(joined.copiesWanted == 3)
            #expect(joined.keepUntil == Day(number: 9))
            #expect(joined.holders == [Self.holder(1, disk: 1)], "the other goes earlier")
            #expect(Set(joined.gateways) == ["a", "b"])
        }
        #expect(one.joined(with: one) == one)
    }

    @Test("a slip is encoded and read back")
    func roundTrip() throws {
        let slip = Slip(
            copiesWanted: 16, keepUntil: Day(number: 20_000),
            holders: [
                Self.holder(.max, disk: .max), Self.holder(1, disk: 0),
                Holder(node: NodeID(2), disk: DiskID(3), host: "h", zone: "büro 1"),
                Holder(node: NodeID(3), disk: DiskID(3), host: "", zone: "z"),
            ],
            gateways: ["g-1", "ö"])
        #expect(try Slip(decoding: slip.encoded[...]) == slip)
    }
}
