// SPDX-License-Identifier: Apache-2.0

import HoldfastHelper
import HoldfastModel
import HoldfastNode
import Testing

@Suite("To whom a helper brings an item")
struct TargetRulesTests {
    static func storage(
        _ number: Int, disk: UInt64? = nil, host: String = "a", waiting: UInt64 = 0,
        free: UInt64 = 100
    ) -> Registration {
        Registration(
            name: "storage-\(number)", role: .storage, address: "http://x/\(number)",
            node: NodeID(UInt128(number)).description,
            disk: DiskID(disk ?? UInt64(number)).description, host: host, freeBytes: free,
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
