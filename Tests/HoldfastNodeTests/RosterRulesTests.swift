// SPDX-License-Identifier: Apache-2.0
// What several Registries say, as one; and the links that all follow.

import HoldfastModel
import Testing

@testable import HoldfastNode

@Suite struct RosterRulesTests {
    private static func node(
        _ name: String, id: UInt128? = nil, at address: String = "http://x", up: Int64 = 0
    ) -> Registration {
        var node = Registration(
            name: name, role: .storage, address: address, node: id.map { NodeID($0).description })
        node.upMilliseconds = up
        return node
    }

    private static func answer(
        _ nodes: [Registration], young: Bool? = nil, links: Links = .standard
    ) -> RosterRules.Answer {
        RosterRules.Answer(
            registry: "r", roster: Roster(nodes: nodes, clock: 5, isYoung: young), links: links)
    }

    @Test("a node that one Registry knows is there, and each is there once")
    func union() {
        let roster = RosterRules.roster(
            of: [
                Self.answer([Self.node("a", id: 1), Self.node("b", id: 2)]),
                Self.answer([Self.node("b", id: 2), Self.node("c")]),
            ], known: Roster(nodes: [Self.node("gone")], clock: 0))
        #expect(roster.nodes.map(\.name) == ["a", "b", "c"])
        #expect(roster.clock == 5)
    }

    @Test(
        "D3: where two Registries were told of twins, everybody believes in the one that runs for longer"
    )
    func twins() {
        let original = Self.node("a", id: 1, up: 90_000)
        let clones = [
            Self.node("a", id: 1, at: "http://y", up: 3000), Self.node("b", id: 1, up: 3000),
            Self.node("a", id: 9, at: "http://z", up: 89_999),
        ]
        for clone in clones {
            for nodes in [[original, clone], [clone, original]] {
                let roster = RosterRules.roster(of: nodes.map { Self.answer([$0]) }, known: nil)
                #expect(roster.nodes == [original])
            }
        }
    }

    @Test("of two DALs that Registries were told of everybody believes in the one that runs longer")
    func twoDALs() {
        var (old, new) = (
            Registration(name: "one", role: .dal, address: "http://x"),
            Registration(name: "two", role: .dal, address: "http://y")
        )
        (old.upMilliseconds, new.upMilliseconds) = (9000, 3000)
        for nodes in [[old, new], [new, old]] {
            let roster = RosterRules.roster(of: nodes.map { Self.answer([$0]) }, known: nil)
            #expect(roster.nodes == [old])
        }
    }

    @Test("a Registry that began a moment ago is not believed when it misses somebody")
    func young() {
        let known = Roster(nodes: [Self.node("a"), Self.node("b")], clock: 0)
        let (young, old) = (
            Self.answer([Self.node("b")], young: true), Self.answer([Self.node("b")])
        )
        #expect(RosterRules.roster(of: [young], known: known).nodes.map(\.name) == ["a", "b"])
        #expect(RosterRules.roster(of: [young, old], known: known).nodes.map(\.name) == ["b"])
        #expect(RosterRules.roster(of: [young], known: nil).nodes.map(\.name) == ["b"])
    }

    @Test("a node that began anew in its place is not taken for who was there before")
    func replaced() {
        let old = Self.node("a", id: 1, up: 90_000)
        let new = Self.node("a", id: 2, up: 10)
        let roster = RosterRules.roster(
            of: [Self.answer([new], young: true)], known: Roster(nodes: [old], clock: 0))
        #expect(roster.nodes == [new])
    }

    @Test("the highest number counts; with one number everybody chooses the same")
    func highest() {
        let link = Link(from: .gateway, "tasks", to: Role(rawValue: "tagger"), "input")
        let (two, other) = (Links(number: 2, links: [link]), Links(number: 2, links: []))
        let three = Links(number: 3, links: [])
        func highest(_ links: [Links], known: Links?) -> Links {
            RosterRules.links(of: links.map { Self.answer([], links: $0) }, known: known)
        }
        #expect(highest([.standard], known: nil) == .standard)
        #expect(highest([.standard, two], known: nil) == two)
        #expect(highest([.standard], known: three) == three)
        #expect(highest([two, other], known: nil) == highest([other, two], known: nil))
        #expect(two.goesBefore(other) != other.goesBefore(two))
        #expect(!two.goesBefore(two))
    }

    @Test(
        "links that nobody could follow are refused",
        arguments: [
            (1, [Link(from: .gateway, "tasks", to: .storage, "input")], true), (0, [], false),
            (2, [Link(from: .gateway, "Tasks", to: .storage, "input")], false),
            (2, [Link(from: .gateway, "tasks", to: Role(rawValue: ""), "input")], false),
            (2, [Link(from: .storage, "input", to: .storage, "input")], false),
            (2, Array(repeating: Link(from: .dal, "acks", to: .gateway, "acks"), count: 2), false),
            (
                2, (0...64).map { Link(from: .dal, "acks", to: .gateway, "a\($0)") }, false
            ),
        ] as [(Int, [Link], Bool)])
    func faults(number: Int, links: [Link], isGood: Bool) {
        #expect((Links(number: number, links: links).fault == nil) == isGood)
    }

    @Test("a queue that nothing leads from is named")
    func cut() {
        var links = Links.standard
        #expect(links.cutQueues == [])
        links.links.removeFirst()
        #expect(links.cutQueues == ["gateway.tasks"])
    }
}
