// SPDX-License-Identifier: Apache-2.0
// What a helper carries while nodes come and go.

import HTTPTypes
import HoldfastModel
import HoldfastNode
import Hummingbird
import Logging
import Synchronization
import Testing

@testable import HoldfastHelper

private let sync = Link(from: .storage, "sync", to: .storage, "input")

/// A Registry and the storages a1 and a2 at one site, behind one port. While a helper waits for work of
/// a1, the storage b at another site comes; then there is a mail of which a further copy is wanted.
private final class Sites: QueueSource {
    private let port = Mutex(0)
    private let hasCome = Mutex(false)
    private let takers = Mutex<[String]>([])
    private let view = Mutex<RosterView?>(nil)

    /// One of the storages taking what it is brought.
    private struct Storage: QueueTarget {
        let name: String
        let sites: Sites

        func take(
            into queue: String, _ records: [Record], from node: NodeID?
        ) async throws -> Receipt {
            sites.takers.withLock { $0.append(name) }
            return Receipt(
                results: records.map { ItemResult(mail: $0.header.mail, outcome: .kept) })
        }
    }

    func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased? {
        guard
            hasCome.withLock({ hasCome in
                defer { hasCome = true }
                return !hasCome
            })
        else { return nil }
        try await view.withLock { $0 }?.refresh()
        var record = Record(
            RecordHeader(
                kind: .mail, mail: MailID(1), received: Timestamp(milliseconds: 0),
                keepUntil: Day(number: 9)))
        record.setSlip(
            Slip(
                copiesWanted: 2, keepUntil: Day(number: 9),
                holders: [
                    Holder(node: NodeID(1), disk: DiskID(1), host: "host1", zone: "a")
                ]))
        return Leased(lease: 1, seconds: 60, items: [LeasedItem(record)])
    }

    func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws {}

    /// Who took the copy.
    func carry() async throws -> [String] {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = NodeServer(token: "t", logger: logger)
        server.offer(self, at: NodePath(role: .storage, name: "a1"))
        for name in ["a2", "b"] {
            server.take(
                into: Storage(name: name, sites: self), at: NodePath(role: .storage, name: name))
        }
        server.router.get("/registry/r/links") { _, _ in
            JSONAnswer(Links(number: 1, links: [sync]))
        }
        server.router.get("/registry/r/nodes") { [self] _, _ in
            JSONAnswer(Roster(nodes: nodes, clock: 0))
        }
        let (ports, heard) = AsyncStream.makeStream(of: Int.self)
        let service = server.service(host: "127.0.0.1", port: 0, logger: logger) { heard.yield($0) }
        let client = NodeClient(token: "t")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let number = try #require(await iterator.next())
            port.withLock { $0 = number }
            let clock = MachineClock()
            let roster = RosterView(
                registries: ["\(address)/registry/r"], client: client, clock: clock)
            try await roster.refresh()
            view.withLock { $0 = roster }
            let carrier = Carrier(
                link: sync, source: "a1",
                surroundings: Surroundings(
                    clock: clock, client: client, roster: roster, logger: logger))
            group.addTask { await carrier.run() }
            while takers.withLock({ $0.isEmpty }) { await clock.sleep(milliseconds: 20) }
            group.cancelAll()
        }
        try await client.shutdown()
        return takers.withLock { $0 }
    }

    private var address: String { "http://127.0.0.1:\(port.withLock { $0 })" }

    private var nodes: [Registration] {
        let sites = [("a1", "a"), ("a2", "a")] + (hasCome.withLock { $0 } ? [("b", "b")] : [])
        return sites.enumerated().map { place, site in
            let number = UInt64(place + 1)
            return Registration(
                name: site.0, role: .storage, address: "\(address)/storage/\(site.0)",
                node: NodeID(UInt128(number)).description, disk: DiskID(number).description,
                host: "host\(number)", zone: site.1)
        }
    }
}

@Suite("Carrying") struct CarrierTests {
    @Test(
        "whoever came while the helper waited for work counts when it has some",
        .timeLimit(.minutes(1)))
    func newcomer() async throws {
        #expect(try await Sites().carry() == ["b"])
    }
}
