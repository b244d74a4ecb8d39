// SPDX-License-Identifier: Apache-2.0
// A real Postfix hands its mail to Holdfast, by LMTP and through `holdfast deliver`.

import Foundation
import Testing

@Suite(
    "Postfix", .enabled(if: program != nil), .enabled(if: Postfix.isHere, Postfix.reason),
    .serialized)
struct PostfixTests {
    /// As Operating has it; without a limit of its own, Postfix would break long lines.
    private static let lmtp = """
        holdfast unix - - n - 32 lmtp
            -o lmtp_line_length_limit=0
        """

    /// One line of `search --format jsonl`, as far as it matters here.
    private struct Found: Decodable {
        var id: String
        var sender: String
        var recipients: [String]
    }

    @Test("every mail by LMTP is found, with its envelope, and the octets that Postfix was given")
    func overLMTP() throws {
        let lmtp = try Ports.free()
        let postfix = try Postfix()
        let box = try Appliance("--lmtp", "127.0.0.1:\(lmtp)")
        try box.start()
        try postfix.start(transport: "holdfast:inet:127.0.0.1:\(lmtp)", service: Self.lmtp)
        let samples = try MailSample.written + MailSample.real(36)
        try send(samples, to: postfix)
        try postfix.waitUntil("all are found") { try box.count("") == samples.count }
        try postfix.waitUntil("nothing is queued") { try postfix.queued() == 0 }
        try compare(samples, in: box)
        #expect(try box.count("") == samples.count)
    }

    @Test("while Holdfast is away Postfix defers; when it is back, each mail arrives once")
    func away() throws {
        let postfix = try Postfix()
        let lmtp = "unix:\(postfix.folder)/lmtp"
        let box = try Appliance("--lmtp", lmtp)
        try box.start()
        try postfix.start(transport: "holdfast:\(lmtp)", service: Self.lmtp)
        let samples = MailSample.written
        try send([samples[0]], to: postfix)
        try postfix.waitUntil("the first is found") { try box.count("") == 1 }
        try box.stop()
        let ids = try send(Array(samples.dropFirst()), to: postfix)
        try postfix.waitUntil("the others are deferred") {
            try postfix.queued("deferred") == ids.count
        }
        let handedOver = try ids.map { try postfix.octets(of: $0) }
        try box.start()
        try postfix.flush()
        try postfix.waitUntil("nothing is queued") { try postfix.queued() == 0 }
        try postfix.waitUntil("all are found") { try box.count("") == samples.count }
        for octets in handedOver { #expect(try box.count("sha256:\(sha256(octets))") == 1) }
        try compare(samples, in: box)
        try postfix.flush()
        #expect(try box.count("") == samples.count)
        #expect(try !postfix.log().contains("status=bounced"))
    }

    @Test("by pipe: `deliver` says 75 while the server is away, and delivers when it is back")
    func byPipe() throws {
        let box = try Appliance()
        let postfix = try Postfix()
        // A user that is not root runs it, and may read what a verb reads.
        let program = postfix.folder + "/holdfast"
        try FileManager.default.copyItem(atPath: HoldfastSystemTests.program ?? "", toPath: program)
        try box.lend(to: "nogroup")
        let deliver = "deliver --config \(box.configuration) --sender ${sender} -- ${recipient}"
        try postfix.start(
            transport: "holdfast-pipe:holdfast",
            service: """
                holdfast-pipe unix - n n - 8 pipe
                    -o soft_bounce=yes
                    flags=q user=nobody:nogroup null_sender= eol=\\r\\n
                    argv=\(program) \(deliver)
                """)
        let samples = MailSample.written
        let ids = try send(samples, to: postfix)
        try postfix.waitUntil("all are deferred") { try postfix.queued("deferred") == ids.count }
        #expect(try postfix.log().contains("status=deferred (temporary failure"))
        #expect(try !postfix.log().contains("SOFTBOUNCE"), "the code was not 75")
        try box.start()
        try postfix.flush()
        try postfix.waitUntil("nothing is queued") { try postfix.queued() == 0 }
        try postfix.waitUntil("all are found") { try box.count("") == samples.count }
        try compare(samples, in: box)
        #expect(try !postfix.log().contains("status=bounced"))
    }

    /// Hands all in by SMTP; their names in the queue of Postfix.
    @discardableResult
    private func send(_ samples: [MailSample], to postfix: Postfix) throws -> [String] {
        let client = try postfix.connect()
        let ids = try samples.map { sample in
            let said = try client.mail(
                sample.message, from: sample.sender, to: sample.recipients)
            #expect(said.hasPrefix("250 "), "\(sample.sender): \(said)")
            return said.split(separator: " ").last.map(String.init) ?? ""
        }
        #expect(try client.command("QUIT").hasPrefix("221 "))
        return ids
    }

    /// Octets in are octets out, but for what Postfix puts before them.
    private func compare(_ samples: [MailSample], in box: Appliance) throws {
        let lines = try box.verb("search", "", "--limit", "0", "--format", "jsonl").text
        let found = try lines.split(separator: "\n").map {
            try JSONDecoder().decode(Found.self, from: Data($0.utf8))
        }
        for sample in samples {
            let mails = found.filter { $0.sender == sample.sender }
            #expect(mails.count == 1, "\(sample.sender)")
            guard let mail = mails.first else { continue }
            #expect(mail.recipients.sorted() == sample.recipients.sorted(), "\(sample.sender)")
            let octets = try box.verb("show", "--raw", mail.id).output
            let isWhole = octets.suffix(sample.message.count).elementsEqual(sample.message)
            #expect(isWhole, "\(sample.sender)")
            let added = String(decoding: octets.dropLast(sample.message.count), as: UTF8.self)
            #expect(added.hasPrefix("Received: from client.example "), "\(added)")
            #expect(added.contains("by postfix.example.org (Postfix)"), "\(added)")
            #expect(added.split(separator: "\r\n").count { !$0.hasPrefix("\t") } == 1, "\(added)")
        }
    }
}
