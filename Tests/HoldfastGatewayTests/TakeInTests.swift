// SPDX-License-Identifier: Apache-2.0
// Mails over real sockets into a real spool, and out of its queue again.

import Foundation
import HoldfastDisk
import HoldfastModel
import HoldfastNode
import HoldfastSMTP
import HoldfastSegments
import Synchronization
import Testing

@testable import HoldfastGateway

private let message = Array(
    "From: a@x.example\r\nSubject: Grüße\r\n\r\n.a dot\r\n..two\r\n\r\nlast line\r\n".utf8)

/// An empty header and octets that nothing makes smaller, with CRLF here and there.
func noise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 88_172_645_463_325_252
    var octets: [UInt8] = [13, 10]
    octets.reserveCapacity(count)
    while octets.count < count - 2 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        let octet = UInt8(truncatingIfNeeded: state)
        octets.append(octet == 10 || octet == 13 ? 32 : octet)
        if octets.count % 998 == 996 { octets += [13, 10] }
    }
    return octets + [13, 10]
}

@Suite struct TakeInTests {
    @Test("octets in are octets out, by SMTP and by LMTP", arguments: [Dialect.smtp, .lmtp])
    func keepsOctets(dialect: Dialect) async throws {
        try await withGateway { gateway in
            let port = try #require(gateway.port(of: dialect))
            let replies = try await onThread {
                let client = try TestSocket(port: port)
                _ = client.reply()
                _ = try client.ask("\(dialect == .smtp ? "EHLO" : "LHLO") c.example")
                return try client.deliver(
                    message, to: ["b@y.example", "c@y.example"], lmtp: dialect == .lmtp)
            }
            #expect(replies.count == (dialect == .smtp ? 1 : 2))
            #expect(replies.allSatisfy { $0.hasPrefix("250 2.0.0") })
            let leased = try #require(try await gateway.lease())
            let record = try #require(leased.items.first).record
            let octets = try await gateway.octets(of: leased.items[0])
            #expect(octets == message)
            #expect(replies[0].contains(record.header.mail.description))
            #expect(record.header.digest == MessageHash.digest(of: message))
            let envelope = try Envelope(decoding: record.envelope)
            #expect(envelope.sender == "a@x.example")
            #expect(envelope.recipients == ["b@y.example", "c@y.example"])
            #expect(envelope.origin.client == "127.0.0.1")
            let slip = try Slip(decoding: record.slip)
            #expect(slip.gateways == ["g"])
            #expect(slip.keepUntil == record.header.received.day.advanced(by: 60))
        }
    }

    @Test(
        "a header says how long its mail is kept only where the configuration lets it",
        arguments: [(false, 60), (true, 7)])
    func obeysHeader(isObeyed: Bool, days: Int) async throws {
        let wanted = Wanted(values: ["keep_days_header": .boolean(isObeyed)])
        try await withGateway(wanted) { gateway in
            try await hand(Array("X-Holdfast-Keep-Days: 7\r\n\r\n".utf8) + message, to: gateway)
            let header = try #require(try await gateway.lease()?.items.first).record.header
            #expect(header.keepUntil == header.received.day.advanced(by: days))
        }
    }

    @Test("a large message lands, travels in pieces, and stays the same")
    func keepsLarge() async throws {
        let large = noise(9 << 20)
        try await withGateway { gateway in
            let port = try #require(gateway.port(of: .smtp))
            let replies = try await onThread {
                let client = try TestSocket(port: port)
                _ = client.reply()
                _ = try client.ask("EHLO c.example")
                return try [message, large, message].flatMap { try client.deliver($0) }
            }
            #expect(replies.allSatisfy { $0.hasPrefix("250") })
            var sizes: [Int] = []
            while sizes.count < 3 {
                let leased = try #require(try await gateway.lease())
                for item in leased.items {
                    let octets = try await gateway.octets(of: item)
                    #expect(octets == (octets.count == message.count ? message : large))
                    sizes.append(octets.count)
                }
                let isLarge = leased.items[0].pieces != nil
                #expect(!isLarge || leased.items.count == 1)
            }
            #expect(sizes.sorted() == [message.count, message.count, large.count])
        }
    }

    @Test(
        "an encrypted mail carries its summary, and opens with its key", arguments: [false, true])
    func encrypts(withWords: Bool) async throws {
        let keys = try #require(KeyRing(text: KeyRing.freshLine(number: 3)))
        let wanted = Wanted(
            values: ["encrypt": .boolean(true), "index_encrypted_words": .boolean(withWords)],
            keys: keys)
        try await withGateway(wanted) { gateway in
            try await hand(message, to: gateway)
            let item = try #require(try await gateway.lease()?.items.first)
            #expect(item.record.header.encrypted)
            let octets = try await gateway.octets(of: item, keys: keys)
            #expect(octets == message)
            let summary = try Summary(decoding: item.record.summary)
            #expect(summary.subject == "Grüße")
            #expect(summary.size == UInt64(message.count))
            #expect(summary.digest == MessageHash.digest(of: message))
            #expect(item.record.header.digest != summary.digest)
            #expect((summary.words?.contains("last") ?? false) == withWords)
        }
    }

    @Test("a mail that cannot be kept is not said to be, and the next one can be")
    func failsHonestly() async throws {
        let disk = SimulatedDisk()
        try await withGateway(on: disk) { gateway in
            try await hand(message, to: gateway)
            disk.set(.failSync(after: 0))
            let failed = try await hand(message, to: gateway)
            #expect(failed.hasPrefix("451"))
            let again = try await hand(message, to: gateway)
            #expect(again.hasPrefix("250"))
            // The same envelope and octets join what may have been kept of them (D12).
            let other = try await hand(message, to: gateway)
            #expect(other == again)
            let leased = try #require(try await gateway.lease())
            #expect(leased.items.count == 2)
        }
    }

    @Test("a disk that is nearly full is said at MAIL FROM, and over HTTP with 507")
    func refusesEarly() async throws {
        try await withGateway(Wanted(values: ["reserve_bytes": .integer(1 << 40)])) { gateway in
            let reply = try await hand(message, to: gateway)
            #expect(reply.hasPrefix("452 4.3.1"))
            let registration = await gateway.registration(address: "x")
            #expect(!registration.writable)
            #expect(registration.notice == "the disk is nearly full")
            #expect(gateway.intake.obstacle == .diskNearlyFull)
        }
    }

    @Test("mails that recovery found are joined by a second offer")
    func joinsRecovered() async throws {
        let folder = TestFolder()
        let first = try await withGateway(in: folder) { try await hand(message, to: $0) }
        // Without its ledger, a start knows nothing of what was answered.
        for name in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: folder.path + "/ledger.sqlite" + name)
        }
        try await withGateway(in: folder) { gateway in
            let second = try await hand(message, to: gateway)
            #expect(second == first)
            let leased = try await gateway.lease()
            #expect(leased?.items.count == 1)
        }
    }

    @Test("the unix socket takes mail and is gone afterwards")
    func listensOnPath() async throws {
        let folder = TestFolder()
        let path = "/tmp/holdfast-\(UInt32.random(in: 0 ... .max)).sock"
        try await withGateway(Wanted(values: ["lmtp": .text("unix:\(path)")]), in: folder) { _ in
            let reply = try await onThread {
                let client = try TestSocket(path: path)
                _ = client.reply()
                _ = try client.ask("LHLO c.example")
                return try client.deliver(message, lmtp: true)[0]
            }
            #expect(reply.hasPrefix("250"))
        }
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a port in use is a clear error before anything runs")
    func saysWhoListens() async throws {
        try await withGateway { gateway in
            let port = try #require(gateway.port(of: .smtp))
            let second = Wanted(values: ["smtp": .text("127.0.0.1:\(port)")])
            let error = await #expect(throws: ConfigurationError.self) {
                try await withGateway(second) { _ in }
            }
            #expect(error?.description.contains("[gateway] smtp = \"127.0.0.1:\(port)\"") == true)
        }
    }

    @Test("so many connections, then 421; when one ends there is room again")
    func limitsConnections() async throws {
        let wanted = Wanted(values: ["connections_max": .integer(2)])
        try await withGateway(wanted) { gateway in
            let port = try #require(gateway.port(of: .smtp))
            let greetings = try await onThread {
                let clients = try (0..<3).map { _ in try TestSocket(port: port) }
                return clients.map { $0.reply() }
            }
            #expect(greetings.filter { $0.hasPrefix("220") }.count == 2)
            #expect(greetings.filter { $0.hasPrefix("421 4.7.0") }.count == 1)
            try await eventually { gateway.listener.table.count == 0 }
            let greeting = try await onThread { try TestSocket(port: port).reply() }
            #expect(greeting.hasPrefix("220"))
        }
    }

    @Test("a silent client is sent away")
    func sendsSilentAway() async throws {
        var wanted = Wanted()
        wanted.change = { $0.limits.commandSecondsMax = 1 }
        try await withGateway(wanted) { gateway in
            let port = try #require(gateway.port(of: .smtp))
            let last = try await onThread {
                let client = try TestSocket(port: port)
                _ = client.reply()
                return [client.reply(), client.reply()]
            }
            #expect(last[0].hasPrefix("421 4.4.2"))
            #expect(last[1] == "")
        }
    }

    @Test("a message over the limit is refused, and the conversation goes on")
    func refusesLarge() async throws {
        let wanted = Wanted(values: ["message_bytes_max": .integer(64 << 10)])
        try await withGateway(wanted) { gateway in
            let port = try #require(gateway.port(of: .smtp))
            let replies = try await onThread {
                let client = try TestSocket(port: port)
                _ = client.reply()
                _ = try client.ask("EHLO c.example")
                return try client.deliver(noise(100_000)) + client.deliver(message)
            }
            #expect(replies[0].hasPrefix("552"))
            #expect(replies[1].hasPrefix("250"))
        }
    }

    @Test("a smuggled dot takes nothing in")
    func refusesSmuggling() async throws {
        try await withGateway { gateway in
            let port = try #require(gateway.port(of: .smtp))
            let replies = try await onThread {
                let client = try TestSocket(port: port)
                _ = client.reply()
                _ = try client.ask("EHLO c.example")
                _ = try client.ask("MAIL FROM:<a@x.example>")
                _ = try client.ask("RCPT TO:<b@y.example>")
                _ = try client.ask("DATA")
                try client.say(Array("one line\n.\r\nMAIL FROM:<evil@x.example>\r\n".utf8))
                return [client.reply(), client.reply()]
            }
            #expect(replies[0].hasPrefix("521 5.5.2"))
            #expect(replies[1] == "")
            let leased = try await gateway.lease(waitSeconds: 0)
            #expect(leased == nil)
        }
    }

    @Test("many at once: every mail that got 250 is in the queue, once")
    func takesMany() async throws {
        try await withGateway { gateway in
            let port = try #require(gateway.port(of: .lmtp))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask { try await handMany(25, number, port) }
                }
                try await group.waitForAll()
            }
            var subjects: Set<[UInt8]> = []
            while let leased = try await gateway.lease(waitSeconds: 0) {
                for item in leased.items {
                    let octets = try await gateway.octets(of: item)
                    #expect(subjects.insert(octets).inserted)
                }
            }
            #expect(subjects.count == 200)
        }
    }
}

private func handMany(_ count: Int, _ number: Int, _ port: Int) async throws {
    let replies = try await onThread {
        let client = try TestSocket(port: port)
        _ = client.reply()
        _ = try client.ask("LHLO c.example")
        return try (0..<count).flatMap { mail in
            try client.deliver(Array("Subject: \(number) \(mail)\r\n\r\nx\r\n".utf8), lmtp: true)
        }
    }
    #expect(replies.allSatisfy { $0.hasPrefix("250") })
}

/// Hands a mail in by SMTP; returns the last reply.
@discardableResult
func hand(_ message: [UInt8], to gateway: GatewayComponent) async throws -> String {
    let port = try #require(gateway.port(of: .smtp))
    return try await onThread {
        let client = try TestSocket(port: port)
        _ = client.reply()
        _ = try client.ask("EHLO c.example")
        return try client.deliver(message)[0]
    }
}
