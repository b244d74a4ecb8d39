// SPDX-License-Identifier: Apache-2.0
// The client's side against servers of every temper.

import HoldfastChance
import HoldfastModel
import HoldfastSMTP
import Testing

/// Plays a server's part: what the client says, and each reply to it, in turn.
private struct TestClient {
    var delivery: Delivery
    var said: [String] = []
    var action: Delivery.Action

    init(
        dialect: Dialect = .smtp, to recipients: [String] = ["b@x.example"],
        from sender: String = "a@x.example",
        eightBit: Bool = false, utf8: Bool = false, messageIsEightBit: Bool = false
    ) {
        delivery = Delivery(dialect: dialect, name: "holdfast.example")
        let envelope = Envelope(
            sender: sender, recipients: recipients, eightBit: eightBit, utf8: utf8)
        action = delivery.begin(
            OutgoingMail(envelope, messageBytes: 1000, isEightBit: messageIsEightBit))
    }

    mutating func hear(_ replies: Reply...) {
        for reply in replies { follow(delivery.receive(reply)) }
    }

    mutating func follow(_ next: Delivery.Action) {
        action = next
        switch next {
        case .send(let bytes):
            said.append(String(decoding: bytes, as: UTF8.self).replacing("\r\n", with: ""))
        case .sendMessage: follow(delivery.messageSent())
        default: break
        }
    }
}

private let hello = Reply(220, nil, "mx ESMTP")
private let offers = Reply(
    250, nil, lines: ["mx", "SIZE 5000", "8BITMIME", "SMTPUTF8", "PIPELINING"])
private let yes = Reply(250, "2.0.0", "OK")
private let never = Reply(550, "5.1.1", "No such user")
private let later = Reply(450, "4.2.0", "Busy")
private let start = Reply(354, nil, "Go on")

@Suite struct DeliveryTests {
    @Test("a mail is sent, and the final dot is a step of its own")
    func sends() {
        var client = TestClient(to: ["b@x.example", "c@x.example"])
        #expect(client.action == .readReply)
        client.hear(hello, offers, yes, yes, yes)
        #expect(
            client.said == [
                "EHLO holdfast.example", "MAIL FROM:<a@x.example> SIZE=1000",
                "RCPT TO:<b@x.example>",
                "RCPT TO:<c@x.example>", "DATA",
            ])
        #expect(client.delivery.receive(start) == .sendMessage)
        #expect(client.delivery.messageSent() == .sendFinalDot(Array(".\r\n".utf8)))
        #expect(client.delivery.results == [nil, nil])
        #expect(client.delivery.receive(yes) == .settled)
        #expect(client.delivery.results == [.sent(yes), .sent(yes)])
        #expect(client.delivery.quit() == .close(Array("QUIT\r\n".utf8)))
    }

    @Test("some recipients refused, others accepted, is normal")
    func sendsToSome() {
        var client = TestClient(to: ["b@x.example", "c@x.example", "not an address", "d@x.example"])
        client.hear(hello, offers, yes, never, yes, later, start, yes)
        #expect(client.action == .settled)
        let results = client.delivery.results
        #expect(
            [results[0], results[1], results[3]] == [.refused(never), .sent(yes), .tryLater(later)])
        guard case .refused(let reply)? = results[2] else {
            Issue.record("\(results)")
            return
        }
        #expect(reply.text.contains("cannot carry this address: not an address"))
    }

    @Test("when all are refused, nothing is sent, and the next mail begins with RSET")
    func sendsToNone() {
        var client = TestClient()
        client.hear(hello, offers, yes, never)
        #expect(client.action == .settled)
        #expect(client.delivery.results == [.refused(never)])
        let next = OutgoingMail(
            Envelope(sender: "", recipients: ["c@x.example"]), messageBytes: 7, isEightBit: false)
        client.follow(client.delivery.begin(next))
        client.hear(yes, yes, yes, start, yes)
        #expect(
            client.said.suffix(4) == [
                "RSET", "MAIL FROM:<> SIZE=7", "RCPT TO:<c@x.example>", "DATA",
            ])
        #expect(client.delivery.results == [.sent(yes)])
    }

    @Test("a second mail goes over the same connection")
    func sendsAnother() {
        var client = TestClient()
        client.hear(hello, offers, yes, yes, start, yes)
        #expect(client.delivery.canGoOn)
        let next = OutgoingMail(
            Envelope(sender: "", recipients: ["c@x.example"]), messageBytes: 7, isEightBit: false)
        client.follow(client.delivery.begin(next))
        client.hear(yes, yes, start, later)
        #expect(client.delivery.results == [.tryLater(later)])
    }

    @Test("a server that knows only HELO gets a plain mail")
    func fallsBack() {
        var client = TestClient(eightBit: true)
        client.hear(hello, Reply(502, nil, "what?"), Reply(250, nil, "mx"))
        #expect(
            client.said == [
                "EHLO holdfast.example", "HELO holdfast.example", "MAIL FROM:<a@x.example>",
            ])
    }

    @Test(
        "extensions are used when they are needed",
        arguments: [
            (false, false, false, ""), (true, false, false, " BODY=8BITMIME"),
            (false, false, true, " BODY=8BITMIME"), (false, true, false, " SMTPUTF8"),
        ]
    )
    func usesExtensions(eightBit: Bool, utf8: Bool, messageIsEightBit: Bool, expected: String) {
        var client = TestClient(
            eightBit: eightBit, utf8: utf8, messageIsEightBit: messageIsEightBit)
        client.hear(hello, offers)
        #expect(client.said.last == "MAIL FROM:<a@x.example> SIZE=1000" + expected)
    }

    @Test("an address beyond ASCII needs SMTPUTF8 though nobody said so")
    func sendsUTF8() {
        var client = TestClient(to: ["ü@x.example"])
        client.hear(hello, offers, yes)
        #expect(
            client.said.suffix(2) == [
                "MAIL FROM:<a@x.example> SIZE=1000 SMTPUTF8", "RCPT TO:<ü@x.example>",
            ])
    }

    @Test(
        "what a server cannot carry is refused with a reason, and the line can be used again",
        arguments: [
            (["8BITMIME"], true, false, "SMTPUTF8"), (["SMTPUTF8"], false, true, "8BITMIME"),
            (["SIZE 999"], false, false, "1000 octets"),
        ]
    )
    func refuses(offers: [String], utf8: Bool, messageIsEightBit: Bool, reason: String) {
        var client = TestClient(utf8: utf8, messageIsEightBit: messageIsEightBit)
        client.hear(hello, Reply(250, nil, lines: ["mx"] + offers))
        guard case .refused(let reply)? = client.delivery.results.first else {
            Issue.record("\(client.delivery.results)")
            return
        }
        #expect(reply.text.contains(reason))
        #expect(client.delivery.canGoOn)
    }

    @Test("a sender that cannot stand in a command is not sent")
    func refusesInjection() {
        var client = TestClient(from: "a@b>\r\nRCPT TO:<c@d")
        client.hear(hello, offers)
        #expect(client.said == ["EHLO holdfast.example"])
        #expect(client.action == .settled)
    }

    @Test(
        "a server that will not speak with us is tried later",
        arguments: [[never], [hello, later]])
    func isTurnedAway(replies: [Reply]) {
        var client = TestClient()
        for reply in replies { client.hear(reply) }
        #expect(client.action == .settled)
        #expect(replies.last.map { [.tryLater($0)] } == client.delivery.results)
        #expect(!client.delivery.canGoOn)
        #expect(client.delivery.quit() == .close([]))
    }

    @Test("421 ends it wherever it comes", arguments: 0..<7)
    func isClosedByServer(after count: Int) {
        var client = TestClient(to: ["b@x.example"])
        let replies = [hello, offers, yes, yes, start]
        for reply in replies.prefix(count) { client.hear(reply) }
        client.hear(.shuttingDown)
        #expect(client.delivery.results == [.tryLater(.shuttingDown)])
        #expect(!client.delivery.canGoOn)
    }

    @Test(
        "a connection lost before the final dot is tried later, after it nobody knows",
        arguments: 0...5)
    func isLost(after count: Int) {
        var client = TestClient(to: ["b@x.example", "c@x.example"])
        for reply in [hello, offers, yes, never, yes].prefix(count) { client.hear(reply) }
        if count == 5 {
            client.hear(start)
            #expect(client.action == .sendFinalDot(DotWriter.finalDot))
        }
        #expect(client.delivery.connectionLost("reset by peer") == .settled)
        #expect(client.delivery.results[0].map(\.isSettledByServer) == (count >= 4))
        switch client.delivery.results[1] {
        case .inDoubt: #expect(count == 5)
        case .tryLater: #expect(count < 5)
        default: Issue.record("\(client.delivery.results)")
        }
    }

    @Test("a mark that could not be written down means no dot, and no doubt")
    func isAbandoned() {
        var client = TestClient()
        client.hear(hello, offers, yes, yes, start)
        #expect(client.delivery.abandon("the disk is full") == .settled)
        guard case .tryLater? = client.delivery.results.first else {
            Issue.record("\(client.delivery.results)")
            return
        }
        #expect(client.delivery.quit() == .close([]))
    }

    @Test("neither yes nor no to the message leaves it in doubt")
    func isAnsweredOddly() {
        var client = TestClient()
        client.hear(hello, offers, yes, yes, start, start)
        #expect(client.delivery.results == [.inDoubt])
    }

    @Test("with LMTP each recipient that was accepted gets its reply")
    func sendsWithLMTP() {
        var client = TestClient(
            dialect: .lmtp, to: ["b@x.example", "c@x.example", "d@x.example", "e@x.example"])
        client.hear(hello, offers, yes, yes, never, yes, yes, start, yes)
        #expect(client.said.first == "LHLO holdfast.example")
        #expect(client.action == .readReply)
        client.hear(later, never)
        #expect(client.action == .settled)
        #expect(
            client.delivery.results == [
                .sent(yes), .refused(never), .tryLater(later), .refused(never),
            ])
    }

    @Test(
        "with LMTP a connection lost between the replies leaves the rest in doubt",
        arguments: [true, false])
    func losesLMTP(with421: Bool) {
        var client = TestClient(dialect: .lmtp, to: ["b@x.example", "c@x.example", "d@x.example"])
        client.hear(hello, offers, yes, yes, yes, yes, start, yes)
        if with421 {
            client.hear(.shuttingDown)
        } else {
            client.follow(client.delivery.connectionLost("reset"))
        }
        #expect(
            client.delivery.results == [
                .sent(yes), with421 ? .tryLater(.shuttingDown) : .inDoubt, .inDoubt,
            ])
    }

    @Test(
        "whatever a server says, every recipient has a result in the end",
        arguments: Seeds.ofDialogues)
    func alwaysEnds(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let replies = [
            yes, yes, yes, yes, start, start, never, later, .timeout, Reply(999, nil, "?"),
        ]
        for round in 0..<2_000 {
            let recipients = Array(["b@x.example", "?", "c@x.example"].prefix(round % 4))
            var client = TestClient(dialect: round % 8 < 4 ? .smtp : .lmtp, to: recipients)
            client.hear(hello)
            var count = 0
            while client.action != .settled, count < 20 {
                client.hear(replies.randomElement(using: &random) ?? yes)
                count += 1
            }
            #expect(client.action == .settled, "seed \(seed) round \(round)")
            #expect(!client.delivery.results.contains(nil), "seed \(seed) round \(round)")
        }
    }
}

extension Delivery.Result {
    /// The server refused this recipient.
    fileprivate var isSettledByServer: Bool { self == .refused(never) }
}
