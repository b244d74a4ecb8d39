// SPDX-License-Identifier: Apache-2.0

import HoldfastHelper
import HoldfastModel
import HoldfastNode
import Testing

@Suite("To whom a helper brings an item")
struct TargetRulesTests {
    static func storage(
        _ number: Int, disk: UInt64? = nil, host: String = "a", zone: String? = nil,
        waiting: UInt64 = 0,
        free: UInt64 = 100
    ) -> Registration {
        Registration(
            name: "storage-\(number)", role: .storage, address: "http://x/\(number)",
            node: NodeID(UInt128(number)).description,
            disk: DiskID(disk ?? UInt64(number)).description, host: host, zone: zone,
            freeBytes: free,
            waitingBytes: waiting)
    }

    static func slip(_ holders: [(node: UInt128, disk: UInt64, host: String)]) -> Slip {
        Slip(
            copiesWanted: 3, keepUntil: Day(number: 9),
            holders: holders.map {
                Holder(node: NodeID($0.node), disk: DiskID($0.disk), host: $0.host)
            })
    }

    @Test("of two random storages the emptier comes first, and all are there")
    func spread() {
        var random = SystemRandomNumberGenerator()
        let nodes = [Self.storage(1, waiting: 9), Self.storage(2, waiting: 1)]
        for _ in 0..<50 {
            #expect(
                TargetRules.spread(nodes, using: &random).map(\.name) == ["storage-2", "storage-1"])
        }
        let many = (1...9).map { Self.storage($0) }
        #expect(Set(TargetRules.spread(many, using: &random)) == Set(many))
    }

    @Test("a storage that took the mail before comes first")
    func preferred() {
        let nodes = (1...4).map { Self.storage($0) }
        let order = TargetRules.preferringHolders(of: Self.slip([(3, 3, "a")]), in: nodes)
        #expect(order.first?.name == "storage-3")
        #expect(order.count == 4)
    }

    @Test("every helper chooses the same storage for a further copy, and no holder")
    func rendezvous() {
        let nodes = (1...8).map { Self.storage($0) }
        let slip = Self.slip([(2, 2, "b"), (5, 5, "b")])
        var firsts: Set<String> = []
        for number in 0..<200 {
            let mail = MailID(UInt128(number) << 64 | 7)
            let order = TargetRules.passOn(mail, slip, nodes)
            #expect(order == TargetRules.passOn(mail, slip, nodes.reversed()))
            #expect(!order.contains { ["storage-2", "storage-5"].contains($0.name) })
            firsts.insert(order[0].name)
        }
        #expect(firsts.count == 6, "the load spreads over all that remain")
    }

    @Test("D7: another disk before the same, another host before the same")
    func distance() {
        let nodes = [
            Self.storage(1, disk: 9, host: "a"), Self.storage(2, disk: 2, host: "a"),
            Self.storage(3, disk: 3, host: "b"),
        ]
        let order = TargetRules.passOn(MailID(1), Self.slip([(8, 9, "a")]), nodes)
        #expect(order.map(\.name) == ["storage-3", "storage-2", "storage-1"])
    }

    @Test("copies go to another zone where there is one, then to another host")
    func zones() {
        let nodes = [
            Self.storage(1, host: "a", zone: "cellar"), Self.storage(2, host: "b", zone: "cellar"),
            Self.storage(3, host: "c", zone: "office"), Self.storage(4, host: "c", zone: "office"),
        ]
        var holders = [
            Holder(node: NodeID(1), disk: DiskID(1), host: "a", zone: "cellar")
        ]
        func next(_ mail: UInt128) -> [String] {
            let slip = Slip(copiesWanted: 4, keepUntil: Day(number: 9), holders: holders)
            return TargetRules.passOn(MailID(mail), slip, nodes).map(\.name)
        }
        for mail in 0..<20 as Range<UInt128> {
            #expect(Set(next(mail).prefix(2)) == ["storage-3", "storage-4"])
            #expect(next(mail).last == "storage-2")
        }
        holders.append(Holder(node: NodeID(3), disk: DiskID(3), host: "c", zone: "office"))
        #expect(next(1) == ["storage-2", "storage-4"])
    }

    @Test("D12: while a reply waits for copies, a mail goes to where the next one is to lie")
    func offersFurther() {
        let nodes = (1...4).map { Self.storage($0) }
        let slip = Self.slip([(3, 3, "a")])
        func order(_ slip: Slip, copies: Int) -> [Registration] {
            TargetRules.offer(MailID(5), slip, to: nodes, copies: copies)
        }
        #expect(order(slip, copies: 1).first?.name == "storage-3")
        #expect(order(slip, copies: 2) == TargetRules.passOn(MailID(5), slip, nodes))
        #expect(order(Self.slip([]), copies: 2) == nodes)
        let enough = Self.slip([(3, 3, "a"), (4, 4, "a")])
        #expect(order(enough, copies: 2).prefix(2).map(\.name) == ["storage-3", "storage-4"])
    }

    @Test("so many copies can be kept as there are disks that take mail, unless they may be shared")
    func copiesMax() {
        var full = Self.storage(4)
        full.writable = false
        let nodes = [Self.storage(1, disk: 1), Self.storage(2, disk: 1), Self.storage(3), full]
        #expect(Roster(nodes: nodes, clock: 0).copiesMax == 2)
        var shared = nodes
        for place in shared.indices { shared[place].sharesDisk = true }
        #expect(Roster(nodes: shared, clock: 0).copiesMax == 3)
        #expect(Roster(nodes: shared, clock: 0).disksTakingMail == 2)
    }

    @Test("a pace grows while it is quick and shrinks when it is refused")
    func pace() {
        var pace = Pace()
        let first = pace.itemsMax
        pace.learn(milliseconds: 10, items: first, isRefused: false)
        #expect(pace.itemsMax > first)
        for _ in 0..<20 { pace.learn(milliseconds: 10, items: 0, isRefused: true) }
        #expect(pace.itemsMax == 16)
        for _ in 0..<50 { pace.learn(milliseconds: 10, items: 5000, isRefused: false) }
        #expect(pace.itemsMax == 1024)
    }
}
