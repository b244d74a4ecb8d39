// SPDX-License-Identifier: Apache-2.0
// Releases against a real server that says yes, no, later, nothing, or hangs up.

import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Testing

@testable import HoldfastGateway

private let message = Array("Subject: x\r\n\r\n.dot\r\ntext\r\n".utf8)

/// An order as a helper brings it, with the octets as a storage kept them.
func order(
    _ number: UInt128, of message: [UInt8], to recipients: [String] = ["b@y.example"],
    gateway: String = "g", compression: Compression = .zstd,
    key: (ring: KeyRing, number: UInt32)? = nil, mail: UInt128? = nil, again: Bool = false
) throws -> Record {
    let mail = MailID(mail ?? number + 1000)
    let order = Order(
        id: MailID(number), mail: mail, gateway: gateway, sender: "a@x.example",
        recipients: recipients, ordered: Timestamp(milliseconds: 5), by: "me", again: again)
    let plain = MessageHash.digest(of: message)
    let digest = try key.map { try $0.ring.keyed(plain, number: $0.number) } ?? plain
    var record = Record(
        RecordHeader(
            kind: .order, mail: order.id, received: Timestamp(milliseconds: 5),
            keepUntil: Day(number: 40_000), digest: digest, originalBytes: UInt64(message.count),
            compression: compression, keyNumber: key?.number ?? 0))
    record.setSlip(Slip(copiesWanted: 2, keepUntil: Day(number: 40_000), gateways: ["other"]))
    record.setSummary(order.encoded[...])
    let section = try message.withUnsafeBytes { octets in
        try MessageEncoder.section(
            of: octets, mail: mail, compression: compression,
            key: try key.map { try $0.ring.key($0.number, for: mail) })
    }
    record.setMessage(section[...])
    return record
}

extension GatewayComponent {
    func take(_ order: Record) async throws -> Outcome {
        let results = try await queues.take(into: "orders", [order], from: nil).results
        return try #require(results.first).outcome
    }

    /// Waits until the release is done; returns how it ended.
    func ended(_ order: MailID) async throws -> [RecipientResult] {
        try await eventually { self.releases.release(order)?.isDone ?? false }
        return try #require(releases.release(order)).results.compactMap(\.self)
    }
}

private let quick = ReleaseRules(againMilliseconds: 20...40, writeAgainMilliseconds: 20)

private func sending(to smarthost: TestSmarthost, lmtp: Bool = false) -> Wanted {
    Wanted(
        values: ["smarthost": .text("\(lmtp ? "lmtp:" : "")127.0.0.1:\(smarthost.port)")],
        rules: quick)
}

@Suite struct SendingTests {
    @Test("a released mail goes out octet for octet, once, and its note travels as a task")
    func sends() async throws {
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            let record = try order(1, of: message, to: ["b@y.example", "c@y.example"])
            let first = try await gateway.take(record)
            #expect(first == .kept)
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.sent, .sent])
            #expect(results[0].reply == "250 2.0.0 taken")
            let second = try await gateway.take(record)
            #expect(second == .alreadyHeld)
            #expect(smarthost.messages.count == 1)
            #expect(smarthost.messages[0].message == message)
            #expect(smarthost.messages[0].recipients == ["b@y.example", "c@y.example"])

            let leased = try #require(try await gateway.lease())
            #expect(leased.items.map(\.record.header.kind) == [.note])
            let noteRecord = leased.items[0].record
            let note = try Note(id: noteRecord.header.mail, decoding: noteRecord.summary)
            #expect(note.id == .note(of: MailID(1)))
            #expect(note.mail == MailID(1001))
            #expect(note.order == MailID(1))
            #expect(note.by == "me")
            #expect(note.sentTo == "127.0.0.1:\(smarthost.port)")
            #expect(note.results == results)
            #expect(!note.lineEndsChanged)
            let slip = try Slip(decoding: noteRecord.slip)
            #expect(slip.gateways == ["g"])
            #expect(slip.copiesWanted == 2)
            #expect(noteRecord.header.keepUntil == Day(number: 40_000))
        }
    }

    @Test("bare LF becomes CRLF on the way, and the note says so")
    func repairs() async throws {
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            _ = try await gateway.take(try order(1, of: Array("Subject: x\n\n.dot\nend".utf8)))
            _ = try await gateway.ended(MailID(1))
            #expect(
                smarthost.messages[0].message == Array("Subject: x\r\n\r\n.dot\r\nend\r\n".utf8))
            #expect(gateway.releases.release(MailID(1))?.lineEndsChanged == true)
        }
    }

    @Test("an encrypted message is opened under the mail's id")
    func decrypts() async throws {
        let keys = try #require(KeyRing(text: KeyRing.freshLine(number: 2)))
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        var wanted = sending(to: smarthost)
        wanted.keys = keys
        try await withGateway(wanted) { gateway in
            _ = try await gateway.take(try order(1, of: message, key: (keys, 2)))
            _ = try await gateway.ended(MailID(1))
            #expect(smarthost.messages[0].message == message)
        }
    }

    @Test("a damaged message is not sent")
    func refusesDamaged() async throws {
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            let good = try order(1, of: message)
            var header = good.header
            header.digest = .zero
            var bad = Record(header)
            bad.setSlip(try Slip(decoding: good.slip))
            bad.setSummary(good.summary)
            bad.setMessage(good.message)
            _ = try await gateway.take(bad)
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.refused])
            #expect(smarthost.messages.isEmpty)
        }
    }

    @Test("without a smarthost the release ends with the key that must be set")
    func needsSmarthost() async throws {
        try await withGateway(Wanted(rules: quick)) { gateway in
            _ = try await gateway.take(try order(1, of: message))
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.refused])
            #expect(results[0].reply.contains("set smarthost in the section [gateway]"))
        }
    }

    @Test("a recipient that is refused is not tried again; one that is put off is")
    func triesAgain() async throws {
        let smarthost = try TestSmarthost(
            .init(recipients: ["no@y.example": "550 5.1.1 nobody", "later@y.example": "450 busy"]))
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            let record = try order(
                1, of: message, to: ["yes@y.example", "no@y.example", "later@y.example"])
            _ = try await gateway.take(record)
            try await eventually { smarthost.callCount >= 3 }
            let release = try #require(gateway.releases.release(MailID(1)))
            #expect(release.lastReply == "450 busy")
            #expect(OrderAnswer(release, gateway: "g", sentTo: nil).state == "sending")
            smarthost.behave { $0.recipients["later@y.example"] = nil }
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.sent, .refused, .sent])
            #expect(
                smarthost.messages.map(\.recipients) == [["yes@y.example"], ["later@y.example"]])
        }
    }

    @Test(
        "what the server says at each step decides",
        arguments: [
            (.init(data: "554 no"), .refused), (.init(sender: "553 no"), .refused),
            (.init(final: ["552 too much"]), .refused), (.init(final: []), .inDoubt),
            (.init(hello: ["250 plain"], final: ["250 ok"]), .sent),
        ] as [(TestSmarthost.Manner, RecipientResult.Outcome)])
    func followsReplies(manner: TestSmarthost.Manner, outcome: RecipientResult.Outcome) async throws
    {
        let smarthost = try TestSmarthost(manner)
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            _ = try await gateway.take(try order(1, of: message))
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [outcome])
        }
    }

    @Test(
        "a temporary no is tried again until it is a yes",
        arguments: [
            .init(greeting: "421 busy"), .init(hello: ["451 busy"]), .init(sender: "451 busy"),
            .init(data: "451 busy"), .init(final: ["451 busy"]),
        ] as [TestSmarthost.Manner])
    func comesAgain(manner: TestSmarthost.Manner) async throws {
        let smarthost = try TestSmarthost(manner)
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            _ = try await gateway.take(try order(1, of: message))
            try await eventually { smarthost.callCount >= 2 }
            smarthost.behave { $0 = .init() }
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.sent])
        }
    }

    @Test("with LMTP each recipient has a reply of its own")
    func speaksLMTP() async throws {
        let smarthost = try TestSmarthost(.init(final: ["250 ok", "550 no", "250 ok"]))
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost, lmtp: true)) { gateway in
            _ = try await gateway.take(
                try order(1, of: message, to: ["a@y.example", "b@y.example", "c@y.example"]))
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.sent, .refused, .sent])
        }
    }

    @Test(
        "a crash between the final dot and the note leaves the release in doubt, and sends nothing")
    func staysInDoubt() async throws {
        let folder = TestFolder()
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        // A gateway that took the order and wrote down that it began, and was never heard of again.
        try await withGateway(Wanted(rules: ReleaseRules()), in: folder) { gateway in
            let record = try order(1, of: message, to: ["b@y.example", "c@y.example"])
            await gateway.stopReleases()
            _ = try await gateway.take(record)
            var release = try #require(gateway.releases.release(MailID(1)))
            let journal = ReleaseJournal(keeper: gateway.keeper, logger: quiet)
            let isWritten = await journal.mark(
                &release, inFlight: [0], attempt: [:], lineEndsChanged: false)
            #expect(isWritten)
        }
        try await withGateway(sending(to: smarthost), in: folder) { gateway in
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.inDoubt, .sent])
            #expect(smarthost.messages.map(\.recipients) == [["c@y.example"]])
            let again = try await gateway.take(try order(1, of: message))
            #expect(again == .alreadyHeld)
        }
        // And once its note is written, a restart changes nothing.
        try await withGateway(sending(to: smarthost), in: folder) { gateway in
            let results = try #require(gateway.releases.release(MailID(1)))
            #expect(results.isDone)
            let leased = try #require(try await gateway.lease())
            #expect(leased.items.map(\.record.header.kind) == [.note])
            #expect(smarthost.messages.count == 1)
        }
    }

    @Test("an order that was taken and not sent is sent after a restart")
    func survivesRestart() async throws {
        let folder = TestFolder()
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        try await withGateway(Wanted(), in: folder) { gateway in
            await gateway.stopReleases()
            _ = try await gateway.take(try order(1, of: message))
        }
        try await withGateway(sending(to: smarthost), in: folder) { gateway in
            let results = try await gateway.ended(MailID(1))
            #expect(results.map(\.outcome) == [.sent])
        }
    }

    @Test("a segment with an order stays until a day after the note is safe")
    func keepsOrders() async throws {
        let folder = TestFolder()
        try await withGateway(Wanted(rules: quick), in: folder) { gateway in
            _ = try await gateway.take(try order(1, of: message))
            _ = try await gateway.ended(MailID(1))
        }
        var rules = quick
        try await withGateway(Wanted(rules: rules), in: folder) { gateway in
            let leased = try #require(try await gateway.lease())
            _ = try await gateway.ack(leased.items.map(\.record.header.mail))
            try await eventually { gateway.releases.release(MailID(1))?.noteIsSafe == true }
            try await Task.sleep(for: .milliseconds(300))
            #expect(try gateway.keeper.ledger.segments().count == 1)
        }
        rules.memorySeconds = 0
        try await withGateway(Wanted(rules: rules), in: folder) { gateway in
            let leased = try #require(try await gateway.lease())
            _ = try await gateway.ack(leased.items.map(\.record.header.mail))
            try await eventually { try gateway.keeper.ledger.segments().isEmpty }
            try await eventually { gateway.releases.release(MailID(1)) == nil }
        }
    }

    @Test("orders for another gateway, without recipients, or unreadable are not taken")
    func refusesOrders() async throws {
        try await withGateway { gateway in
            let foreign = try await gateway.take(try order(1, of: message, gateway: "h"))
            #expect(foreign == .notHere("The order is for h."))
            let empty = try await gateway.take(try order(1, of: message, to: []))
            #expect(empty == .refused("The order names no recipient."))
            #expect(gateway.releases.count == 0)
        }
    }

    @Test("a second order for somebody who has the mail or waits for it must say `again`")
    func refusesSecondOrder() async throws {
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        let message = message
        try await withGateway(sending(to: smarthost)) { gateway in
            let first = try order(1, of: message, to: ["a@y.example"], mail: 7)
            #expect(try await gateway.take(first) == .kept)
            let second = try order(2, of: message, to: ["b@y.example", "a@Y.example"], mail: 7)
            let reason = "The order \(MailID(1)) is about a@Y.example already."
            #expect(try await gateway.take(second) == .refused(reason))
            _ = try await gateway.ended(MailID(1))
            #expect(try await gateway.take(second) == .refused(reason))
            #expect(try await gateway.take(first) == .alreadyHeld)
            let other = try order(3, of: message, to: ["b@y.example"], mail: 7)
            #expect(try await gateway.take(other) == .kept)
            let again = try order(4, of: message, to: ["a@y.example"], mail: 7, again: true)
            #expect(try await gateway.take(again) == .kept)
            _ = try await gateway.ended(MailID(3))
            _ = try await gateway.ended(MailID(4))
            #expect(smarthost.messages.count == 3)
        }
    }

    @Test("a large message is sent from the spool, piece by piece")
    func sendsLarge() async throws {
        let large = noise(9 << 20)
        let smarthost = try TestSmarthost()
        defer { smarthost.stop() }
        try await withGateway(sending(to: smarthost)) { gateway in
            let whole = try order(1, of: large)
            var record = Record(whole.header)
            record.setSlip(try Slip(decoding: whole.slip))
            record.setSummary(whole.summary)
            record.setMessage(beside: whole.header.message)
            var rest = whole.message
            let result = try await gateway.queues.takeLarge(into: "orders", record) {
                let piece = rest.prefix(300_000)
                rest = rest.dropFirst(piece.count)
                return piece.isEmpty ? nil : piece
            }
            #expect(result.results.map(\.outcome) == [.kept])
            _ = try await gateway.ended(MailID(1))
            #expect(smarthost.messages[0].message == large)
        }
    }
}

extension GatewayComponent {
    /// As if the gateway died before it could send.
    fileprivate func stopReleases() async {
        releases.stop()
    }
}
