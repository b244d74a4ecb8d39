// SPDX-License-Identifier: Apache-2.0
// What the real sockets refuse: clients that err, cheat, stall, or are too many.

import Foundation
import Testing

@Suite("Refused by SMTP and LMTP", .enabled(if: program != nil), .serialized)
struct RefusalTests {
    /// What some server might take for the end of a message, or for the end of a line.
    private static let bareLineEnds = [
        "\n.\n", "\n.\r\n", "\r.\r", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\n.\r", "\r\r\n.\r\n",
        " a\rb\r\n.\r\n", " a\nb\r\n.\r\n", "\n\r\n.\r\n",
    ]

    @Test("a CR or LF by itself in a message: neither that mail nor one smuggled in it is taken in")
    func smuggled() throws {
        let box = try Appliance()
        try box.start()
        for door in Door.allCases {
            for ending in Self.bareLineEnds {
                let client = try box.connect(to: door)
                #expect(try client.startMessage().hasPrefix("354 "))
                // The end comes in pieces, as networks have it.
                try client.send("Subject: outer\r\n\r\none\(ending.first?.description ?? "")")
                usleep(10_000)
                try client.send(
                    ending.dropFirst() + "MAIL FROM:<evil@client.example>\r\n"
                        + "RCPT TO:<ben@example.com>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n")
                let name = "\(door) \(ending.debugDescription)"
                #expect(try client.reply().hasPrefix("521 5.5.2 "), "\(name)")
                #expect(try client.line() == nil, "nothing more is read: \(name)")
            }
        }
        try box.expectTaken(0)
    }

    /// What is sent, the codes of the replies, and whether that is the end of the conversation.
    private static let commands: [(sent: String, replies: [String], isEnd: Bool)] = [
        ("NOOP\nNOOP\r\nNOOP\r\n", ["500", "250"], false),
        ("NO\rOP\r\nNOOP\r\n", ["500", "250"], false),
        ("MAIL FROM:<a@b.c>\nRCPT TO:<d@e.f>\r\nRCPT TO:<d@e.f>\r\n", ["500", "503"], false),
        ("NOOP \(x(2041))\r\nNOOP\r\n", ["250", "250"], false),
        ("NOOP \(x(2042))\r\nNOOP\r\n", ["500", "250"], false),
        ("MAIL FROM:<\(x(60_000))@b.c>\r\nNOOP\r\n", ["500", "250"], false),
        (x(70_000), ["500", "421"], true),
        ("\u{16}\u{3}\u{1}\0\r\n\0\0\r\nNOOP\r\n", ["500", "500", "250"], false),
        ("GET / HTTP/1.1\r\nHost: b.c\r\n\r\nMAIL FROM:<a@b.c>\r\n", ["521"], true),
        (again("MORE\r\n", 25), .init(repeating: "500", count: 20) + ["421"], true),
        ("RCPT TO:<d@e.f>\r\nDATA\r\n", ["503", "503"], false),
        ("MAIL FROM:<a@b.c> MORE=1\r\nMAIL FROM:<a@b.c\r\n", ["555", "501"], false),
        // Sent ahead by one who does not look at the replies.
        (
            "MAIL FROM:<a@b.c>\r\nRCPT TO:<>\r\nDATA\r\nSubject: x\r\n\r\ntext\r\n.\r\nNOOP\r\n",
            ["250", "501", "503", "500", "500", "500", "500", "250"], false
        ),
        // Chunks at the wrong time, of the wrong size, or of no size.
        ("BDAT 6\r\nNOOP\r\nNOOP\r\n", ["503", "250"], false),
        (mail("BDAT 3\r\nabcDATA\r\n"), ["250", "250", "250", "503"], false),
        (mail("BDAT -1\r\nNOOP\r\n"), ["250", "250", "501"], true),
        (mail("BDAT 3 FIRST\r\nabc"), ["250", "250", "501"], true),
        (mail("BDAT 99999999999999999999 LAST\r\nabc"), ["250", "250", "552"], true),
        (mail("BDAT 300000000 LAST\r\nabc"), ["250", "250", "552"], true),
        (
            mail("BDAT 9\r\nNOOP\r\nabcRSET\r\nNOOP\r\n"), ["250", "250", "250", "250", "250"],
            false
        ),
    ]

    private static func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    private static func again(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    private static func mail(_ rest: String) -> String {
        "MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\n\(rest)"
    }

    @Test("garbage, endless lines, wrong orders and wrong chunks are refused, each with its reply")
    func noCommands() throws {
        let box = try Appliance()
        try box.start()
        for door in Door.allCases {
            for (sent, replies, isEnd) in Self.commands {
                let client = try box.connect(to: door)
                // A server that has closed need not read the rest.
                try? client.send(sent)
                let said = try replies.map { _ in String(try client.reply().prefix(3)) }
                let name = "\(door) \(sent.prefix(80).debugDescription)"
                #expect(said == replies, "\(name)")
                if isEnd {
                    #expect(try client.line() == nil, "\(name)")
                } else {
                    #expect(try client.command("QUIT").hasPrefix("221 "), "\(name)")
                }
            }
        }
        try box.expectTaken(0)
    }

    @Test("lines up to line_bytes_max are kept as they are; longer ones, and huge headers, are not")
    func lines() throws {
        let box = try Appliance()
        try box.start()
        let client = try box.connect()
        let kept = [998, 999, 1000, 5000, 65_533, 65_534]
        for count in kept {
            let message = Array("Subject: line\r\n\r\n\(Self.x(count))\r\nend\r\n".utf8)
            #expect(try client.mail(message, from: "", to: ["d@e.f"]).hasPrefix("250 "))
            let query = "sha256:\(sha256(message))"
            try waitUntil("a line of \(count) is found") { try box.count(query) == 1 }
        }
        let refused = [
            "Subject: line\r\n\r\n\(Self.x(65_535))\r\n",
            "Subject: \(Self.x(65_526))\r\n\r\ntext\r\n",
            "\r\n\(Self.x(3_000_000))\r\n",
            "Subject: header\r\n\(Self.again("X-Field: \(Self.x(90))\r\n", 12_000))\r\ntext\r\n",
            "Subject: folded\r\n\(Self.again(" \(Self.x(90))\r\n", 12_000))\r\ntext\r\n",
        ]
        for message in refused {
            let said = try client.mail(Array(message.utf8), from: "", to: ["d@e.f"])
            #expect(said.hasPrefix("552 5.6.0 "), "\(message.prefix(40).debugDescription)")
        }
        #expect(try client.command("QUIT").hasPrefix("221 "))
        try box.expectTaken(kept.count)
    }

    @Test("a thousand recipients are taken, each further one gets 452")
    func recipients() throws {
        let box = try Appliance()
        try box.start()
        let client = try box.connect()
        #expect(try client.command("MAIL FROM:<a@b.c>").hasPrefix("250 "))
        try client.send((0..<3000).map { "RCPT TO:<r\($0)@example.com>\r\n" }.joined())
        let said = try (0..<3000).map { _ in try client.reply().prefix(9) }
        #expect(said.prefix(1000).allSatisfy { $0 == "250 2.1.5" })
        #expect(said.dropFirst(1000).allSatisfy { $0 == "452 4.5.3" })
        #expect(try client.command("DATA").hasPrefix("354 "))
        #expect(try client.end(StoryTests.message(1)).hasPrefix("250 "))
        try waitUntil("it is found") { try box.count("rcpt:r999@example.com") == 1 }
        #expect(try box.count("rcpt:r1000@example.com") == 0)
        #expect(try client.command("QUIT").hasPrefix("221 "))
        try box.expectTaken(1)
    }
}
