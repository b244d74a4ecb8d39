// SPDX-License-Identifier: Apache-2.0
// Mails and orders over HTTP.

import AsyncHTTPClient
import Foundation
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Testing

@testable import HoldfastGateway

private let message = Array("Subject: x\r\n\r\ntext\n".utf8)

/// A gateway with its routes on a port; gives its address.
private func served<Result: Sendable>(
    _ wanted: Wanted = Wanted(), token: String = "t", openPaths: Set<String> = [],
    _ body: @escaping @Sendable (GatewayComponent, NodeClient, String) async throws -> Result
) async throws -> Result {
    try await withGateway(wanted) { gateway in
        let client = NodeClient(token: token)
        let server = NodeServer(token: "t", openPaths: openPaths, logger: quiet)
        gateway.addRoutes(to: server)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let service = server.service(
            host: "127.0.0.1", port: 0, logger: quiet, onListening: { port.yield($0) })
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let number = try #require(await iterator.next())
            let result = try await body(
                gateway, client, "http://127.0.0.1:\(number)\(gateway.path.text)")
            group.cancelAll()
            return result
        }
        try await client.shutdown()
        return result
    }
}

extension NodeClient {
    fileprivate func post(_ message: [UInt8], to url: String) async throws -> TakenAnswer {
        try await json(
            .POST, url, as: TakenAnswer.self, body: .bytes(ByteBuffer(bytes: message)))
    }

    fileprivate func status(of message: [UInt8], to url: String) async throws -> UInt {
        do {
            _ = try await post(message, to: url)
            return 200
        } catch let error as NodeError {
            return error.status
        }
    }
}

@Suite struct RouteTests {
    @Test("a posted mail is kept as it is, with its envelope")
    func posts() async throws {
        try await served { gateway, client, address in
            let answer = try await client.post(
                message,
                to:
                    "\(address)/mails?sender=a%40x.example&recipient=b+c@y.example&recipient=d@y.example"
                    + "&keep_days=7")
            #expect(answer.outcome == "stored")
            #expect(answer.size == message.count)
            #expect(answer.sha256 == MessageHash.digest(of: message).hex)
            let item = try #require(try await gateway.lease()?.items.first)
            let octets = try await gateway.octets(of: item)
            #expect(octets == message)
            #expect(item.record.header.mail.description == answer.id)
            let envelope = try Envelope(decoding: item.record.envelope)
            #expect(envelope.sender == "a@x.example")
            #expect(envelope.recipients == ["b+c@y.example", "d@y.example"])
            let header = item.record.header
            #expect(header.keepUntil == header.received.day.advanced(by: 7))
        }
    }

    @Test("an envelope that has no room in the address comes before the message")
    func envelopeInBody() async throws {
        try await served { gateway, client, address in
            let recipients = (0..<1000).map {
                "recipient-\($0)@" + String(repeating: "x", count: 80)
            }
            let said = Envelope(
                sender: "a@x.example", recipients: recipients,
                origin: Envelope.Origin(transport: "telepathy"))
            let front = said.encoded
            let url = "\(address)/mails?envelope_bytes="
            let answer = try await client.post(front + message, to: "\(url)\(front.count)")
            #expect(answer.size == message.count)
            let item = try #require(try await gateway.lease()?.items.first)
            let octets = try await gateway.octets(of: item)
            #expect(octets == message)
            let envelope = try Envelope(decoding: item.record.envelope)
            #expect(envelope.sender == "a@x.example")
            #expect(envelope.recipients == recipients)
            #expect(envelope.origin.transport == "HTTP")
            let broken = [
                try await client.status(of: front, to: "\(url)\(front.count + 1)"),
                try await client.status(of: [9, 9, 9] + message, to: "\(url)3"),
                try await client.status(of: message, to: "\(url)0"),
                try await client.status(of: message, to: "\(url)9999999"),
                try await client.status(
                    of: Envelope(sender: "", recipients: []).encoded + message, to: "\(url)2"),
            ]
            #expect(broken == [400, 400, 400, 400, 400])
        }
    }

    @Test("the same imported octets are one mail, also encrypted", arguments: [false, true])
    func importsOnce(encrypts: Bool) async throws {
        let keys = try #require(KeyRing(text: KeyRing.freshLine(number: 1)))
        let wanted = Wanted(values: ["encrypt": .boolean(encrypts)], keys: keys)
        try await served(wanted) { gateway, client, address in
            let first = try await client.post(message, to: "\(address)/mails?id=octets")
            let second = try await client.post(message, to: "\(address)/mails?id=octets&sender=z")
            #expect(first.outcome == "stored")
            #expect(second.outcome == "duplicate")
            #expect(first.id == second.id)
            #expect(first.id == MailID(ofOctets: MessageHash.digest(of: message)).description)
            let item = try #require(try await gateway.lease()?.items.first)
            let octets = try await gateway.octets(of: item, keys: keys)
            #expect(octets == message)
        }
    }

    @Test(
        "what cannot be taken has its status",
        arguments: [
            ("/mails?sender=a", 400), ("/mails?recipient=b&id=other", 400),
            ("/mails?recipient=b&keep_days=0", 400), ("/mails?recipient=b%0d%0aDATA", 400),
            ("/mails?recipient=b", 413),
        ] as [(String, UInt)])
    func refuses(query: String, status: UInt) async throws {
        let wanted = Wanted(values: ["message_bytes_max": .integer(64 << 10)])
        try await served(wanted) { _, client, address in
            let octets = status == 413 ? noise(70_000) : message
            let found = try await client.status(of: octets, to: address + query)
            #expect(found == status)
        }
    }

    @Test("a line that is too long is refused, but a file's is kept")
    func longLines() async throws {
        try await served { gateway, client, address in
            let line = [UInt8](repeating: 0x78, count: gateway.intake.limits.lineBytesMax - 2)
            let (kept, long) = (line + [13, 10], line + [0x78, 13, 10])
            let found = [
                try await client.status(of: kept, to: "\(address)/mails?recipient=b@c.example"),
                try await client.status(of: long, to: "\(address)/mails?recipient=b@c.example"),
                try await client.status(of: long, to: "\(address)/mails?id=octets"),
            ]
            #expect(found == [200, 413, 200])
        }
    }

    @Test("without the token nothing is read but what is open to all", arguments: [false, true])
    func needsToken(isOpen: Bool) async throws {
        let openPaths: Set<String> = isOpen ? ["/gateway/g/status"] : []
        try await served(token: "other", openPaths: openPaths) { _, client, address in
            for (path, status) in [("/status", isOpen ? 200 : 401), ("/orders/x", 401)] {
                var found: UInt = 200
                do {
                    _ = try await client.call(.GET, address + path)
                } catch let error as NodeError {
                    found = error.status
                }
                #expect(found == UInt(status), "\(path)")
            }
        }
    }

    @Test("a full disk is 507")
    func isFull() async throws {
        try await served(Wanted(values: ["reserve_bytes": .integer(1 << 40)])) {
            _, client, address in
            let status = try await client.status(of: message, to: "\(address)/mails?recipient=b")
            #expect(status == 507)
        }
    }

    @Test("a large posted mail stays the same")
    func postsLarge() async throws {
        let large = noise(9 << 20)
        try await served { gateway, client, address in
            let answer = try await client.post(large, to: "\(address)/mails?id=octets")
            #expect(answer.size == large.count)
            let item = try #require(try await gateway.lease()?.items.first)
            #expect(item.pieces != nil)
            let octets = try await gateway.octets(of: item)
            #expect(octets == large)
        }
    }

    @Test(
        "a batch is taken item by item, however the client encoded it",
        arguments: [Compression.none, .zlib, .zstd])
    func takesBatches(compression: Compression) async throws {
        try await served { gateway, client, address in
            let good = try imported(message, compression)
            let other = try imported(Array("other".utf8), compression)
            var liar = try imported(message, compression)
            liar.setKind(.mail, mail: MailID(5))
            let records = [good, other, good, liar]
            var body: [UInt8] = []
            for record in records { record.encode(into: &body) }
            let answer = try await client.call(
                .POST, "\(address)/mails/batch", body: .bytes(ByteBuffer(bytes: body)))
            let results = try [ItemResult](decoding: Array(answer.readableBytesView)[...])
            #expect(results.map(\.mail) == records.map(\.header.mail))
            #expect(
                results.map(\.outcome) == [
                    .kept, .kept, .alreadyHeld, .refused("The octets are not those of the id."),
                ])
            // Only of what is new it is said until when it is kept.
            let today = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)).day
            #expect(results[0].slip.map { $0.keepUntil > today } == true)
            #expect(results[1...].map { $0.slip == nil } == [false, true, true])
            var found: [[UInt8]] = []
            while found.count < 2, let leased = try await gateway.lease() {
                for item in leased.items {
                    #expect(item.record.header.compression == .zstd)
                    found.append(try await gateway.octets(of: item))
                }
            }
            #expect(Set(found) == [message, Array("other".utf8)])
        }
    }

    @Test("an order is shown while it is tried, and 404 when there is none")
    func showsOrders() async throws {
        let smarthost = try TestSmarthost(.init(greeting: "421 not now"))
        defer { smarthost.stop() }
        let wanted = Wanted(values: ["smarthost": .text("127.0.0.1:\(smarthost.port)")])
        try await served(wanted) { gateway, client, address in
            let id = MailID(1)
            _ = try await gateway.take(try order(1, of: message))
            try await eventually { gateway.releases.release(id)?.nextTryAt != nil }
            let answer = try await client.json(
                .GET, "\(address)/orders/\(id)", as: OrderAnswer.self)
            #expect(answer.state == "sending")
            #expect(answer.last_reply == "421 not now")
            #expect(answer.next_try != nil)
            // The command line reads it as what the catalog says.
            let same = try await client.json(
                .GET, "\(address)/orders/\(id)", as: ReleaseAnswer.self)
            #expect(same.mail == MailID(1001).description)
            let error = await #expect(throws: NodeError.self) {
                try await client.call(.GET, "\(address)/orders/\(MailID(2))")
            }
            #expect(error?.status == 404)
            // A DAL whose catalog was made anew finds the order again.
            let orders = try await client.orders(for: MailID(1001), at: address)
            #expect(orders.map(\.id) == [id])
            #expect(orders.first?.recipients == ["b@y.example"])
            #expect(try await client.orders(for: MailID(2), at: address).isEmpty)
        }
    }
}

private func imported(_ octets: [UInt8], _ compression: Compression) throws -> Record {
    let digest = MessageHash.digest(of: octets)
    let id = MailID(ofOctets: digest)
    var record = Record(
        RecordHeader(
            kind: .mail, mail: id, received: Timestamp(milliseconds: 0), keepUntil: Day(number: 0),
            digest: digest, originalBytes: UInt64(octets.count), compression: compression))
    record.setEnvelope(Envelope(sender: "", recipients: []).encoded[...])
    let section = try octets.withUnsafeBytes { octets in
        try MessageEncoder.section(of: octets, mail: id, compression: compression, key: nil)
    }
    record.setMessage(section[...])
    return record
}
