// SPDX-License-Identifier: Apache-2.0

import AsyncHTTPClient
import Foundation
import HoldfastCatalog
import HoldfastModel
import HoldfastNode
import Logging
import NIOCore
import Synchronization
import Testing

@testable import HoldfastDAL

/// Clocks that a test moves.
private final class HandClock: SimulatedClock {
    private let time = Mutex<(wall: Int64, monotonic: Int64)>((1_795_000_000_000, 1_000))

    var now: Timestamp { Timestamp(milliseconds: time.withLock { $0.wall }) }
    var monotonicMilliseconds: Int64 { time.withLock { $0.monotonic } }

    func sleep(milliseconds: Int64) async {}

    func move(wall days: Int64, monotonic running: Int64) {
        time.withLock { $0 = ($0.wall + days * 86_400_000, $0.monotonic + running * 86_400_000) }
    }
}

/// A Registry on the same machine: its clock is ours.
private struct OwnRegistry: NodeTransport {
    let clock: HandClock

    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        let body =
            request.url.hasSuffix("/nodes")
            ? try JSONEncoder().encode(Roster(nodes: [], clock: clock.now.milliseconds))
            : try JSONEncoder().encode(Links(number: 1, links: []))
        return HTTPClientResponse(body: .bytes(ByteBuffer(bytes: body)))
    }

    func shutdown() async throws {}
}

@Suite("Expiry in the catalog")
struct ExpiryTests {
    /// Found by holdfast-simulate, seeds 80, 125 and 129 of its first form.
    @Test(
        "D8: nothing goes from the catalog on the word of a clock that jumped, not even with the Registry's",
        arguments: [(running: Int64(0), isKept: true), (running: 30, isKept: false)])
    func jump(running: Int64, isKept: Bool) async throws {
        let clock = HandClock()
        let machine = Machine(clock: MachineClock(clock))
        let client = NodeClient(token: "", over: OwnRegistry(clock: clock))
        let roster = RosterView(
            registries: ["http://here:1/registry/r"], client: client, clock: machine.clock)
        var section = ConfigurationSection(name: "dal", values: [:])
        let catalog = try SQLiteCatalog(path: nil)
        let component = try await DALComponent(
            name: "dal", configuration: try DALConfiguration(reading: &section, folder: "/"),
            catalog: catalog,
            surroundings: Surroundings(
                machine: machine, client: client, roster: roster,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        _ = try catalog.merge(
            [Self.item(keepUntil: clock.now.day.advanced(by: 7), received: clock.now)],
            from: NodeID(1), name: "s", now: clock.now, acks: AckRule())
        clock.move(wall: 30, monotonic: running)
        try await roster.refresh()
        try await component.expire()
        #expect(try catalog.statistics().mails == (isKept ? 1 : 0))
        await component.close()
    }

    /// A box that is all there is, started by a clock that is years ahead.
    @Test(
        "D8: a start that lies far behind the last one forgets nothing before it has run for a day")
    func startAhead() async throws {
        let clock = HandClock()
        let machine = Machine(clock: MachineClock(clock))
        let client = NodeClient(token: "", over: OwnRegistry(clock: clock))
        let roster = RosterView(
            registries: ["http://here:1/registry/r"], client: client, clock: machine.clock)
        let catalog = try SQLiteCatalog(path: nil)
        _ = try catalog.merge(
            [Self.item(keepUntil: clock.now.day.advanced(by: 7), received: clock.now)],
            from: NodeID(1), name: "s", now: clock.now, acks: AckRule())
        let history = ClockHistory(
            seen: clock.now, steadyMilliseconds: ClockHistory.steadyEnough)
        try catalog.set(history.marks)
        clock.move(wall: 1100, monotonic: 0)
        var section = ConfigurationSection(name: "dal", values: [:])
        let component = try await DALComponent(
            name: "dal", configuration: try DALConfiguration(reading: &section, folder: "/"),
            catalog: catalog,
            surroundings: Surroundings(
                machine: machine, client: client, roster: roster,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await roster.refresh()
        try await component.expire()
        #expect(try catalog.statistics().mails == 1)
        #expect(try await component.status().notice?.contains("nothing expires yet") == true)
        clock.move(wall: 1, monotonic: 1)
        try await roster.refresh()
        try await component.expire()
        #expect(try catalog.statistics().mails == 0)
        #expect(try await component.status().notice?.contains("expires") != true)
        await component.close()
    }

    private static func item(keepUntil: Day, received: Timestamp) -> IndexItem {
        var record = Record(
            RecordHeader(kind: .mail, mail: MailID(7), received: received, keepUntil: keepUntil))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: keepUntil))
        record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
        record.setSummary(Summary().encoded[...])
        let entry = Entry(
            location: Location(node: NodeID(1), segment: 1, offset: 8192),
            position: Position(raw: 1), length: 200, disk: DiskID(1), host: "here", checksum: 0,
            keepUntil: keepUntil)
        return IndexItem(entry: entry, record: record, words: "")
    }
}
