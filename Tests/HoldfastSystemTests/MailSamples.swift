// SPDX-License-Identifier: Apache-2.0
// Mails that a mail server may send: written ones, and real ones where they are at hand.

import Foundation

/// One mail with its envelope.
struct MailSample {
    var sender: String
    var recipients = ["ben@example.com"]
    var message: [UInt8]

    /// What goes wrong first when a mail is not handed on as it is.
    static var written: [MailSample] {
        let header = "From: Amy <amy@example.org>\r\nTo: ben@example.com\r\nSubject: "
        func mail(_ sender: String, _ text: String, to recipients: [String]? = nil) -> MailSample {
            MailSample(
                sender: sender, recipients: recipients ?? ["ben@example.com"],
                message: Array((header + text).utf8))
        }
        let words = String(repeating: "word ", count: 12_000)
        var latin = mail("latin@example.org", "latin\r\n\r\n")
        latin.message += [0x49, 0x73, 0x65, 0x6e, 0x62, 0xf6, 0x63, 0x6b, 13, 10]
        return [
            mail(
                "several@example.org", "several\r\n\r\ntext\r\n",
                to: (0..<70).map { "r\($0)@domain\($0 % 7).example" }),
            mail("", "a bounce\r\n\r\ntext\r\n"),
            mail("eight@example.org", "Übung\r\n\r\nIsenböck zahlt, 支払い\r\n"), latin,
            mail("dots@example.org", "dots\r\n\r\n.\r\n..\r\n.a\r\n...\r\n\r\n.\r\n"),
            mail("long1000@example.org", "1000\r\n\r\n\(words.prefix(1000))\r\nend\r\n"),
            mail("long3000@example.org", "3000\r\n\r\n\(words.prefix(3000))\r\n"),
            mail("long60000@example.org", "60000\r\n\r\n\(words)\r\nend\r\n"),
            mail("longheader@example.org", "\(words.prefix(5000))\r\n\r\ntext\r\n"),
            mail("empty@example.org", "no text\r\n\r\n"),
            mail("blanks@example.org", "blanks \t\r\n\r\ntext \t \r\n\r\n\r\n\r\n"),
            mail(
                "large@example.org",
                "large\r\n\r\n\(String(repeating: "\(words.prefix(70))\r\n", count: 40_000))"),
            mail("plus+tag@example.org", "addresses\r\n\r\ntext\r\n", to: ["ben+x=y@example.com"]),
        ]
    }

    /// Real mails that a mail server has no reason to mend, each from a sender of its own.
    static func real(_ count: Int) throws -> [MailSample] {
        guard let corpus, let files = FileManager.default.enumerator(atPath: corpus) else {
            return []
        }
        let names = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".eml") }.sorted()
        var samples: [MailSample] = []
        for name in stride(from: 0, to: names.count, by: 97).map({ names[$0] }) {
            guard samples.count < count else { break }
            guard let message = inOrder(try contents("\(corpus)/\(name)")) else { continue }
            let sender = "real\(samples.count)@example.org"
            samples.append(MailSample(sender: sender, message: message))
        }
        return samples
    }

    /// The message with CRLF; nil when its line ends or its header are not in order.
    private static func inOrder(_ octets: [UInt8]) -> [UInt8]? {
        let octets = octets.contains(13) ? octets : octets.flatMap { $0 == 10 ? [13, 10] : [$0] }
        guard octets.count < 300_000, octets.suffix(2) == [13, 10], !octets.contains(0) else {
            return nil
        }
        var isHeader = true
        var isFirst = true
        for line in octets.dropLast().split(separator: 10, omittingEmptySubsequences: false) {
            guard line.last == 13, !line.dropLast().contains(13) else { return nil }
            defer { isFirst = false }
            if line.count == 1 { isHeader = false }
            guard isHeader, isFirst || ![9, 32].contains(line.first) else { continue }
            let name = line.prefix { $0 != UInt8(ascii: ":") }
            guard !name.isEmpty, name.count < line.count,
                name.allSatisfy({ $0 > 32 && $0 < 127 })
            else { return nil }
        }
        return isHeader ? nil : octets
    }
}
