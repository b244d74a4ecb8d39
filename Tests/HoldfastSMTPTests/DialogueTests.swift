// SPDX-License-Identifier: Apache-2.0
// Every script in Tests/Dialogues is played, whole and in small pieces.

import HoldfastModel
import HoldfastSMTP
import Testing

@Suite struct DialogueTests {
    @Test("a dialogue goes as its script says", arguments: try Dialogue.all())
    func plays(dialogue: Dialogue) {
        for size in [Int.max / 2, 4096, 7, 1] {
            var player = DialoguePlayer(dialogue: dialogue, pieceBytes: size)
            player.play()
        }
    }

    @Test("there are dialogues")
    func areFound() throws {
        #expect(try Dialogue.all().count >= 25)
    }
}

/// Plays one script against a fresh server.
struct DialoguePlayer {
    let dialogue: Dialogue
    let pieceBytes: Int
    private var server = TestServer()
    private var limits = Session.Limits()
    private var dialect = Dialect.smtp
    private var lastReply: Reply?

    init(dialogue: Dialogue, pieceBytes: Int) {
        self.dialogue = dialogue
        self.pieceBytes = pieceBytes
    }

    mutating func play() {
        for line in dialogue.lines {
            let place = "\(dialogue.name):\(line.number) in pieces of \(pieceBytes)"
            switch line.step {
            case .send(let bytes):
                server.receive(bytes, inPiecesOf: min(pieceBytes, max(1, bytes.count)))
            case .expect(let prefix): expect(prefix, place)
            case .check(let check): self.check(check, place)
            case .given(let condition): given(condition, place)
            }
        }
        #expect(server.replies == [], "\(dialogue.name): a reply that the script does not know")
    }

    private mutating func expect(_ prefix: String, _ place: String) {
        lastReply = server.nextReply()
        let text = String(decoding: lastReply?.encoded ?? [], as: UTF8.self)
        let isMultiple = (lastReply?.lines.count ?? 1) > 1
        let expected = isMultiple ? prefix.replacing(" ", with: "-", maxReplacements: 1) : prefix
        #expect(text.hasPrefix(expected), "\(place)")
    }

    private func check(_ check: String, _ place: String) {
        let words = check.split(separator: " ").map(String.init)
        let rest = words.dropFirst().joined(separator: " ")
        let mail = server.mails.last
        switch words.first {
        case "nothing": #expect(server.mails.isEmpty, "\(place)")
        case "taken": #expect(server.mails.count == Int(words.last ?? ""), "\(place)")
        case "closed": #expect(server.isClosed, "\(place)")
        case "open": #expect(!server.isClosed, "\(place)")
        case "offers": #expect(lastReply?.lines.contains(rest) == true, "\(place)")
        case "message": #expect(mail?.message == (try? Dialogue.raw(rest)), "\(place)")
        case "sender": #expect(mail?.envelope.sender == rest, "\(place)")
        case "recipients":
            #expect(mail?.envelope.recipients.joined(separator: " ") == rest, "\(place)")
        case "transport": #expect(mail?.envelope.origin.transport == rest, "\(place)")
        default: Issue.record("\(place): an unknown check")
        }
    }

    private mutating func given(_ condition: String, _ place: String) {
        let words = condition.split(separator: " ").map(String.init)
        let number = Int(words.last ?? "") ?? 0
        switch words.first {
        case "outcome":
            server.outcome =
                words.last == "temporary" ? .temporary("no disk answers") : .refused("no")
            return
        case "refusal":
            let refusals = ["full": Reply.diskNearlyFull, "overload": .overloaded]
            server.conversation.session.mailRefusal = refusals[words.last ?? ""]
            return
        case "lmtp": dialect = .lmtp
        case "recipients_max": limits.recipientsMax = number
        case "message_bytes_max": limits.messageBytesMax = number
        case "header_bytes_max": limits.headerBytesMax = number
        case "skipped_bytes_max": limits.skippedBytesMax = number
        case "bad_commands_max": limits.badCommandsMax = number
        case "commands_max": limits.commandsMax = number
        default: Issue.record("\(place): an unknown condition")
        }
        server = TestServer(dialect: dialect, limits: limits)
    }
}
