// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import HoldfastNode
import HoldfastRegistry
import Testing

@Suite("The table of nodes")
struct NodeTableTests {
    static func node(
        _ name: String, id: UInt128? = nil, address: String = "http://x"
    ) -> Registration {
        Registration(
            name: name, role: .storage, address: address, node: id.map { NodeID($0).description })
    }

    @Test("a node that is silent is dropped, and comes back by its next beat")
    func silence() {
        var table = NodeTable(silenceMilliseconds: 6000)
        #expect(register(&table, Self.node("a"), 0) == .registered)
        #expect(names(&table, 5999) == ["a"])
        #expect(names(&table, 6000) == [])
        #expect(register(&table, Self.node("a"), 7000) == .registered)
        #expect(names(&table, 7000) == ["a"])
    }

    @Test("D3: a second live holder of a name or of an identity is refused")
    func clones() {
        var table = NodeTable(silenceMilliseconds: 6000)
        #expect(register(&table, Self.node("a", id: 1), 0) == .registered)
        for twin in [Self.node("a", id: 2, address: "http://y"), Self.node("b", id: 1)] {
            guard case .refused = register(&table, twin, 1) else {
                Issue.record("\(twin.name) should be refused")
                continue
            }
        }
        // When the first is gone for good, the second may take its place.
        #expect(register(&table, Self.node("b", id: 1), 10_000) == .registered)
    }

    @Test(
        "D3: of two that claim one identity or name, the one that runs for longer has it, whoever came first"
    )
    func outlives() {
        for (name, address) in [("a", "http://y"), ("b", "http://x")] {
            var table = NodeTable(silenceMilliseconds: 6000)
            var (clone, original) = (
                Self.node("a", id: 1), Self.node(name, id: 1, address: address)
            )
            (clone.upMilliseconds, original.upMilliseconds) = (100, 5000)
            // This Registry began anew, and the clone was first.
            #expect(register(&table, clone, 0) == .registered)
            // What the clone said is a second old, so it runs for longer by that.
            original.upMilliseconds = 1100
            guard case .refused = register(&table, original, 1000) else {
                Issue.record("the younger one should be refused")
                continue
            }
            original.upMilliseconds = 1101
            #expect(register(&table, original, 1000) == .registered)
            #expect(names(&table, 1000) == [name])
            clone.upMilliseconds = 1200
            guard case .refused = register(&table, clone, 1100) else {
                Issue.record("the clone should be refused from now on")
                continue
            }
        }
    }

    @Test(
        "there is one DAL: another is refused while it lives, and the same one comes back at once")
    func secondDAL() {
        func dal(_ name: String, _ address: String, up: Int64) -> Registration {
            var dal = Registration(name: name, role: .dal, address: address)
            dal.upMilliseconds = up
            return dal
        }
        var table = NodeTable(silenceMilliseconds: 6000)
        #expect(register(&table, dal("one", "http://x", up: 0), 0) == .registered)
        let answer = register(&table, dal("two", "http://y", up: 0), 10)
        guard case .refused(let reason) = answer else {
            Issue.record("the second should be refused")
            return
        }
        #expect(reason.contains("one") && reason.contains("http://x"))
        // Started again where it was, and a while before the other.
        #expect(register(&table, dal("one", "http://x", up: 1), 20) == .registered)
        #expect(register(&table, dal("one", "http://x", up: 2000), 2020) == .registered)
        #expect(names(&table, 2020) == ["one"])
        // The first is silent for good: it was moved, or the other takes its place.
        #expect(register(&table, dal("two", "http://y", up: 9000), 8020) == .registered)
        #expect(names(&table, 8020) == ["two"])
        // One that said farewell is missed by nobody.
        table.remove("two", at: "http://y")
        #expect(register(&table, dal("two", "http://z", up: 0), 8030) == .registered)
    }

    @Test("a node that says farewell is gone at once")
    func farewell() {
        var table = NodeTable(silenceMilliseconds: 6000)
        _ = register(&table, Self.node("a"), 0)
        table.remove("a", at: "http://x")
        #expect(names(&table, 0) == [])
    }

    @Test("D3: the farewell of a clone that was refused leaves the live node in the roster")
    func farewellOfClone() {
        var table = NodeTable(silenceMilliseconds: 6000)
        _ = register(&table, Self.node("a", id: 1), 0)
        _ = register(&table, Self.node("a", id: 1, address: "http://y"), 0)
        table.remove("a", at: "http://y")
        _ = register(&table, Self.node("b", id: 1), 0)
        table.remove("b", at: "http://x")
        #expect(names(&table, 0) == ["a"])
    }

    private func register(
        _ table: inout NodeTable, _ node: Registration, _ now: Int64
    ) -> NodeTable.Answer {
        table.register(node, now: now)
    }

    private func names(_ table: inout NodeTable, _ now: Int64) -> [String] {
        table.nodes(now: now).map(\.name)
    }
}
