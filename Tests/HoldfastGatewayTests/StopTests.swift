// SPDX-License-Identifier: Apache-2.0
// How a gateway stops: no mail that is under way is lost by it.

import HoldfastModel
import HoldfastNode
import HoldfastSMTP
import HoldfastSegments
import Logging
import ServiceLifecycle
import Testing

@testable import HoldfastGateway

@Suite struct StopTests {
    @Test("who is idle hears 421, who is sending may end, and nobody new is let in")
    func stops() async throws {
        let folder = TestFolder()
        let configuration = try Wanted().configuration
        let client = NodeClient(token: "t")
        let clock = MachineClock()
        let gateway = try await GatewayComponent(
            name: "g", configuration: configuration, folder: folder.path, keys: .none,
            surroundings: Surroundings(
                clock: clock, client: client,
                roster: RosterView(registries: [], client: client, clock: clock), logger: quiet))
        try await gateway.bind()
        let port = try #require(gateway.port(of: .smtp))
        let group = ServiceGroup(services: [gateway], logger: quiet)
        let (ready, isReady) = AsyncStream.makeStream(of: Void.self)
        async let ended: Void = group.run()
        async let replies = onThread {
            let (idle, busy) = (try TestSocket(port: port), try TestSocket(port: port))
            for client in [idle, busy] {
                _ = client.reply()
                _ = try client.ask("EHLO c.example")
            }
            for line in ["MAIL FROM:<a@x.example>", "RCPT TO:<b@y.example>", "DATA"] {
                _ = try busy.ask(line)
            }
            isReady.yield()
            let farewell = idle.reply()
            try busy.say("Subject: x\r\n\r\nlast\r\n.")
            return [farewell, busy.reply(), busy.reply()]
        }
        var iterator = ready.makeAsyncIterator()
        _ = await iterator.next()
        await group.triggerGracefulShutdown()
        let said = try await replies
        #expect(said[0].hasPrefix("421 4.3.2"))
        #expect(said[1].hasPrefix("250 2.0.0"))
        #expect(said[2].hasPrefix("421 4.3.2"))
        try await ended
        await #expect(throws: TestSocket.Failed.self) {
            try await onThread { _ = try TestSocket(port: port) }
        }
        await gateway.close()
        try await client.shutdown()
    }
}
