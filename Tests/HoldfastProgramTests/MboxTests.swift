// SPDX-License-Identifier: Apache-2.0
// mbox: where messages begin, and how their lines are quoted.

import HoldfastModel
import Testing

@testable import holdfast

@Suite struct MboxTests {
    private static let from = "From amy@example.org Mon Jan  5 12:00:00 2026\n"

    /// The messages of an mbox that comes in pieces, and whether it is one.
    private func split(_ text: String, cut: Int) -> (messages: [String], isMbox: Bool) {
        var splitter = MboxSplitter()
        var messages: [String] = []
        var isMbox = true
        var open: [UInt8] = []
        let take = { (event: MboxSplitter.Event) in
            switch event {
            case .begin: open = []
            case .octets(let octets): open += octets
            case .end: messages.append(String(decoding: open, as: UTF8.self))
            case .notMbox: isMbox = false
            }
        }
        let bytes = Array(text.utf8)
        splitter.add(bytes[..<min(cut, bytes.count)], take)
        splitter.add(bytes[min(cut, bytes.count)...], take)
        splitter.finish(take)
        return (messages, isMbox)
    }

    @Test(
        "a message begins after a From_ line, the surer it is the less must stand before it",
        arguments: [
            ("", []),
            (from, [""]),
            (from + "a\n", ["a\n"]),
            (from + "a\n\n" + from + "b\n\n", ["a\n", "b\n"]),
            (from + "a\r\n\r\n" + from + "b", ["a\r\n", "b"]),
            (from + "a\n\n\n" + from + "b\n\n\n", ["a\n\n", "b\n\n"]),
            (from + "a\n" + from + "b\n", ["a\n", "b\n"]),
            (from + "a\nFrom b@c at 12:00 in 2026\nd\n", ["a\nFrom b@c at 12:00 in 2026\nd\n"]),
            (from + "a\n\nFrom b@c 2026-01-05T12:00:00Z\nd\n", ["a\n", "d\n"]),
            (from + "a\n\nFrom b@c 2026-01-05 12:00:00\nd\n", ["a\n", "d\n"]),
            (from + "a\n\nFrom b\nc\n", ["a\n\nFrom b\nc\n"]),
            ("From MAILER-DAEMON\na\n\nFrom b\nc\n", ["a\n", "c\n"]),
            ("From MAILER-DAEMON\na\nFrom b\n\nFrom b c\n", ["a\nFrom b\n\nFrom b c\n"]),
            ("\u{feff}" + from + "a\n", ["a\n"]),
            ("\u{feff}\r\n\n" + from + "a\n", ["a\n"]),
            (from + "a\n\nFrom here on it is text\n", ["a\n\nFrom here on it is text\n"]),
            (from + "a\n\nFrom", ["a\n\nFrom"]),
            ("\n\n" + from + "a\n", ["a\n"]),
        ])
    func messages(text: String, expected: [String]) {
        for cut in 0...text.utf8.count {
            let found = split(text, cut: cut)
            #expect(found.messages == expected, "cut at \(cut)")
            #expect(found.isMbox)
        }
    }

    @Test(arguments: ["Subject: x\n\n", "\r", "Fromage\n", "\nx", "\u{feff}", "\u{feff}x"])
    func notAnMbox(text: String) {
        for cut in 0...text.utf8.count { #expect(!split(text, cut: cut).isMbox, "cut at \(cut)") }
    }

    @Test("offsets are those of the file")
    func offsets() {
        let text = Self.from + "a\n\n" + Self.from + "bc\n\n"
        var events: [MboxSplitter.Event] = []
        var splitter = MboxSplitter()
        splitter.add(Array(text.utf8)[...]) { events.append($0) }
        splitter.finish { events.append($0) }
        let length = UInt64(Self.from.utf8.count)
        let line = Array(Self.from.utf8)
        #expect(events.first == .begin(fromLine: line, offset: length))
        #expect(events.contains(.end(offset: length + 2)))
        #expect(events.contains(.begin(fromLine: line, offset: 2 * length + 3)))
        #expect(events.last == .end(offset: 2 * length + 6))
    }

    @Test(
        "a line that could be a From_ line is quoted, wherever the message is cut",
        arguments: [
            ("From x\n", ">From x\n"), (">From x\n>>From y", ">>From x\n>>>From y"),
            ("a From x\nFrome\n>\n>>x\n", "a From x\nFrome\n>\n>>x\n"), ("From", "From"), ("", ""),
            ("\nFrom \n", "\n>From \n"), ("x\r\nFrom y\r\n", "x\r\n>From y\r\n"), (">>>", ">>>"),
        ])
    func quoting(plain: String, quoted: String) {
        for cut in 0...plain.utf8.count { #expect(run(.quote, plain, cut: cut) == quoted) }
        for cut in 0...quoted.utf8.count { #expect(run(.unquote, quoted, cut: cut) == plain) }
    }

    private func run(_ way: MboxQuoting.Way, _ text: String, cut: Int) -> String {
        var quoting = MboxQuoting(way)
        var made: [UInt8] = []
        let bytes = Array(text.utf8)
        quoting.add(bytes[..<cut], to: &made)
        quoting.add(bytes[cut...], to: &made)
        quoting.finish(to: &made)
        return String(decoding: made, as: UTF8.self)
    }

    @Test("a From_ line that we write is one that we read")
    func fromLine() {
        let received = Timestamp(milliseconds: 1_767_614_400_000)
        let line = FromLine.text(sender: "amy@example.org", received: received)
        #expect(line == Self.from)
        #expect(FromLine.kind(of: Array(line.utf8)[...]) == .unmistakable)
        #expect(FromLine.sender(in: Array(line.utf8)[...]) == "amy@example.org")
        let bounce = FromLine.text(sender: "", received: received)
        #expect(bounce.hasPrefix("From MAILER-DAEMON Mon "))
        #expect(FromLine.sender(in: Array(bounce.utf8)[...]) == "")
        #expect(FromLine.text(sender: "a b\n@c", received: received).hasPrefix("From ab@c Mon"))
    }

    @Test(
        "From_ lines of many programs, and text that begins so",
        arguments: [
            ("From amy@x.example Mon Jan  5 12:00:00 2026", .unmistakable),
            ("From amy@x.example Mon Jan 5 12:00 2026", .unmistakable),
            ("From amy@x.example  Mon Jan 5 12:00:00 2026 +0100\r\n", .unmistakable),
            ("From amy@x.example Mon Jan 5 12:00:00 CET 2026", .unmistakable),
            ("From \"a b\"@x.example Mon Jan 5 12:00:00 2026", .unmistakable),
            ("From amy Mon Jan 5 12:00:00 1998 remote from host", .unmistakable),
            ("From amy@x.example Mon, 5 Jan 2026 12:00:00 +0100", .plausible),
            ("From amy@x.example 2026-01-05T12:00:00+01:00", .plausible),
            ("From amy@x.example 2026-01-05 12:00:00", .plausible),
            ("From MAILER-DAEMON", .doubtful), ("From here on it is text", .doubtful),
            ("From Mon to Jan 5 there is 12:00", .doubtful), ("From: amy@x.example", nil),
            (">From amy@x.example Mon Jan 5 12:00:00 2026", nil),
        ] as [(String, FromLine.Kind?)])
    func kinds(line: String, kind: FromLine.Kind?) {
        #expect(FromLine.kind(of: Array(line.utf8)[...]) == kind)
    }
}
