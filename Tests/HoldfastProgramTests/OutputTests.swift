// SPDX-License-Identifier: Apache-2.0
// What people and programs read.

import ArgumentParser
import Foundation
import HoldfastModel
import HoldfastNode
import Logging
import Testing

@testable import holdfast

@Suite struct OutputTests {
    private let mail = MailAnswer(
        id: "01kav2m4e5f6g7h8j9kamnpqrs", received: "2026-01-05T12:00:00Z", date: nil,
        from: "Ämy <amy@example.org>",
        to: ["b@example.net", "c@example.net"], cc: [], subject: "one\ttwo\u{1b}[31m 日本語",
        message_id: "m@x",
        size: 12_345, sha256: "00", keep_until: "2026-03-06", copies: 2, copies_wanted: 2,
        attachments: [],
        sender: "amy@example.org", recipients: ["b@example.net"], released: nil)

    private func printed(
        _ format: MailFormat, _ pages: [[MailAnswer]], columns: Int = 80
    ) throws -> String {
        var printer = MailPrinter(format: format, columns: columns)
        return try pages.map { try printer.text(of: $0) }.joined() + printer.end()
    }

    @Test("json is one document over all pages, also of none")
    func json() throws {
        struct Document: Decodable {
            var format_version: Int
            var mails: [MailAnswer]
        }
        for pages in [[], [[mail]], [[mail, mail], [mail]]] {
            let text = try printed(.json, pages)
            let document = try JSONDecoder().decode(Document.self, from: Data(text.utf8))
            #expect(document.format_version == 1)
            #expect(document.mails == pages.flatMap(\.self))
        }
    }

    @Test("jsonl is a line for each mail, which says its form")
    func jsonl() throws {
        let lines = try printed(.jsonl, [[mail], [mail]]).split(separator: "\n")
        #expect(lines.count == 2)
        for line in lines {
            #expect(line.contains("\"format_version\":1"))
            #expect(try JSONDecoder().decode(MailAnswer.self, from: Data(line.utf8)) == mail)
        }
    }

    @Test("tsv and ids have a line for each mail, and no control but the tab")
    func tsv() throws {
        #expect(try printed(.ids, [[mail]]) == "01kav2m4e5f6g7h8j9kamnpqrs\n")
        let line = try printed(.tsv, [[mail]])
        let fields = line.dropLast().split(separator: "\t", omittingEmptySubsequences: false)
        #expect(fields.count == 11)
        #expect(fields[2].isEmpty)
        #expect(fields[4] == "b@example.net, c@example.net")
        #expect(fields[5] == "one two\u{fffd}[31m 日本語")
    }

    @Test("a table has one title and fits the terminal", arguments: [40, 80, 100, 130, 200])
    func table(columns: Int) throws {
        let lines = try printed(.table, [[mail], [mail]], columns: columns).split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("ID "))
        #expect(lines[1].hasPrefix("01kav2m4e5f6g7"))
        for line in lines where columns >= 72 { #expect(String(line).displayWidth <= columns) }
    }

    @Test(
        "a text takes the columns it was given",
        arguments: [
            ("abc", 5, "abc  "), ("abcdef", 4, "abc…"), ("日本語", 4, "日… "), ("", 2, "  "),
            ("e\u{301}e", 2, "e\u{301}e"),
        ])
    func fitted(text: String, columns: Int, expected: String) {
        #expect(text.fitted(to: columns) == expected)
        #expect(text.fitted(to: columns).displayWidth == columns)
    }

    @Test("nothing that drives a terminal gets through")
    func tidied() {
        #expect(
            Terminal.tidied("a\u{1b}]0;x\u{7}b\r\nc\u{202e}d\u{9b}e")
                == "a\u{fffd}]0;x\u{fffd}b c\u{fffd}d\u{fffd}e")
        #expect(Terminal.tidiedLines("a\r\n\tb\u{8}") == "a\n\tb\u{fffd}")
        #expect(Terminal.tidied("plain, schön, 日本") == "plain, schön, 日本")
    }

    @Test(
        "bytes are read at a glance",
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 KB"), (9_949, "9.9 KB"), (12_345, "12 KB"),
            (999_600, "1.0 MB"), (18_400_000_000, "18 GB"),
        ])
    func bytes(count: UInt64, text: String) {
        #expect(Readable.bytes(count) == text)
    }

    @Test(
        "times that we write can be read back",
        arguments: [0, 1_767_614_400_000, 1_767_614_400_120, -1000])
    func times(milliseconds: Int64) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(Timestamp(iso8601: time.iso8601) == time)
        #expect(Timestamp(iso8601: "yesterday") == nil)
    }

    @Test("figures of one name stand together, with their labels escaped")
    func metrics() {
        let text = MetricsText.text(of: [
            Metric("b_total", .counter, "B.", value: 2.5),
            Metric("a", .gauge, "A.", labels: ["node": "x\"\\\n"], value: 3),
            Metric("b_total", .counter, "B.", labels: ["z": "1", "node": "n"], value: 1e15),
        ])
        #expect(
            text == """
                # HELP a A.
                # TYPE a gauge
                a{node="x\\"\\\\\\n"} 3
                # HELP b_total B.
                # TYPE b_total counter
                b_total 2.5
                b_total{node="n",z="1"} 1000000000000000

                """)
    }

    @Test("a log line is one line: sentence, then pairs in order")
    func logLine() {
        let event = LogEvent(
            level: .notice, message: "Segment dropped",
            metadata: ["segment": "127", "path": "/a b\n"],
            source: "", file: "", function: "", line: 0)
        let line = LineLogHandler.line(event, metadata: [:], isJournal: true)
        #expect(line == "<5>Segment dropped path=\"/a b \" segment=127\n")
        let timed = LineLogHandler.line(event, metadata: [:], isJournal: false)
        #expect(timed.contains("Z notice Segment dropped "))
    }
}
