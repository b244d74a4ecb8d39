// SPDX-License-Identifier: Apache-2.0
// The examples of holdfast-query(7), each as it stands on the page.

import Foundation
import HoldfastCatalog
import HoldfastMIME
import HoldfastModel
import Testing

/// An office's mails, by the numbers that the examples name.
private let office: [Sample] = [
    mail(1, daysAgo: 0, "Invoice 4711 for November", "please pay within ten days") {
        $0.summary.from = [Address(name: "Amy Pond", address: "amy@acme.com")]
        $0.summary.to = [Address(name: "", address: "bob@example.net")]
        $0.summary.attachments = [Attachment(name: "invoice-4711.pdf", type: "application/pdf")]
        $0.summary.messageID = "1234.abcd@acme.com"
        $0.summary.verdicts = ["X-Spam-Score: 1.2"]
        $0.summary.size = 120_000
    },
    mail(2, daysAgo: 1, "You won", "claim your prize now") {
        $0.summary.from = [Address(name: "Lottery", address: "win@mail.lucky.example")]
        $0.summary.date = now.advanced(bySeconds: -86_400)
        $0.summary.verdicts = ["X-Spam-Status: Yes, score=12.5"]
    },
    mail(3, daysAgo: 3, "Photos", "") {
        $0.summary.from = [Address(name: "", address: "carol@lists.acme.com")]
        $0.summary.attachments = [Attachment(name: "photos.zip", type: "application/zip")]
        $0.summary.verdicts = ["X-Virus: Eicar"]
        $0.summary.size = 3_000_000
    },
    mail(4, daysAgo: 10, "Angebot", "die gewünschte Übersicht") {
        $0.summary.from = [Address(name: "Jörg Isenböck", address: "jo@example.de")]
        $0.summary.cc = [Address(name: "", address: "dave@example.net")]
    },
    mail(5, daysAgo: 40, "京都大学の請求書", "") {
        $0.summary.from = [Address(name: "", address: "tanaka@example.jp")]
    },
    mail(6, daysAgo: 296, "Draft of the contract", "the quick brown fox, invoice reminder") {
        $0.summary.from = [Address(name: "Amy Pond", address: "amy@acme.com")]
        $0.slip.keepUntil = today.advanced(by: 2)
    },
    mail(7, daysAgo: 5, "Re: meeting at 12:30", "") {
        $0.envelope = Envelope(sender: "bounces@example.org", recipients: ["eve@example.net"])
    },
    mail(8, daysAgo: 6, "Order 7 confirmed", "") {
        $0.summary.from = [Address(name: "Dave", address: "dave@example.net")]
    },
]

private let examples: [String: [Int]] = [
    "invoice": [1, 6], "invoice november": [1], "\"quick brown fox\"": [6], "inv*": [1, 6],
    "isenbock": [4], "invoice OR contract": [1, 6],
    "from:amy (invoice OR reminder) -subject:draft": [1], "from:acme.com": [1, 3, 6],
    "from:@acme.com": [1, 6], "to:bob": [1], "cc:dave@example.net": [4],
    "with:dave -from:dave": [4],
    "mailfrom:bounces rcpt:eve": [7], "subject:(order OR contract)": [6, 8], "body:prize": [2],
    "has:attachment larger:1M": [3], "filename:invoice type:pdf": [1], "size:1M..5M": [3],
    "after:2026-11-20": [1, 2, 3], "received:2026-01..2026-02": [6],
    "newer_than:7d from:carol": [3],
    "date:yesterday": [2], "reason:spam score:>8": [2], "reason:virus OR reason:banned": [3],
    "is:released": [8], "is:held expires:<3d": [6], "is:short copies:<2 node:storage-1": [7],
    "id:1234.abcd@acme.com": [1], "請求書": [5], "京 from:@example.jp": [5],
]

private func mail(
    _ number: Int, daysAgo: Int, _ subject: String, _ text: String,
    _ change: (inout Sample) -> Void
) -> Sample {
    Sample(number) {
        $0.received = now.advanced(bySeconds: -Int64(daysAgo) * 86_400)
        $0.summary.subject = subject
        $0.words = SearchText.words(text)
        change(&$0)
    }
}

private struct Page {
    let examples: [String]

    /// What stands in bold under EXAMPLES, without roff's escapes.
    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(
            contentsOf: root.appending(path: "packaging/manual/holdfast-query.7"), encoding: .utf8)
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        examples = lines.drop { $0 != ".SH EXAMPLES" }.prefix { $0 != ".SH SEE ALSO" }
            .filter { $0.hasPrefix("\\fB") && $0.hasSuffix("\\fP") }
            .map { String($0.dropFirst(3).dropLast(3)).replacing("\\-", with: "-") }
    }
}

@Suite("The manual")
struct ManualTests {
    @Test("each of its thirty examples finds what it says", arguments: Engine.allCases)
    func examplesFind(engine: Engine) throws {
        let page = try Page()
        #expect(page.examples.count == 30)
        #expect(Set(page.examples) == Set(examples.keys))
        try engine.withCatalog { catalog in
            var (first, second) = (Shipper(1), Shipper(2))
            for mail in office {
                try catalog.merge([first.ship(mail)], from: first)
                if mail.id != id(7) { try catalog.merge([second.ship(mail)], from: second) }
            }
            let results = [RecipientResult(recipient: "a@b", outcome: .sent, reply: "250 yes")]
            let release = Note(
                id: id(91), mail: id(8), order: id(92), at: now, by: "eve", sentTo: "relay:25",
                results: results, lineEndsChanged: false)
            try catalog.merge([first.ship(release, slip: office[7].slip)], from: first)
            let hold = Note(id: id(93), kind: .hold, mail: id(6), order: id(93), at: now, by: "eve")
            try catalog.merge([first.ship(hold, slip: office[5].slip)], from: first)
            for example in page.examples {
                let expected = examples[example]?.map(id) ?? []
                #expect(Set(try catalog.found(example)) == Set(expected), "\(example)")
                #expect(try catalog.counted(example) == expected.count, "\(example)")
            }
        }
    }
}
