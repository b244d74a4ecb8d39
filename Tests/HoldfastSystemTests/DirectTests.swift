// SPDX-License-Identifier: Apache-2.0
// Mails are found when the catalog is away, and on a disk that nobody serves.

import Foundation
import Testing

@Suite("Without a catalog", .enabled(if: program != nil), .serialized)
struct DirectTests {
    private static let queries = [
        "", "some", "from:amy", "subject:\"story 2\"", "-text subject:story", "rcpt:ben",
        "size:>10", "before:2020-01-01", "after:2020-01-01 text", "nowhere",
        "msgid:story.3@example.org", "has:attachment",
    ]

    @Test("the storages answer when the DAL is away, and segments when nothing runs")
    func withoutCatalog() throws {
        let box = try Appliance("--storages", "2", "--copies", "2")
        let dal = try box.splitOffDAL()
        try dal.start()
        try box.start()
        for number in 1...4 {
            let said = try box.connect().mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == 4 }
        let expected = try Self.queries.map { try box.verb("search", $0).text }
        #expect(expected[0].split(separator: "\n").count == 4)
        let id = try box.verb("search", "subject:\"story 2\"", "--format", "ids").line
        try dal.stop()
        #expect(try box.verb("search", "some").code == 5)
        for (query, text) in zip(Self.queries, expected) {
            let ran = try box.verb("search", query, "--direct")
            #expect(ran.text == text, "\(query): \(ran.messages)")
            #expect(ran.code == (text.isEmpty ? 1 : 0), "\(query): \(ran.messages)")
        }
        let some = try box.verb("search", "", "--direct", "--limit", "2", "--offset", "1")
        #expect(
            some.text
                == expected[0].split(separator: "\n", omittingEmptySubsequences: false)[1...2]
                .map { $0 + "\n" }.joined())
        for query in ["is:released", "copies:2 some", "foo:bar"] {
            #expect(try box.verb("search", query, "--direct").code == 2, "\(query)")
        }
        try box.stop()

        let paths = ["\(box.folder)/storage-1", "\(box.folder)/storage-2/segments"]
        for (query, text) in zip(Self.queries, expected) {
            let ran = try Appliance.run(["search", query, "--segments"] + paths)
            #expect(ran.text == text, "\(query): \(ran.messages)")
            #expect(ran.code == (text.isEmpty ? 1 : 0), "\(query): \(ran.messages)")
        }
        let shown = try Appliance.run(
            ["show", "--raw", String(id.prefix(20)), "--segments", paths[1]])
        #expect(shown.output == StoryTests.message(2), "\(shown.messages)")
        #expect(try Appliance.run(["search", "is:short", "--segments", paths[0]]).code == 2)
        let none = try Appliance.run(["search", "", "--segments", box.folder + "/spool/none"])
        #expect(none.code == 2 && none.messages.contains("none"), "\(none.messages)")
    }

    @Test("encrypted mail is found by its text on an unplugged disk only with the key")
    func encrypted() throws {
        let box = try Appliance("--storages", "1")
        try box.set("encrypt", "true")
        try box.start()
        let said = try box.connect().mail(
            StoryTests.message(1, text: "geheim"), from: "amy@example.org",
            to: ["ben@example.com"])
        #expect(said.hasPrefix("250"))
        try waitUntil("it is found") { try box.count("") == 1 }
        try box.stop()
        let segments = box.folder + "/storage-1"
        let locked = try Appliance.run(["search", "geheim", "--segments", segments])
        #expect(locked.code == 3 && locked.messages.contains("--key-file"), "\(locked.messages)")
        let keys = box.folder + "/keys"
        let open = try Appliance.run(
            ["search", "geheim", "--format", "ids", "--segments", segments, "--key-file", keys])
        #expect(open.code == 0, "\(open.messages)")
        let raw = ["show", "--raw", open.line, "--segments", segments]
        #expect(try Appliance.run(raw).code == 3)
        let shown = try Appliance.run(raw + ["--key-file", keys])
        #expect(shown.output == StoryTests.message(1, text: "geheim"), "\(shown.messages)")
    }
}

/// A part of an appliance in a process of its own.
final class SplitProcess {
    private let configuration: String
    private let log: String
    private var server: Child?

    fileprivate init(configuration: String, log: String) {
        (self.configuration, self.log) = (configuration, log)
    }

    deinit { server?.killGroup() }

    func start() throws {
        server = try Child(
            [program ?? "", "serve", "--config", configuration], output: "/dev/null", messages: log)
    }

    func stop() throws {
        let code = try server?.end()
        server = nil
        #expect(code == 0, "it did not end in good order")
    }
}

extension Appliance {
    /// Moves the DAL's section into a configuration of its own, which a second process serves.
    func splitOffDAL() throws -> SplitProcess {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        let sections = text.components(separatedBy: "\n[")
        let own = sections.filter { !$0.hasPrefix("dal]") }
        let dal = sections.filter { $0.hasPrefix("dal]") }
        let node = """
            [node]
            http = "127.0.0.1:\(try Ports.free())"
            registries = ["http://127.0.0.1:\(http)/registry/registry"]
            token_file = "token"
            """
        try ([node] + dal).joined(separator: "\n[")
            .write(toFile: folder + "/dal.toml", atomically: true, encoding: .utf8)
        try own.joined(separator: "\n[")
            .write(toFile: configuration, atomically: true, encoding: .utf8)
        return SplitProcess(configuration: folder + "/dal.toml", log: folder + "/dal.log")
    }
}
