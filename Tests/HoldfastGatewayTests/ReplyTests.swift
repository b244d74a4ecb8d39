// SPDX-License-Identifier: Apache-2.0
// D12: what 250 waits for where it promises copies.

import Foundation
import HoldfastModel
import HoldfastNode
import HoldfastSMTP
import Synchronization
import Testing

@testable import HoldfastGateway

private let message = Array("Subject: x\r\n\r\ntext\r\n".utf8)

@Suite struct ReplyTests {
    private static func slip(_ holders: Int, wanted: Int = 3) -> Slip {
        Slip(
            copiesWanted: wanted, keepUntil: Day(number: 30_000),
            holders: (0..<holders).map {
                Holder(node: NodeID(UInt128($0 + 1)), disk: DiskID(UInt64($0)), host: "h")
            }, gateways: ["g"])
    }

    private static func wanted(
        _ copies: Int, replySeconds: Int = 30, of mailCopies: Int = 3
    ) -> Wanted {
        Wanted(values: [
            "copies": .integer(mailCopies), "reply_after_copies": .integer(copies),
        ]) { $0.limits.replySecondsMax = replySeconds }
    }

    @Test("a reply that waits for copies comes with the settle that names so many holders")
    func waits() async throws {
        try await withGateway(Self.wanted(2)) { gateway in
            let isAnswered = Answered()
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    let reply = try await hand(message, to: gateway)
                    isAnswered.set()
                    return reply
                }
                let first = try #require(try await gateway.lease())
                #expect(first.copies == 2)
                gateway.settle(first, .kept, Self.slip(1))
                // One is not enough: it is offered again at once, with the holder that it has.
                let second = try #require(try await gateway.lease(waitSeconds: 3))
                let offered = try Slip(decoding: second.items[0].record.slip)
                #expect(offered.holders.count == 1)
                #expect(!isAnswered.isSet)
                gateway.settle(second, .alreadyHeld, Self.slip(2))
                let reply = try #require(try await group.next())
                #expect(reply.hasPrefix("250 "))
            }
        }
    }

    @Test(
        "without enough copies in time the reply is 451, and the same mail then joins what was kept"
    )
    func joins() async throws {
        try await withGateway(Self.wanted(2, replySeconds: 1)) { gateway in
            let refused = try await hand(message, to: gateway)
            #expect(refused.hasPrefix("451 "))
            let first = try #require(try await gateway.lease())
            gateway.settle(first, .kept, Self.slip(2))
            let accepted = try await hand(message, to: gateway)
            #expect(accepted.hasPrefix("250 "))
            #expect(accepted.contains(first.items[0].record.header.mail.description))
            let length = try await gateway.tasks.length()
            #expect(length == 1)
        }
    }

    @Test("after a crash whatever the spool holds may be a mail that nobody was told of")
    func joinsAfterCrash() async throws {
        let folder = TestFolder()
        try await withGateway(Self.wanted(1, replySeconds: 1), in: folder) { gateway in
            let reply = try await hand(message, to: gateway)
            #expect(reply.hasPrefix("451 "))
        }
        try await withGateway(Self.wanted(1, replySeconds: 1), in: folder) { gateway in
            let reply = try await hand(message, to: gateway)
            #expect(reply.hasPrefix("451 "))
            let length = try await gateway.tasks.length()
            #expect(length == 1)
        }
    }

    @Test("a mail that wants fewer copies than the reply waits for is answered when it has those")
    func wantsFewer() async throws {
        let rule = ConfigurationValue.sections([
            ["recipients": .text("@y.example"), "copies": .integer(3)]
        ])
        var wanted = Self.wanted(2, replySeconds: 5, of: 1)
        wanted.values["rules"] = rule
        let unlike = Array("Subject: to nobody of that rule\r\n\r\nx\r\n".utf8)
        try await withGateway(wanted) { gateway in
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask {
                    try await onThread {
                        let client = try TestSocket(port: gateway.port(of: .smtp) ?? 0)
                        _ = client.reply()
                        _ = try client.ask("EHLO c.example")
                        return try client.deliver(unlike, to: ["a@z.example"])[0]
                    }
                }
                let leased = try #require(try await gateway.lease())
                gateway.settle(leased, .kept, Self.slip(1, wanted: 1))
                let reply = try #require(try await group.next())
                #expect(reply.hasPrefix("250 "))
            }
        }
    }

    @Test(
        "an ack that counts enough copies is as good as a settle; one that does not is made again")
    func acked() async throws {
        try await withGateway(Self.wanted(2)) { gateway in
            try await withThrowingTaskGroup(of: String.self) { group in
                group.addTask { try await hand(message, to: gateway) }
                let leased = try #require(try await gateway.lease())
                let mail = leased.items[0].record.header.mail
                try await gateway.tasks.acked([.init(mail: mail, copies: 1)])
                let length = try await gateway.tasks.length()
                #expect(length == 1)
                try await gateway.tasks.acked([.init(mail: mail, copies: 2)])
                let reply = try #require(try await group.next())
                #expect(reply.hasPrefix("250 "))
                let after = try await gateway.tasks.length()
                #expect(after == 0)
            }
        }
    }

    @Test("with fewer storages than that a mail is refused before it is sent")
    func refusesEarly() async throws {
        try await withGateway(Self.wanted(2), storages: { 1 }) { gateway in
            let said = try await onThread {
                let client = try TestSocket(port: gateway.port(of: .smtp) ?? 0)
                _ = client.reply()
                _ = try client.ask("EHLO c.example")
                return try client.ask("MAIL FROM:<a@x.example>")
            }
            #expect(said.hasPrefix("451 4.3.2"))
        }
    }

    @Test("reply_after_copies above what any mail gets is a mistake, and named")
    func configured() {
        #expect(throws: ConfigurationError.self) {
            try Wanted(values: ["copies": .integer(1), "reply_after_copies": .integer(2)])
                .configuration
        }
    }

    @Test("copies that nobody takes are tried again later, and the one that there is stays known")
    func comesBack() {
        var history = TaskHistory()
        func settle(_ outcome: Outcome, _ slip: Slip? = nil) -> TaskRules.Decision {
            TaskRules.settle(outcome, by: "s", slip: slip, &history, copies: 2, chance: 0.5)
        }
        let reason = "a further copy is wanted before the reply"
        #expect(settle(.kept, Self.slip(1)) == .comeBack(0, reason: reason))
        #expect(settle(.later("away")) == .comeBack(1000, reason: "away"))
        #expect(history.slip == Self.slip(1))
        #expect(settle(.alreadyHeld, Self.slip(1)) == .comeBack(2000, reason: reason))
        #expect(settle(.kept, Self.slip(2)) == .waitForAck(30_000))
        // Whoever names no holder is no storage.
        var other = TaskHistory()
        let taken = TaskRules.settle(
            .kept, by: "p", slip: nil, &other, copies: 2, chance: 0.5)
        #expect(taken == .waitForAck(30_000))
    }
}

/// Whether something has happened.
private final class Answered: Sendable {
    private let flag = Mutex(false)

    func set() { flag.withLock { $0 = true } }

    var isSet: Bool { flag.withLock { $0 } }
}

extension GatewayComponent {
    fileprivate func settle(_ leased: Leased, _ outcome: Outcome, _ slip: Slip) {
        tasks.settle(
            leased.items.map { item in
                ItemResult(
                    mail: item.record.header.mail, position: item.record.header.position,
                    outcome: outcome, slip: slip, node: "s")
            })
    }
}
