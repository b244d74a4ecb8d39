// SPDX-License-Identifier: Apache-2.0
// Whole messages: what is found in which part.

import HoldfastMIME
import HoldfastModel
import Testing

@Suite("Message reader")
struct MessageReaderTests {
    @Test("a summary holds what a search shows")
    func summarises() {
        let found = summary(Samples.report)
        #expect(found.subject == "Grüße from here")
        #expect(found.from == [Address(name: "Doe, Jane", address: "jane@example.com")])
        let to = [
            Address(name: "Jürgen", address: "you@example.net"),
            Address(address: "other@example.net"),
        ]
        #expect(found.to == to)
        #expect(found.cc == [Address(name: "nobody", address: "third@example.net")])
        #expect(found.replyTo == [Address(address: "answers@example.com")])
        #expect(found.date?.iso8601 == "2026-11-23T04:24:15Z")
        #expect(found.messageID == "abc.123@example.com")
        #expect(
            found.verdicts == [
                "X-Spam-Status: No, score=-1.2 required=5.0",
                "Authentication-Results: mx.example.net; spf=pass",
            ])
        let attachments = [
            Attachment(name: "Über us.pdf", type: "application/pdf"),
            Attachment(name: "", type: "message/rfc822"),
        ]
        #expect(found.attachments == attachments)
    }

    @Test(
        "words come from every text, in order, decoded",
        arguments: [
            (
                Samples.report,
                "schone grusse rich text cafe inside example org the inner one inner words"
            ),
            (
                Samples.bounce,
                "it failed final recipient rfc822 gone example com subject what was sent"
            ),
            (Samples.japanese, "日本 本語 語"),
            (Samples.uuencoded, "before after"),
        ])
    func words(message: String, words: String) {
        #expect(MessageReader.words(of: octets(message)) == words)
    }

    @Test("summary and words of one pass are those of two")
    func onePass() {
        for sample in Samples.all {
            let message = octets(sample)
            let both = message.withUnsafeBytes { MessageReader.summaryAndWords(of: $0) }
            #expect(both.summary == MessageReader.summary(of: message))
            #expect(both.words == MessageReader.words(of: message))
        }
    }

    @Test("a person reads the header and the plain text")
    func readable() {
        let found = MessageReader.readable(of: octets(Samples.report))
        #expect(
            found.header.first == .init(name: "From", value: "\"Doe, Jane\" <jane@example.com>"))
        #expect(found.header.contains(.init(name: "Subject", value: "Grüße from here")))
        #expect(found.text.hasPrefix("Schöne Grüße\n"))
        #expect(found.text.hasSuffix("Subject: the inner one\n\nInner words."))
        #expect(!found.text.contains("Rich"))
        #expect(found.attachments.count == 2)
    }

    @Test("HTML is read where there is no plain text, and nothing in it drives a terminal")
    func readableHTML() {
        let message =
            "Content-Type: text/html\n\n<p>One</p><p>Two&#27;[2J\u{1b}[1m</p><ul><li>x<li>y</ul>"
        #expect(MessageReader.readable(of: octets(message)).text == "One\n\nTwo[2J[1m\n\nx\ny")
    }

    @Test("all line ends are read alike", arguments: ["\n", "\r\n", "\r", "\r\r\n"])
    func lineEnds(end: String) {
        let message = Array(
            Samples.report.split(separator: "\n", omittingEmptySubsequences: false)
                .joined(separator: end).utf8)
        #expect(MessageReader.summary(of: message) == summary(Samples.report))
        #expect(MessageReader.words(of: message) == MessageReader.words(of: octets(Samples.report)))
    }

    @Test(
        "what counts as an attachment",
        arguments: [
            ("Content-Type: text/plain", []),
            ("Content-Type: text/plain; name=body.txt", []),
            ("Content-Type: text/plain\nContent-Disposition: attachment", [" text/plain"]),
            ("Content-Disposition: inline; filename=note.txt", ["note.txt text/plain"]),
            ("Content-Type: image/PNG; name=\"a b.png\"", ["a b.png image/png"]),
            ("Content-Type: application/ms-tnef", [" application/ms-tnef"]),
            (
                "Content-Type: application/pkcs7-mime; name=smime.p7m",
                ["smime.p7m application/pkcs7-mime"]
            ),
            ("Content-Type: message/delivery-status", []),
            ("Content-Type: nonsense", []),
            (
                "Content-Type: application/x; name*=utf-8'de'%E2%82%AC.b\nContent-Disposition: inline",
                ["€.b application/x"]
            ),
            (
                "Content-Type: a/x\nContent-Disposition: attachment; filename*1=b.txt; filename*0=a",
                ["ab.txt a/x"]
            ),
            (
                "Content-Type: application/x; name=\"=?utf-8?B?w5w=?=.doc\"",
                ["Ü.doc application/x"]
            ),
            (
                "Content-Type: application/x; name=no marks at all.doc",
                ["no marks at all.doc application/x"]
            ),
        ])
    func attachments(header: String, attachments: [String]) {
        let found = summary(header + "\n\nbody")
        #expect(found.attachments.map { "\($0.name) \($0.type)" } == attachments)
    }

    @Test("a file in uuencode is an attachment of the text around it")
    func uuencoded() {
        let expected = [Attachment(name: "cat.txt", type: "application/octet-stream")]
        #expect(summary(Samples.uuencoded).attachments == expected)
    }

    @Test("an encoded message inside the message is read too")
    func encodedMessage() {
        let message = """
            Content-Type: message/rfc822
            Content-Transfer-Encoding: base64

            U3ViamVjdDogZGVlcA0KDQp2ZXJ5IGRlZXA=
            """
        #expect(MessageReader.words(of: octets(message)) == "deep very deep")
    }

    @Test(
        "a message begins where it seems to",
        arguments: [
            "From jane@example.com Mon Nov 23 05:24:15 2026\nSubject: x\n\nbody",
            "\n\nSubject: x\n\nbody",
            ">From jane Mon Nov 23\nSubject: x\n\nbody",
            "Received: a\nthis line is no field\nSubject: x\n\nbody",
            "To: a@b\n \nSubject: x\n\nbody",
            "Subject : x\n\nbody",
            "SUBJECT:x\n\nbody",
            "Subject: x\nbody",
            "Subject: x\nContent-Type: multipart/mixed; boundary=\"\"\n\nbody",
            "Subject: x\nContent-Type: multipart/mixed; boundary=never\n\nbody",
            "Subject: x\nContent-Type: multipart/mixed\n\n--guess\n\nbody\n--guess--",
            "Subject: x\nContent-Type: multipart/mixed; boundary=\"a:b\"\n\n--a:b\n--a:b\n\nbody",
        ])
    func begins(message: String) {
        #expect(summary(message).subject == "x")
        #expect(MessageReader.words(of: octets(message)) == "body")
    }

    @Test("words stop at their limit, between words")
    func limit() {
        var limits = Limits()
        limits.wordsBytesMax = 10
        let words = MessageReader.words(of: octets("\n\none two three four"), limits: limits)
        #expect(words == "one two")
    }
}
