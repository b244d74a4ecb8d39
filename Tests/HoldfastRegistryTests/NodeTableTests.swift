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
