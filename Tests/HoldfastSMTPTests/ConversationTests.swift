// SPDX-License-Identifier: Apache-2.0
// Bytes in and events out, and what spoiled bytes must not do.

import HoldfastChance
import HoldfastModel
import HoldfastSMTP
import Testing

@Suite struct ConversationTests {
    @Test("commands sent ahead wait while a mail is kept")
    func waits() {
        var conversation = Conversation(Session(dialect: .smtp, hostname: "h"))
        var input = Array(
            "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nDATA\r\nx\r\n.\r\nNOOP\r\nQUIT\r\n"
                .utf8)[...]
        var events: [Conversation.Event] = []
        while let event = conversation.read(&input) { events.append(event) }
        #expect(events.count == 6)
        guard case .takeIn(let envelope)? = events.last else {
            Issue.record("\(events)")
            return
        }
        #expect(envelope.recipients == ["b@x.example"])
        #expect(Array(input) == Array("NOOP\r\nQUIT\r\n".utf8))
        #expect(conversation.read(&input) == nil)
        #expect(!conversation.isIdle)
        #expect(conversation.taken(.temporary("busy")) == .reply([Reply(451, "4.3.0", "busy")]))
        #expect(conversation.isIdle)
        #expect(conversation.read(&input) == .reply([Reply(250, "2.0.0", "OK")]))
    }

    @Test("octets put by are forgotten before a refusal is sent", arguments: ["RSET", "EHLO c"])
    func forgets(command: String) {
        var conversation = Conversation(Session(dialect: .smtp, hostname: "h"))
        var input = Array(
            "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nBDAT 3\r\nabc\(command)\r\n".utf8)[
                ...]
        var events: [Conversation.Event] = []
        while let event = conversation.read(&input) { events.append(event) }
        #expect(events[3] == .octets(Array("abc".utf8)[...]))
        #expect(events[5] == .forget)
        #expect(events.count == 7)
    }

    @Test("a full envelope is handed over with its origin")
    func tellsOrigin() {
        var server = TestServer(dialect: .lmtp)
        server.receive(
            Array(
                "LHLO c.example\r\nMAIL FROM:<a@x.example> BODY=8BITMIME SMTPUTF8\r\nRCPT TO:<b@x.example>\r\n"
                    .utf8)
                + Array("DATA\r\n.\r\n".utf8), inPiecesOf: 1000)
        let origin = Envelope.Origin(transport: "LMTP", client: "192.0.2.7", greeting: "c.example")
        #expect(
            server.mails.first?.envelope
                == Envelope(
                    sender: "a@x.example", recipients: ["b@x.example"], eightBit: true, utf8: true,
                    origin: origin))
    }

    /// Valid conversations, to be spoiled.
    private static let seeds = [
        "EHLO c\r\nMAIL FROM:<a@x.example> SIZE=9\r\nRCPT TO:<b@x.example>\r\nDATA\r\nx: y\r\n\r\n..z\r\n.\r\nQUIT\r\n",
        "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\nBDAT 3\r\nabcBDAT 4 LAST\r\ndefgNOOP\r\nRSET\r\n",
        "HELO c\r\nMAIL FROM:<\"a\\\"\"@[1.2.3.4]> SMTPUTF8\r\nRCPT TO:<@r:b@x.example>\r\nDATA\r\n.\r\nHELP\r\n",
    ]

    @Test(
        "spoiled conversations end alike in any pieces, and never take in what was refused",
        arguments: Seeds.ofDialogues)
    func survivesMutations(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var limits = Session.Limits()
        // No mail is endless here: whether that or a bare LF behind it is told depends on the pieces.
        (limits.badCommandsMax, limits.messageBytesMax, limits.skippedBytesMax) = (4, 20, 10_000)
        (limits.commandLineBytesMax, limits.lineBytesMax, limits.headerBytesMax) = (60, 70, 15)
        for round in 0..<2_000 {
            let bytes = Self.spoiled(
                Array(Self.seeds[round % Self.seeds.count].utf8), using: &random)
            let outcomes = [Int.max / 2, 5, 1].map { size in
                var server = TestServer(limits: limits)
                server.receive(bytes, inPiecesOf: min(size, max(1, bytes.count)))
                let replies = server.replies.map(\.text)
                return "\(replies) \(server.mails) \(server.isClosed)"
            }
            #expect(Set(outcomes).count == 1, "seed \(seed) round \(round) \(outcomes)")
            if Set(outcomes).count > 1 { return }
        }
    }

    private static func spoiled(_ bytes: [UInt8], using random: inout SplitMix64) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let place = Int.random(in: 0..<max(1, bytes.count), using: &random)
            guard place < bytes.count else { continue }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[place] = .random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert([10, 13, 46, 0].randomElement(using: &random) ?? 10, at: place)
            case 3: bytes.insert(contentsOf: bytes.suffix(from: place), at: place)
            case 4: bytes.removeSubrange(place..<min(bytes.count, place + 9))
            default: bytes.insert(contentsOf: Array(repeating: 120, count: 40), at: place)
            }
        }
        return bytes
    }
}
