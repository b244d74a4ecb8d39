// SPDX-License-Identifier: Apache-2.0
// A storage that was away reads nothing out before it has the orders that were given meanwhile.

import HoldfastModel
import HoldfastNode
import Hummingbird
import Logging
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

@testable import HoldfastStorage

/// A Registry and a DAL that say what they are told to.
private final class Others: Sendable {
    let hasDAL = Mutex(true)
    let dues = Mutex(1)
    /// How often the DAL was asked.
    let asked = Mutex(0)

    let port = Mutex(0)

    func addRoutes(to server: NodeServer) {
        server.router.get("/registry/r/nodes") { [self] _, _ in
            let dal = Registration(
                name: "d", role: .dal,
                address: "http://127.0.0.1:\(port.withLock { $0 })/dal/d")
            return JSONAnswer(Roster(nodes: hasDAL.withLock { $0 } ? [dal] : [], clock: 0))
        }
        server.router.get("/registry/r/links") { _, _ in JSONAnswer(Links.standard) }
        server.router.get("/dal/d/nodes/:node/dues") { [self] _, _ in
            asked.withLock { $0 += 1 }
            return JSONAnswer(DuesAnswer(orders: dues.withLock { $0 }))
        }
    }
}

@Suite("Orders that a storage has to hear")
struct OrdersHeardTests {
    private static func run(
        patienceMilliseconds: Int64 = 60_000, lateMilliseconds: Int64 = 0,
        _ body: @escaping @Sendable (OrdersHeard, Others) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (client, others) = (NodeClient(token: "t"), Others())
        let server = NodeServer(token: "t", logger: logger)
        others.addRoutes(to: server)
        let (ports, heard) = AsyncStream.makeStream(of: Int.self)
        let service = server.service(host: "127.0.0.1", port: 0, logger: logger) { heard.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            others.port.withLock { $0 = port }
            let roster = RosterView(
                registries: ["http://127.0.0.1:\(port)/registry/r"], client: client,
                clock: MachineClock())
            let surroundings = Surroundings(
                clock: MachineClock(), client: client, roster: roster, logger: logger)
            let heard = OrdersHeard(
                node: NodeID(7), surroundings: surroundings,
                patienceMilliseconds: patienceMilliseconds,
                lateMilliseconds: lateMilliseconds)
            try await body(heard, others)
            group.cancelAll()
        }
        try await client.shutdown()
    }

    @Test("whoever reads waits until the DAL says that nothing is due, and then nobody asks again")
    func waits() async throws {
        try await Self.run { heard, others in
            let isRead = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await heard.wait()
                    isRead.set()
                }
                while others.asked.withLock({ $0 }) < 3 { await Task.yield() }
                #expect(!isRead.isSet)
                others.dues.withLock { $0 = 0 }
                try await group.waitForAll()
            }
            #expect(isRead.isSet)
            let asked = others.asked.withLock { $0 }
            try await heard.wait()
            #expect(others.asked.withLock { $0 } == asked)
        }
    }

    @Test("nobody is waited for where no DAL lives")
    func alone() async throws {
        try await Self.run { heard, others in
            others.hasDAL.withLock { $0 = false }
            try await heard.wait()
            #expect(others.asked.withLock { $0 } == 0)
        }
    }

    @Test("a DAL that started with the storage is waited for")
    func late() async throws {
        try await Self.run(patienceMilliseconds: 200, lateMilliseconds: 60_000) { heard, others in
            others.hasDAL.withLock { $0 = false }
            await #expect(throws: Refusal.self) { try await heard.wait() }
        }
    }

    @Test("what stays due for long is a refusal for now")
    func refused() async throws {
        try await Self.run(patienceMilliseconds: 200) { heard, _ in
            await #expect(throws: Refusal.self) { try await heard.wait() }
        }
    }
}

private final class Flag: Sendable {
    private let state = Mutex(false)
    var isSet: Bool { state.withLock { $0 } }
    func set() { state.withLock { $0 = true } }
}
