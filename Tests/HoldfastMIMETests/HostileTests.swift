// SPDX-License-Identifier: Apache-2.0
// Messages made to break readers: they must be read, and soon.

import HoldfastChance
import HoldfastMIME
import HoldfastModel
import Testing

@Suite("Hostile messages")
struct HostileTests {
    /// Far more than a release build takes, far less than anything quadratic would.
    private static let patience = Duration.seconds(20)

    private func readAll(_ message: [UInt8]) -> Duration {
        ContinuousClock().measure {
            _ = MessageReader.summary(of: message)
            _ = MessageReader.words(of: message)
            _ = MessageReader.readable(of: message)
        }
    }

    /// Debug builds are some fifty times slower; an eighth shows what is quadratic just as well.
    private static func times(_ text: String, _ count: Int) -> String {
        #if DEBUG
            String(repeating: text, count: count / 8)
        #else
            String(repeating: text, count: count)
        #endif
    }

    private static func multipart(_ body: String) -> String {
        "Content-Type: multipart/mixed; boundary=b\n\n" + body
    }

    static let messages: [(name: String, text: String)] = [
        ("nothing", ""),
        ("one line feed", "\n"),
        ("a colon", ":"),
        ("only colons", times(":", 200_000)),
        ("a long line", times("a", 1_000_000)),
        ("a header without end", "Subject: " + times("x ", 500_000)),
        ("many folds", "Subject: a" + times("\n x", 100_000)),
        ("many blank folds", "Subject: a" + times("\n ", 100_000)),
        ("many fields", times("Subject: x\n", 50_000)),
        ("many recipients", "To: " + times("Some Body <somebody@example.com>, ", 100_000)),
        ("open quotes", "To: " + times("\"a, ", 50_000)),
        ("open comments", "To: " + times("(", 200_000)),
        ("nested comments", "To: " + times("(", 50_000) + times(")", 50_000)),
        ("open brackets", "To: " + times("<a@b", 50_000)),
        ("groups", "To: " + times("a:", 100_000)),
        ("encoded words that never end", "Subject: " + times("=?a?q?x ", 50_000)),
        ("addresses in such words", "To: " + times("=?a?q?x ", 50_000)),
        ("unknown charsets", "Subject: " + times("=?x-y?q?=e9?= =?z?q?=ff?= ", 2000)),
        ("open parameter comments", "Content-Type: a/b;" + times("(", 60_000)),
        ("many parameters", "Content-Type: a/b" + times("; x*1*=1", 20_000)),
        ("sections", "Content-Type: a/b" + times("; name*999999999999999999=1", 2000)),
        ("dates", "Date: " + times("1 ", 50_000) + times("(", 1000)),
        ("many parts", multipart(times("--b\n\nx\n", 50_000))),
        ("empty parts", multipart(times("--b\n", 100_000))),
        ("almost boundaries", multipart(times("--b-\n", 100_000))),
        (
            "nested multiparts",
            (0..<500).map { "Content-Type: multipart/mixed; boundary=b\($0)\n\n--b\($0)\n" }
                .joined()
                + times("--b\n", 50_000)
        ),
        ("one boundary for all", times("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 5000)),
        ("nested messages", times("Content-Type: message/rfc822\n\n", 20_000)),
        ("open tags", "Content-Type: text/html\n\n" + times("<a ", 100_000)),
        ("open tag quotes", "Content-Type: text/html\n\n" + times("<a b=\"><c d='>", 50_000)),
        ("open comments in HTML", "Content-Type: text/html\n\n" + times("<!--", 100_000)),
        ("open styles", "Content-Type: text/html\n\n" + times("<style><script>", 50_000)),
        ("ampersands", "Content-Type: text/html\n\n" + times("&", 200_000) + times("&#9", 50_000)),
        ("files that never end", "\n" + times("begin 644 a\n", 50_000)),
        ("empty files", "\n" + times("begin 644 a\nend\n", 50_000)),
        ("equals signs", "Content-Transfer-Encoding: quoted-printable\n\n" + times("= ", 200_000)),
        (
            "broken characters",
            "Content-Type: text/plain; charset=gbk\n\n" + times("\u{ff}", 200_000)
        ),
        (
            "escapes",
            "Content-Type: text/plain; charset=iso-2022-jp\n\n" + times("\u{1b}$B\u{1b}", 50_000)
        ),
        ("marks", "\n" + times("か\u{3099}\u{3099}", 50_000)),
    ]

    @Test("a hostile message is read in time", arguments: messages)
    func hostile(name: String, text: String) {
        #expect(readAll(Array(text.utf8)) < Self.patience, "\(name)")
        #expect(readAll(octets(text)) < Self.patience, "\(name)")
    }

    @Test("what is kept of a message is bounded")
    func bounded() {
        let recipients = "To: " + Self.times("Some Body <somebody@example.com>,\n ", 100_000)
        let limits = Limits.standard
        #expect(summary(recipients + "\n\n").to.count == limits.addressesMax)
        #expect(
            summary("Subject: " + Self.times("é", 50_000)).subject.utf8.count <= limits.textBytesMax
        )
        let parts = Self.multipart(Self.times("--b\nContent-Type: image/png\n\nx\n", 5000))
        #expect(summary(parts).attachments.count == limits.attachmentsMax)
        #expect(summary(Self.times("X-Spam-Flag: YES\n", 500)).verdicts.count == limits.verdictsMax)
        let words = MessageReader.words(of: octets("\n" + Self.times("word ", 100_000)))
        #expect(words.utf8.count <= limits.wordsBytesMax)
    }

    @Test("a header of 200 KB is read to its end")
    func longHeader() {
        let filler = "X-Filler: \(String(repeating: "y", count: 90))\n"
        let header = String(repeating: filler, count: 2000) + "Subject: found\n\n"
        #expect(summary(header).subject == "found")
    }

    @Test("a mutated message is read all the same")
    func mutations() {
        let seed = Seeds.ofThisRun
        print("HOLDFAST_SEED=\(seed)")
        var random = SplitMix64(seed: seed)
        for round in 0..<4000 {
            var message = octets(Samples.all[round % Samples.all.count])
            for _ in 0..<Int.random(in: 1...8, using: &random) { mutate(&message, &random) }
            let summary = MessageReader.summary(of: message)
            let words = MessageReader.words(of: message)
            _ = MessageReader.readable(of: message)
            let texts = [summary.subject, summary.messageID] + summary.attachments.map(\.name)
            #expect(
                !texts.contains { $0.utf8.contains { $0 < 0x20 } }, "seed \(seed), round \(round)")
            #expect(words == SearchText.words(words) || words.contains(where: Self.isPaired))
        }
    }

    /// Pairs of ideographs are not paired again.
    private static func isPaired(_ character: Character) -> Bool {
        character.unicodeScalars.contains { $0.value >= 0x1100 }
    }

    private func mutate(_ message: inout [UInt8], _ random: inout SplitMix64) {
        guard !message.isEmpty else { return }
        let place = Int.random(in: 0..<message.count, using: &random)
        let length = Int.random(in: 0...Swift.min(40, message.count - place), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: message[place] = UInt8.random(in: 0...255, using: &random)
        case 1: message.removeSubrange(place..<(place + length))
        case 2: message.insert(contentsOf: message[place..<(place + length)], at: place)
        case 3: message.removeSubrange(place...)
        case 4:
            message[place] =
                Array("\r\n:;=?\"<>()-/&\u{1b}*'%".utf8).randomElement(using: &random) ?? 0
        default:
            let target = Int.random(in: 0...message.count, using: &random)
            message.insert(contentsOf: Array(message[place..<(place + length)]), at: target)
        }
    }
}
