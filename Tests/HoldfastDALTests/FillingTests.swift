// SPDX-License-Identifier: Apache-2.0
// Whether a catalog knows all that there is, and what it says when it may not.

import AsyncHTTPClient
import Foundation
import HoldfastModel
import HoldfastNode
import Logging
import NIOCore
import Synchronization
import Testing

@testable import HoldfastCatalog
@testable import HoldfastDAL

/// A clock that stands still until a test moves it.
private final class StillClock: SimulatedClock {
    private let milliseconds = Mutex<Int64>(1_000)

    var now: Timestamp {
        Timestamp(milliseconds: 1_795_000_000_000 + milliseconds.withLock { $0 })
    }
    var monotonicMilliseconds: Int64 { milliseconds.withLock { $0 } }

    func sleep(milliseconds: Int64) async {}

    func pass(seconds: Int64) { milliseconds.withLock { $0 += seconds * 1000 } }
}

/// A Registry that says what a test wants.
private final class SomeRegistry: NodeTransport {
    private let roster: Mutex<Roster>

    init(_ roster: Roster) { self.roster = Mutex(roster) }

    func say(_ roster: Roster) { self.roster.withLock { $0 = roster } }

    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        let body =
            request.url.hasSuffix("/nodes")
            ? try JSONEncoder().encode(roster.withLock { $0 })
            : try JSONEncoder().encode(Links(number: 1, links: []))
        return HTTPClientResponse(body: .bytes(ByteBuffer(bytes: body)))
    }

    func shutdown() async throws {}
}

/// A DAL over a catalog, and the Registry that it asks.
private struct TestDAL {
    let component: DALComponent
    let registry: SomeRegistry
    let roster: RosterView

    init(_ clock: StillClock, _ catalog: SQLiteCatalog) async throws {
        registry = SomeRegistry(Roster(nodes: [], clock: 0))
        let machine = Machine(clock: MachineClock(clock))
        let client = NodeClient(token: "", over: registry)
        roster = RosterView(
            registries: ["http://here:1/registry/r"], client: client, clock: machine.clock)
        var section = ConfigurationSection(name: "dal", values: [:])
        component = try await DALComponent(
            name: "dal", configuration: try DALConfiguration(reading: &section, folder: "/"),
            catalog: catalog,
            surroundings: Surroundings(
                machine: machine, client: client, roster: roster,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }

    func hear(_ nodes: [Registration], isYoung: Bool = false) async throws {
        registry.say(Roster(nodes: nodes, clock: 0, isYoung: isYoung ? true : nil))
        try await roster.refresh()
    }
}

private func storage(_ number: Int, at position: UInt64) -> Registration {
    Registration(
        name: "s\(number)", role: .storage, address: "http://here:1/storage/s\(number)",
        node: NodeID(UInt128(number)).description, position: position)
}

private func known(
    _ number: Int, entries: Int = 1, isGone: Bool = false
) -> Statistics.Node {
    Statistics.Node(
        id: NodeID(UInt128(number)), name: "s\(number)", position: .none, entries: entries,
        isGone: isGone)
}

private func item(of node: Int, at now: Timestamp) -> IndexItem {
    let keepUntil = now.day.advanced(by: 7)
    var record = Record(
        RecordHeader(kind: .mail, mail: MailID(7), received: now, keepUntil: keepUntil))
    record.setSlip(Slip(copiesWanted: 1, keepUntil: keepUntil))
    record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
    record.setSummary(Summary().encoded[...])
    let entry = Entry(
        location: Location(node: NodeID(UInt128(node)), segment: 1, offset: 8192),
        position: Position(raw: 1), length: 200, disk: DiskID(1), host: "here", checksum: 0,
        keepUntil: keepUntil)
    return IndexItem(entry: entry, record: record, words: "")
}

@Suite("What a catalog may not know") struct FillingTests {
    struct Case: Sendable {
        var what: String
        var known: [Statistics.Node]
        var living: [Int]
        var isEarly = true
        var awaits: Bool
    }

    @Test(
        "a storage may be about to be heard of for a moment after a start, and no longer",
        arguments: [
            Case(what: "nobody was heard of", known: [], living: [], awaits: true),
            Case(what: "there is nobody", known: [], living: [], isEarly: false, awaits: false),
            Case(what: "a new installation", known: [], living: [1], awaits: false),
            Case(
                what: "all are there", known: [known(1), known(2)], living: [1, 2], awaits: false),
            Case(
                what: "one is not there yet", known: [known(1), known(2)], living: [1], awaits: true
            ),
            Case(
                what: "one is away for good", known: [known(1), known(2)], living: [1],
                isEarly: false, awaits: false),
            Case(
                what: "one was declared lost", known: [known(1), known(2, isGone: true)],
                living: [1], awaits: false),
            Case(
                what: "one had nothing", known: [known(1), known(2, entries: 0)], living: [1],
                awaits: false),
        ])
    func awaits(_ example: Case) {
        let living = example.living.map { storage($0, at: 0) }
        #expect(
            Filling.awaits(example.known, living: living, isEarly: example.isEarly)
                == example.awaits, "\(example.what)")
    }

    @Test("who decides by it is more careful than who searches, and both go by the same")
    func words() {
        var filling = Filling()
        #expect(filling.notice == nil && filling.doubt == nil)
        filling.isYoung = true
        #expect(filling.notice == nil && filling.doubt == Roster.youngNotice)
        filling.awaits = true
        #expect(filling.notice?.contains("heard of") == true && filling.doubt == filling.notice)
        (filling.behind, filling.entered, filling.expected) = (["s1", "s2"], 10, 40)
        #expect(filling.notice == "the catalog is being filled from s1, s2, 25 % is there")
        #expect(filling.doubt == filling.notice && filling.progress == filling.notice)
    }

    @Test("a lost catalog is in doubt from the first moment, until it holds what there was")
    func lost() async throws {
        let (clock, catalog) = (StillClock(), try SQLiteCatalog(path: nil))
        let dal = try await TestDAL(clock, catalog)
        let component = dal.component
        #expect(try await component.doubt() != nil, "no Registry has answered")
        #expect(try await component.filling().notice != nil)
        try await dal.hear([])
        #expect(try await component.filling().notice != nil, "no storage has beaten yet")
        #expect(try await component.status().incomplete != nil)
        try await dal.hear([storage(1, at: 1)])
        #expect(try await component.filling().behind == ["s1"])
        clock.pass(seconds: 3600)
        #expect(try await component.status().incomplete?.contains("from s1") == true)
        _ = try catalog.merge(
            [item(of: 1, at: clock.now)], from: NodeID(1), name: "s1", now: clock.now,
            acks: AckRule())
        #expect(try await component.doubt() == nil)
        #expect(try await component.status().incomplete == nil)
        await component.close()
    }

    @Test(
        "a lone new installation, and one whose storage is away for good, are not in doubt for long"
    )
    func passes() async throws {
        for isKnown in [false, true] {
            let (clock, catalog) = (StillClock(), try SQLiteCatalog(path: nil))
            if isKnown {
                _ = try catalog.merge(
                    [item(of: 1, at: clock.now)], from: NodeID(1), name: "s1", now: clock.now,
                    acks: AckRule())
            }
            let dal = try await TestDAL(clock, catalog)
            try await dal.hear([])
            #expect(try await dal.component.doubt() != nil)
            clock.pass(seconds: 5)
            #expect(try await dal.component.doubt() != nil)
            clock.pass(seconds: 1)
            #expect(try await dal.component.doubt() == nil)
            await dal.component.close()
        }
    }

    @Test("while the Registry is young nothing is decided, and a search is not kept from answering")
    func young() async throws {
        let clock = StillClock()
        let dal = try await TestDAL(clock, try SQLiteCatalog(path: nil))
        clock.pass(seconds: 3600)
        try await dal.hear([storage(1, at: 0)], isYoung: true)
        #expect(try await dal.component.filling().notice == nil)
        #expect(try await dal.component.doubt() == Roster.youngNotice)
        #expect(try await dal.component.status().incomplete == Roster.youngNotice)
        await #expect(throws: Refusal.self) { try await dal.component.holds(after: nil) }
        try await dal.hear([storage(1, at: 0)])
        #expect(try await dal.component.doubt() == nil)
        #expect(try await dal.component.holds(after: nil).mails.isEmpty)
        await dal.component.close()
    }
}

@Suite("Which gateways there were") struct GatewayDaysTests {
    private static let today = Day(number: 20_000)

    @Test("a gateway was there from the first to the last day on which it was seen")
    func names() {
        var days = GatewayDays()
        #expect(days.news([], today: Self.today).isEmpty)
        days.take(days.news(["a", "b"], today: Self.today))
        #expect(days.news(["b", "a"], today: Self.today).isEmpty, "once a day")
        days.take(days.news(["b"], today: Self.today.advanced(by: 3)))
        // A clock that went back.
        days.take(days.news(["b"], today: Self.today.advanced(by: 2)))
        for days in [days, GatewayDays(marks: days.marks.merging(["other": 1]) { $1 })] {
            let seen = (-1...4).map { days.names(on: Self.today.advanced(by: $0)) }
            #expect(seen == [[], ["a", "b"], ["b"], ["b"], ["b"], []])
        }
    }

    @Test("the catalog keeps it, and tells it with the books of a day")
    func kept() async throws {
        let (clock, catalog) = (StillClock(), try SQLiteCatalog(path: nil))
        let gateway = Registration(name: "g1", role: .gateway, address: "http://here:1/gateway/g1")
        let first = try await TestDAL(clock, catalog)
        try await first.hear([gateway])
        try await first.component.noteGateways()
        #expect(try await first.component.book(of: clock.now.day).gateways == ["g1"])
        await first.component.close()
        let second = try await TestDAL(clock, catalog)
        try await second.hear([])
        try await second.component.noteGateways()
        #expect(try await second.component.book(of: clock.now.day).gateways == ["g1"])
        let tomorrow = clock.now.day.advanced(by: 1)
        #expect(try await second.component.book(of: tomorrow).gateways == [])
        await second.component.close()
    }
}
