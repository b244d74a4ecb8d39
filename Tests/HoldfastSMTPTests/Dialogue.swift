// SPDX-License-Identifier: Apache-2.0
// A script of an SMTP conversation, and the server's side that plays it.
//
//   # …                 a comment
//   -> EHLO x           send this line and CRLF
//   => "a\r\n"          send these octets: \r \n \t \0 \\ \" \xNN
//   => "ab" * 3         send them three times
//   <- 250 2.1.0        the next reply begins so
//   !! taken in 1       a check: `nothing taken in`, `closed`, `open`, `offers WORD`, `message "…"`,
//                       `sender …`, `recipients …`, `transport …`
//   !! given lmtp       how things are from here on: `lmtp`, `recipients_max 3` and other limits,
//                       `outcome kept|temporary|refused`, `refusal disk nearly full|overload|none`

import Foundation
import HoldfastModel
import HoldfastSMTP

/// One line of a script that does something.
struct DialogueLine {
    enum Step {
        case send([UInt8])
        case expect(String)
        case check(String)
        case given(String)
    }

    let number: Int
    let step: Step
}

/// A script as it was read.
struct Dialogue: CustomStringConvertible {
    let name: String
    let lines: [DialogueLine]

    var description: String { name }

    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Dialogues")

    static func all() throws -> [Dialogue] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".smtp") }.sorted()
            .map { name in
                let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
                return try Dialogue(name: name, text: text)
            }
    }

    init(name: String, text: String) throws {
        self.name = name
        lines = try text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .compactMap { number, line in
                try Self.step(String(line)).map { DialogueLine(number: number + 1, step: $0) }
            }
    }

    private static func step(_ line: String) throws -> DialogueLine.Step? {
        if line.isEmpty || line.hasPrefix("#") { return nil }
        let rest = String(line.dropFirst(3))
        switch line.prefix(3) {
        case "-> ", "->": return .send(Array("\(rest)\r\n".utf8))
        case "=> ": return .send(try raw(rest))
        case "<- ": return .expect(rest)
        case "!! ":
            return rest.hasPrefix("given ") ? .given(String(rest.dropFirst(6))) : .check(rest)
        default: throw Malformed(line: line)
        }
    }

    /// `"text"` or `"text" * 3`.
    static func raw(_ text: String) throws -> [UInt8] {
        var rest = Array(text.utf8)[...]
        guard rest.popFirst() == UInt8(ascii: "\"") else { throw Malformed(line: text) }
        var octets: [UInt8] = []
        while let octet = rest.popFirst(), octet != UInt8(ascii: "\"") {
            octets.append(octet == UInt8(ascii: "\\") ? try escaped(&rest) : octet)
        }
        let times = String(decoding: rest, as: UTF8.self).drop { $0 == " " || $0 == "*" }
        return Array(repeating: octets, count: Int(times) ?? 1).flatMap { $0 }
    }

    private static func escaped(_ rest: inout ArraySlice<UInt8>) throws -> UInt8 {
        switch rest.popFirst() {
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "0"): return 0
        case UInt8(ascii: "x"):
            defer { rest = rest.dropFirst(2) }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard let octet = UInt8(digits, radix: 16) else { throw Malformed(line: digits) }
            return octet
        case let octet?: return octet
        case nil: throw Malformed(line: "a lone backslash")
        }
    }

    struct Malformed: Error {
        let line: String
    }
}

/// The server's side of a conversation, with a gateway behind it that keeps mails in an array.
struct TestServer {
    var conversation: Conversation
    var outcome = Session.Outcome.kept(MailID(1))
    private(set) var mails: [(envelope: Envelope, message: [UInt8])] = []
    private(set) var replies: [Reply] = []
    private(set) var isClosed = false
    private var octets: [UInt8] = []
    private var unread: ArraySlice<UInt8> = []

    init(dialect: Dialect = .smtp, limits: Session.Limits = Session.Limits()) {
        conversation = Conversation(
            Session(
                dialect: dialect, hostname: "holdfast.example", client: "192.0.2.7", limits: limits)
        )
        replies = [conversation.session.greeting]
    }

    /// Feeds the bytes in pieces of this size.
    mutating func receive(_ bytes: [UInt8], inPiecesOf size: Int) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            unread += bytes[start..<min(start + size, bytes.count)]
            while !isClosed, let event = conversation.read(&unread) { follow(event) }
        }
    }

    private mutating func follow(_ event: Conversation.Event) {
        switch event {
        case .reply(let replies): self.replies += replies
        case .octets(let octets): self.octets += octets
        case .forget: octets = []
        case .takeIn(let envelope):
            if case .kept = outcome { mails.append((envelope, octets)) }
            octets = []
            follow(conversation.taken(outcome))
        case .replyThenClose(let replies):
            self.replies += replies
            isClosed = true
        }
    }

    mutating func nextReply() -> Reply? {
        replies.isEmpty ? nil : replies.removeFirst()
    }
}
