// SPDX-License-Identifier: Apache-2.0
// Orders carried to a gateway from storages whose copies are not all whole.

import HTTPTypes
import HoldfastModel
import HoldfastNode
import Hummingbird
import Logging
import Synchronization
import Testing

@testable import HoldfastHelper

private let octets = [UInt8](repeating: 7, count: 300_000)
private let mail = MailID(1)

/// How a storage gives out its copy.
private enum Copy: Sendable {
    case whole, damaged, brokenOff, gone, away
}

/// A gateway that reads large orders to their end, and so finds what is damaged.
private final class Gateway: QueueTarget {
    let taken = Mutex<[[UInt8]]>([])

    func take(into queue: String, _ records: [Record], from node: NodeID?) async throws -> Receipt {
        throw Refusal.absent("only large ones")
    }

    func takeLarge(
        into queue: String, _ record: Record, _ next: NextPiece
    ) async throws -> Receipt {
        var octets: [UInt8] = []
        while let piece = try await next() { octets += piece }
        guard Section(of: octets[...]) == record.header.message else {
            throw RecordError.damagedSection
        }
        taken.withLock { $0.append(octets) }
        return Receipt(results: [ItemResult(mail: record.header.mail, outcome: .kept)])
    }
}

/// A Registry, a gateway, and a storage for each copy, behind one port.
private final class Nodes: Sendable {
    let gateway = Gateway()
    private let copies: [Copy]
    private let port = Mutex(0)

    init(_ copies: [Copy]) {
        self.copies = copies
    }

    /// What becomes of an order for the mail.
    func outcome() async throws -> Outcome {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = NodeServer(token: "t", logger: logger)
        addRoutes(to: server)
        let (ports, heard) = AsyncStream.makeStream(of: Int.self)
        let service = server.service(host: "127.0.0.1", port: 0, logger: logger) { heard.yield($0) }
        let client = NodeClient(token: "t")
        let outcome = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let number = try #require(await iterator.next())
            port.withLock { $0 = number }
            let outcome = try await carry(client, logger)
            group.cancelAll()
            return outcome
        }
        try await client.shutdown()
        return outcome
    }

    private func carry(_ client: NodeClient, _ logger: Logger) async throws -> Outcome {
        let clock = MachineClock()
        let view = RosterView(
            registries: ["\(address)/registry/r"], client: client, clock: clock)
        let roster = try await view.refresh().roster
        let delivery = Delivery(
            link: Link(from: .dal, "orders", to: .gateway, "orders"),
            source: Registration(name: "d", role: .dal, address: "\(address)/dal/d"),
            targets: roster.nodes(of: .gateway), copies: 1,
            Surroundings(clock: clock, client: client, roster: view, logger: logger))
        let receipt = await delivery.deliver(.batch([order]))
        return try #require(receipt.results.first).outcome
    }

    private var address: String { "http://127.0.0.1:\(port.withLock { $0 })" }

    private var order: Record {
        let order = Order(
            id: MailID(2), mail: mail, gateway: "g", sender: "a@x", recipients: ["b@y"],
            ordered: Timestamp(milliseconds: 0), by: "me",
            copies: copies.indices.map {
                Location(node: NodeID(UInt128($0)), segment: 1, offset: 0)
            })
        var record = Record(
            RecordHeader(
                kind: .order, mail: order.id, received: order.ordered, keepUntil: Day(number: 9)))
        record.setSummary(order.encoded[...])
        return record
    }

    private func addRoutes(to server: NodeServer) {
        server.take(into: gateway, at: NodePath(role: .gateway, name: "g"))
        server.router.get("/registry/r/links") { _, _ in JSONAnswer(Links(number: 1, links: [])) }
        server.router.get("/registry/r/nodes") { [self] _, _ in
            let storages = copies.indices.filter { copies[$0] != .away }.map { place in
                Registration(
                    name: "s\(place)", role: .storage, address: "\(address)/storage/s\(place)",
                    node: NodeID(UInt128(place)).description)
            }
            let gateway = Registration(name: "g", role: .gateway, address: "\(address)/gateway/g")
            return JSONAnswer(Roster(nodes: storages + [gateway], clock: 0))
        }
        for (place, copy) in copies.enumerated() {
            server.router.get("/storage/s\(place)/records/1/0") { _, _ in try Self.answer(copy) }
        }
    }

    private static func answer(_ copy: Copy) throws -> Response {
        guard copy != .gone else { throw Refusal.damaged("it was here") }
        var record = Record(
            RecordHeader(
                kind: .mail, mail: mail, received: Timestamp(milliseconds: 0),
                keepUntil: Day(number: 9), originalBytes: UInt64(octets.count)))
        record.setMessage(beside: Section(of: octets[...]))
        let body = ResponseBody.record(record) { start, count in
            var piece = octets.dropFirst(Int(start)).prefix(min(count, 100_000))
            if copy == .damaged, let first = piece.indices.first { piece[first] ^= 1 }
            return copy == .brokenOff && start > 0 ? [] : piece
        }
        return Response(
            status: .ok, headers: [.contentType: Wire.contentType, .holdfastBeside: "1"],
            body: body)
    }
}

@Suite("Carrying orders") struct OrderCarrierTests {
    @Test(
        "a large copy that turns out to be damaged is left for the next one",
        arguments: [
            [.whole], [.damaged, .whole], [.gone, .damaged, .whole], [.brokenOff, .whole],
            [.away, .damaged, .whole],
        ] as [[Copy]])
    private func triesTheNextCopy(copies: [Copy]) async throws {
        let nodes = Nodes(copies)
        let outcome = try await nodes.outcome()
        #expect(outcome == .kept)
        #expect(nodes.gateway.taken.withLock { $0 } == [octets])
    }

    @Test(
        "an order ends as refused only when no copy can come back",
        arguments: [
            ([], true), ([.damaged], true), ([.damaged, .gone], true), ([.damaged, .away], false),
            ([.brokenOff, .damaged], false),
        ] as [([Copy], Bool)])
    private func endsWhenNothingIsLeft(copies: [Copy], isRefused: Bool) async throws {
        let nodes = Nodes(copies)
        switch try await nodes.outcome() {
        case .refused(let reason):
            #expect(isRefused)
            #expect(reason.hasPrefix("no copy of the mail can be read: "))
            #expect(reason.contains("s0: ") || copies.isEmpty)
        case .later: #expect(!isRefused)
        case let other: Issue.record("\(other)")
        }
        #expect(nodes.gateway.taken.withLock { $0 }.isEmpty)
    }
}
