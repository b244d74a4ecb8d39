// SPDX-License-Identifier: Apache-2.0
// What the real sockets refuse because it is too large, too many, too slow, or only half there.

import Foundation
import Testing

@Suite("Limits of SMTP and LMTP", .enabled(if: program != nil), .serialized)
struct LimitTests {
    private static func message(_ bytes: Int) -> [UInt8] {
        let line = Array("\(String(repeating: "x", count: 98))\r\n".utf8)
        return Array("Subject: size\r\n\r\n".utf8)
            + (0..<bytes / line.count).flatMap { _ in line }
    }

    @Test("a message over message_bytes_max gets 552, whether its size was declared or not")
    func size() throws {
        let box = try Appliance()
        try box.set("message_bytes_max", "100000")
        try box.start()
        let client = try box.connect()
        for (size, code) in [
            ("100001", "552"), ("99999999999999999999", "552"), ("-1", "501"), ("x", "501"),
            ("100000", "250"),
        ] {
            #expect(try client.command("MAIL FROM:<a@b.c> SIZE=\(size)").hasPrefix(code), "\(size)")
        }
        // It says what it has, and has more.
        #expect(try client.command("RSET").hasPrefix("250 "))
        #expect(try client.command("MAIL FROM:<a@b.c> SIZE=10").hasPrefix("250 "))
        #expect(try client.command("RCPT TO:<d@e.f>").hasPrefix("250 "))
        #expect(try client.command("DATA").hasPrefix("354 "))
        #expect(try client.end(Self.message(150_000)).hasPrefix("552 5.3.4 "))
        // In chunks; those sent ahead are thrown away.
        try client.send("MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\n")
        for last in ["", "", " LAST"] {
            try client.send("BDAT 60000\(last)\r\n\(String(repeating: "NOOP\r\n", count: 10_000))")
        }
        let said = try (0..<5).map { _ in String(try client.reply().prefix(3)) }
        #expect(said == ["250", "250", "250", "552", "503"])
        #expect(try client.command("QUIT").hasPrefix("221 "))
        try endless(box)
        try ofEachRecipient(box)
        try box.expectTaken(0)
    }

    /// What is far too large is not read to its end.
    private func endless(_ box: Appliance) throws {
        let client = try box.connect()
        #expect(try client.startMessage().hasPrefix("354 "))
        let piece = Self.message(1 << 20)
        for _ in 0..<80 { guard (try? client.send(piece)) != nil else { break } }
        #expect(try client.reply().hasPrefix("552 5.3.4 "))
        #expect(try client.line() == nil)
    }

    /// With LMTP each recipient hears of it (RFC 2033, 4.2).
    private func ofEachRecipient(_ box: Appliance) throws {
        let client = try box.connect(to: .lmtp)
        #expect(try client.startMessage(to: ["d@e.f", "g@h.i", "j@k.l"]).hasPrefix("354 "))
        let said = [try client.end(Self.message(150_000)), try client.reply(), try client.reply()]
        #expect(said.allSatisfy { $0.hasPrefix("552 5.3.4 ") })
        #expect(try client.command("NOOP").hasPrefix("250 "))
    }

    @Test("one connection too many, of one client or of all, gets 421 instead of a greeting")
    func connections() throws {
        let box = try Appliance()
        try box.set("connections_max", "5")
        try box.set("connections_per_client_max", "3")
        try box.start()
        var ofOne = try (0..<3).map { _ in try box.connect() }
        let more = try MailSocket(port: box.smtp)
        try expectTooMany(more)
        // Clients of the socket in the file system are not told apart.
        let others = try (0..<2).map { _ in try box.connect(to: .lmtp) }
        let last = try MailSocket(path: box.lmtp)
        try expectTooMany(last)
        #expect(try ofOne.removeLast().command("QUIT").hasPrefix("221 "))
        try waitUntil("there is room again") {
            try MailSocket(port: box.smtp).reply().hasPrefix("220 ")
        }
        for client in ofOne + others { #expect(try client.command("NOOP").hasPrefix("250 ")) }
        ofOne = []
        for client in others { #expect(try client.command("QUIT").hasPrefix("221 ")) }
        try box.expectTaken(0)
    }

    private func expectTooMany(_ client: MailSocket) throws {
        let said = try client.reply()
        #expect(said.hasPrefix("421 4.7.0 "))
        #expect(try client.line() == nil)
    }

    @Test("a client that goes before its mail was complete has sent no mail")
    func disconnected() throws {
        let box = try Appliance()
        try box.start()
        let envelope = "MAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\n"
        let large = String(repeating: "\(String(repeating: "x", count: 98))\r\n", count: 30_000)
        for door in Door.allCases {
            for rest in [
                "", "DATA\r\n", "DATA\r\nSubject: x\r\n\r\ntext\r\n", "DATA\r\ntext\r\n.",
                "DATA\r\ntext\r\n.\r", "DATA\r\n\(large)", "BDAT 10\r\nabc", "BDAT 3\r\nabc",
                "BDAT 10 LAST\r\nabc", "BDAT 3\r\nabcBDAT 0", "BDAT 3\r\nabcBDAT 0 LAST\r",
            ] {
                for isReset in [false, true] {
                    let client = try box.connect(to: door)
                    try client.send(envelope + rest)
                    #expect(try client.reply().hasPrefix("250 "))
                    #expect(try client.reply().hasPrefix("250 "))
                    if isReset { client.reset() } else { client.endSending() }
                }
            }
        }
        try box.expectTaken(0)
    }

    @Test("clients that stall keep nobody else waiting, and their mails are kept when they end")
    func stalling() throws {
        let box = try Appliance()
        try box.start()
        let message = StoryTests.message(7)
        let sent = MailSocket.stuffed(message) + Array(".\r\n".utf8)
        let half = sent.count / 2
        let slow = try (0..<40).map { number in
            let client = try box.connect(to: number % 2 == 0 ? .smtp : .lmtp)
            #expect(try client.startMessage().hasPrefix("354 "))
            try client.send(Array(sent[..<half]))
            return client
        }
        let began = Date()
        let quick = try box.connect()
        for number in 0..<20 {
            let message = StoryTests.message(100 + number)
            #expect(try quick.mail(message, from: "a@b.c", to: ["d@e.f"]).hasPrefix("250 "))
        }
        #expect(Date().timeIntervalSince(began) < 10)
        // The first of them goes on octet by octet, the others at once.
        let rest = Array(sent[half...])
        for octet in rest {
            try slow[0].send([octet])
            usleep(5000)
        }
        for client in slow.dropFirst() { try client.send(rest) }
        for client in slow { #expect(try client.reply().hasPrefix("250 ")) }
        for client in slow + [quick] { #expect(try client.command("QUIT").hasPrefix("221 ")) }
        try waitUntil("all are found") { try box.count("") == 60 }
        #expect(try box.count("sha256:\(sha256(message))") == 40)
    }

    @Test(
        "a client that says nothing, stops within a mail, or trickles it, is sent away after a while",
        arguments: isLong ? [false, true] : [true])
    func silent(isHurried: Bool) throws {
        let box = try Appliance()
        if isHurried {
            for key in ["command", "data", "mail"] { try box.set("\(key)_seconds_max", "2") }
        }
        try box.start()
        let patience = isHurried ? MailSocket.patienceSeconds : 400
        let receiving = try box.connect(patience: patience)
        #expect(try receiving.startMessage().hasPrefix("354 "))
        try receiving.send("Subject: half\r\n")
        let idle = try box.connect(patience: patience)
        let trickling = try box.connect(patience: patience)
        if isHurried {
            #expect(try trickling.startMessage().hasPrefix("354 "))
            for _ in 0..<40 {
                usleep(100_000)
                // It breaks as soon as patience has ended.
                guard (try? trickling.send("x")) != nil else { break }
            }
        }
        for client in [receiving, idle, trickling] {
            #expect(try client.reply().hasPrefix("421 4.4.2 "))
            #expect(try client.line() == nil)
        }
        try box.expectTaken(0)
    }
}
