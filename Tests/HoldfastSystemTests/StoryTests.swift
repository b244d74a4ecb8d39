// SPDX-License-Identifier: Apache-2.0
// The main job, as a user does it: mail in, mail found, mail back.

import Foundation
import Testing

@Suite("The program", .enabled(if: program != nil), .serialized)
struct StoryTests {
    static func message(_ number: Int, text: String = "some text") -> [UInt8] {
        Array(
            """
            From: Amy <amy@example.org>\r
            To: ben@example.com\r
            Subject: Story \(number)\r
            Message-ID: <story.\(number)@example.org>\r
            \r
            .\(text)\r
            end \(number)\r

            """.utf8)
    }

    @Test("mail in by SMTP, found, shown, released once, exported, expired by nobody")
    func story() throws {
        let smarthost = try Smarthost()
        defer { smarthost.stop() }
        let box = try Appliance(
            "--storages", "2", "--copies", "2", "--smarthost", "127.0.0.1:\(smarthost.port)")
        try box.start()
        let client = try MailSocket(port: box.smtp)
        #expect(try client.reply().hasPrefix("220"))
        #expect(try client.command("EHLO story").hasPrefix("250"))
        let message = Self.message(1, text: "isenböck pays")
        let said = try client.mail(
            message, from: "amy@example.org", to: ["ben@example.com", "c@d.e"])
        #expect(said.hasPrefix("250"))
        try waitUntil("the mail has two copies") {
            try box.verb("search", "isenbock copies:2", "--format", "ids").code == 0
        }

        let id = try box.verb("search", "subject:story", "--format", "ids").line
        #expect(try box.verb("show", "--raw", id).output == message)
        #expect(try box.verb("show", String(id.prefix(18))).text.contains("isenböck"))
        #expect(try box.verb("show", "--copies", id).text.contains("storage-2"))
        #expect(try box.count("rcpt:c@d.e") == 1)
        #expect(try box.count("nowhere") == 0)
        #expect(try box.verb("search", "nowhere").code == 1)
        #expect(try box.verb("search", "foo:bar").code == 2)

        let released = try box.verb("release", id)
        #expect(released.code == 0, "\(released.messages)")
        #expect(smarthost.mails.count == 1)
        #expect(smarthost.mails.first?.octets == message)
        #expect(smarthost.mails.first?.recipients == ["ben@example.com", "c@d.e"])
        try waitUntil("the note is indexed") { try box.count("is:released") == 1 }
        #expect(try box.verb("release", id).code == 0)
        #expect(smarthost.mails.count == 1, "a second release sends nothing")

        #expect(try box.verb("export", "", "--to", "eml:\(box.folder)/out").code == 0)
        #expect(try contents("\(box.folder)/out/\(id).eml") == message)
        #expect(try box.verb("expire", "--dry-run").code <= 1)
        try box.stop()
        #expect(try box.verb("count", "").code == 5, "a needed part cannot be reached")
    }

    @Test("an answer is sorted as a whole, its total is told, and a query is explained")
    func sortsAndExplains() throws {
        let box = try Appliance("--storages", "1")
        try box.start()
        let client = try MailSocket(port: box.smtp)
        _ = try client.reply()
        _ = try client.command("EHLO story")
        for number in 1...12 {
            #expect(
                try client.mail(Self.message(number), from: "a@b.c", to: ["d@e.f"]).hasPrefix("250")
            )
        }
        try waitUntil("all are found") { try box.count("") == 12 }
        func subjects(_ options: String...) throws -> [String] {
            let search = ["search", "--config", box.configuration, "from:@example.org"]
            return try Appliance.run(search + ["--format", "tsv"] + options).text
                .split(separator: "\n").map {
                    String($0.split(separator: "\t", omittingEmptySubsequences: false)[5])
                }
        }
        let sorted = (1...12).map { "Story \($0)" }.sorted()
        #expect(try subjects("--sort", "subject", "--limit", "0") == sorted)
        #expect(
            try subjects("--sort", "subject", "--reverse", "--limit", "3")
                == sorted.suffix(3).reversed())
        let some = try box.verb("search", "story", "--sort", "size", "--limit", "5")
        #expect(some.messages.contains("These are 5 of 12"))
        let explained = try box.verb("search", "from:amy size:>1", "--explain")
        #expect(explained.code == 0)
        for part in ["word 'amy' in From", "octets from 2", "SELECT", "full text"] {
            #expect(explained.text.contains(part), "\(part)")
        }
        #expect(try box.verb("search", "x", "--direct", "--sort", "size").code == 2)
        try box.stop()
    }

    @Test("a wrong configuration is one sentence and exit code 78, and nothing is started")
    func configuration() throws {
        let box = try Appliance("--storages", "1")
        let path = box.folder + "/holdfast.toml"
        let good = try String(contentsOfFile: path, encoding: .utf8)
        for (line, word) in [
            ("[gateway]\nfoo = 1", "foo"), ("[gateway]\nkeep_days = 900", "keep_days"),
        ] {
            try good.replacingOccurrences(of: "[gateway]", with: line)
                .write(toFile: path, atomically: true, encoding: .utf8)
            let ran = try box.verb("serve")
            #expect(ran.code == 78)
            #expect(ran.messages.contains(word) && ran.messages.contains("holdfast.toml"))
        }
        try good.write(toFile: path, atomically: true, encoding: .utf8)
        try box.start()
        let second = try box.verb("serve")
        #expect(second.code == 78, "the port is in use")
    }

    @Test("a lost catalog is filled again from the storages")
    func lostCatalog() throws {
        let box = try Appliance("--storages", "1")
        try box.start()
        let client = try MailSocket(port: box.smtp)
        _ = try client.reply()
        _ = try client.command("EHLO story")
        for number in 1...20 {
            #expect(
                try client.mail(Self.message(number), from: "a@b.c", to: ["d@e.f"]).hasPrefix("250")
            )
        }
        try waitUntil("all are found") { try box.count("") == 20 }
        try box.stop()
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: box.folder + "/catalog.sqlite" + ending)
        }
        try box.start()
        try waitUntil("all are found again") { try box.count("") == 20 }
    }

    @Test("100 MB mails pass in and out in bounded memory")
    func largeMails() throws {
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.start()
        let line = Array((String(repeating: "0123456789abcdef", count: 4) + "\r\n").utf8)
        var message = Array("Subject: large\r\n\r\n".utf8)
        while message.count < 100_000_000 { message += line }
        let client = try MailSocket(port: box.smtp)
        _ = try client.reply()
        _ = try client.command("EHLO large")
        for number in 0..<2 {
            message[9] = UInt8(ascii: "a") + UInt8(number)
            #expect(try client.mail(message, from: "a@b.c", to: ["d@e.f"]).hasPrefix("250"))
        }
        try waitUntil("both have two copies", seconds: 120) { try box.count("copies:2") == 2 }
        let id = try box.verb("search", "", "--limit", "1", "--format", "ids").line
        #expect(sha256(try box.verb("show", "--raw", id).output) == sha256(message))
        let status = try String(contentsOfFile: "/proc/\(box.process)/status", encoding: .utf8)
        let peak =
            status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
            .split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
        print("resident at most: \(peak / 1024) MiB")
        #expect(peak > 0 && peak < 400 << 10, "resident at most \(peak) KiB")
    }
}
