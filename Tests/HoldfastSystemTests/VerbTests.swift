// SPDX-License-Identifier: Apache-2.0
// How the verbs end: the code for programs, the sentence for people.

import Foundation
import Testing

@Suite("Exit codes", .enabled(if: program != nil), .serialized)
struct VerbTests {
    /// A command line, its exit code, and words of what it says on standard error.
    typealias Case = (words: [String], code: Int32, says: String)

    private static let unknown = "01kav2m4"

    private static let queries: [Case] = [
        (["count", "foo:bar"], 2, "There is no field 'foo:'"),
        (["search", "\"never closed"], 2, "quotation mark"),
        (["search", "(a"], 2, "parenthesis"),
        (["search", "a AND"], 2, "AND"),
        (["search", "before:someday"], 2, "'someday' is no date"),
        (["search", "after:2026-13-45"], 2, "is no date"),
        (["count", "size:>x"], 2, "'x' is no number"),
        (["search", "has:foo"], 2, "has:attachment"),
        (["export", "foo:bar", "--to", "eml:/nonexistent/x"], 2, "foo"),
        (["search", "nowhere", "--format", "ids"], 1, ""),
        (["count", "nowhere"], 1, ""),
        (["export", "nowhere", "--to", "eml:/nonexistent/x"], 1, ""),
        (["export", "", "--to", "mbox:/nonexistent/x"], 2, "/nonexistent/x"),
        (
            ["export", "", "--to", "eml:/etc/hostname"], 2,
            "/etc/hostname is a file, and a folder is needed"
        ),
        (["export", "", "--to", "maildir:/etc/hostname"], 2, "/etc/hostname is a file"),
        (["export", "", "--to", "tar:x"], 2, "mbox:FILE"),
        (["show", unknown], 1, "there is no mail \(unknown)"),
        (["show", "!!"], 2, "'!!' is no mail id"),
        (["show", ""], 2, "no mail id"),
        (["release", unknown], 1, "there is no mail \(unknown)"),
        (["release", unknown, "--to", "nobody"], 2, "'nobody' is not an address"),
        (["import", "/nonexistent"], 2, "/nonexistent is not there"),
        (["import", "mbox:/etc"], 2, "mbox:/etc: it is a folder; name a file"),
        (["import", "/nonexistent", "/etc/hostname", "eml:/etc/hostname"], 3, "refused"),
        (["status"], 0, ""),
        (["expire", "--dry-run"], 0, ""),
        (["search", "--limit", "x", "y"], 2, "--limit"),
        (["search", "--limt", "3"], 2, "--limt"),
        (["deliver", "--sender", "a@b.c"], 64, "recipients"),
        (["deliver", "--sender", "a@b.c", "d@e.f"], 65, "the message is empty"),
    ]

    @Test("against a server that runs: 0, 1 nothing found, 2 bad query, 3 some of it, 64, 65")
    func running() throws {
        let box = try Appliance()
        try box.start()
        let client = try box.connect()
        #expect(try client.mail(StoryTests.message(1), from: "", to: ["d@e.f"]).hasPrefix("250 "))
        try waitUntil("the mail is found") { try box.count("") == 1 }
        for expected in Self.queries { try check([expected], in: box) }
        try check(
            [(["deliver", "--sender", "a@b.c", "d@e.f"], 74, "standard input cannot be read")],
            in: box, input: box.folder)
        let message = box.folder + "/message"
        try Data(StoryTests.message(2)).write(to: URL(fileURLWithPath: message))
        try check(
            [
                (["deliver", "--sender", "a\r\nb", "d@e.f"], 65, "control characters"),
                (["deliver", "--sender", "a@b.c", "d@e.f"], 0, ""),
                (["deliver", "--sender", "a@b.c"] + recipients(1000, bytes: 300), 0, ""),
                (
                    ["deliver", "--sender", "a@b.c"] + recipients(4000, bytes: 20), 65,
                    "at most 1000"
                ),
                (["count", String(repeating: "word ", count: 20_000)], 2, "there is room for"),
            ], in: box, input: message)
        // With what was imported, and what was delivered to few and to many.
        try waitUntil("what was delivered is found") { try box.count("") == 4 }
        try check([(["show", "01"], 2, "several mails begin with 01")], in: box)
        let id = try box.verb("search", "subject:\"story 1\"", "--format", "ids").line
        try check([(["release", id], 3, "")], in: box)
        // Another installation's token.
        let token = box.folder + "/token"
        try "anotherinstallation\n".write(toFile: token, atomically: true, encoding: .utf8)
        let verbs = [["count", "x"], ["show", Self.unknown], ["expire"]]
        try check(verbs.map { ($0, 78, "does not accept the token") }, in: box)
        try FileManager.default.removeItem(atPath: token)
        try check([(["status"], 78, token)], in: box)
    }

    private func recipients(_ count: Int, bytes: Int) -> [String] {
        (0..<count).map { number in
            let name = "r\(number)"
            return name + String(repeating: "x", count: bytes - name.utf8.count - 4) + "@d.e"
        }
    }

    @Test("without a server: 5, and 75 for mail servers; with a bad configuration: 78")
    func away() throws {
        let box = try Appliance()
        let verbs = [
            ["status"], ["search", "x"], ["count", "x"], ["show", Self.unknown],
            ["release", Self.unknown], ["export", "x", "--to", "eml:\(box.folder)/out"],
            ["import", box.folder], ["expire"],
        ]
        let address = "127.0.0.1:\(box.http)"
        let delivery = ["deliver", "--sender", "a@b.c", "d@e.f"]
        try check(verbs.map { ($0, 5, address) } + [(delivery, 75, address)], in: box)
        try check([(["import", "--dry-run", box.folder + "/storage-1"], 0, "")], in: box)
        try box.set("smpt", "\"127.0.0.1:25\"")
        let all = verbs + [delivery, ["serve"]]
        try check(all.map { ($0, 78, "holdfast.toml: [gateway] smpt") }, in: box)
        try FileManager.default.removeItem(atPath: box.configuration)
        try check(all.map { ($0, 78, "holdfast.toml is not there") }, in: box)
        let few = ["init", box.folder + "/new", "--storages", "1", "--copies", "2"]
        try check(
            [
                (["init", box.folder], 2, "is not empty"), (few, 2, "--copies"),
                (["init", "/nonexistent/x", "--http", "nope"], 2, "--http is 'nope'"),
                (["nonsense"], 2, "nonsense"), (["--help"], 0, ""),
            ], in: box, isConfigured: false)
        #expect(!FileManager.default.fileExists(atPath: box.folder + "/new"))
    }

    /// What failed says so in one sentence on standard error, and prints no result.
    private func check(
        _ cases: [Case], in box: Appliance, input: String = "/dev/null", isConfigured: Bool = true
    ) throws {
        let options = isConfigured ? ["--config", box.configuration] : []
        // Side by side, for some take a while to give up.
        let running = try cases.map { expected in
            try Running(
                [program ?? ""] + expected.words.prefix(1) + options + expected.words.dropFirst(),
                input: input)
        }
        for (expected, running) in zip(cases, running) {
            let (ran, name) = (try running.ended(), "\(expected.words)")
            #expect(ran.code == expected.code, "\(name): \(ran.messages)")
            #expect(
                expected.says.isEmpty
                    ? ran.messages.isEmpty : ran.messages.contains(expected.says),
                "\(name): \(ran.messages)")
            guard [5, 75, 78].contains(expected.code) else { continue }
            #expect(ran.output.isEmpty, "\(name)")
            #expect(ran.messages.hasPrefix("holdfast: "), "\(name): \(ran.messages)")
            #expect(ran.messages.count { $0 == "\n" } == 1, "\(name): \(ran.messages)")
        }
    }
}
