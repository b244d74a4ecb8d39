// SPDX-License-Identifier: Apache-2.0
// What an import finds in folders, and how it reads it.

import Foundation
import HoldfastDisk
import HoldfastModel
import Testing

@testable import holdfast

@Suite struct SourceTests {
    private let from = "From amy@example.org Mon Jan  5 12:00:00 2026\n"

    private func write(_ files: [String: String], in folder: String) throws {
        for (name, text) in files {
            let path = folder + "/" + name
            try RealDisk().makeFolder(Path.folder(of: path))
            try RealDisk().write(Array(text.utf8), to: path)
        }
    }

    private func found(_ sources: [ImportSource], under folder: String) -> [String] {
        var walk = SourceWalk(sources)
        var found: [String] = []
        while let next = walk.next() {
            let line =
                switch next {
                case .file(let file): "\(file.form) \(file.path)"
                case .skipped(let path, _): "skipped \(path)"
                case .unreadable(let path, _): "unreadable \(path)"
                }
            found.append(line.replacing(folder + "/", with: ""))
        }
        return found
    }

    @Test("a folder is searched to any depth, Maildirs in it are known, and others are skipped")
    func walk() throws {
        try withFolder { folder in
            try write(
                [
                    "a.eml": "x", "B.EML": "x", "deep/er/c.eml": from + "x", "old": from + "x\n",
                    "notes.txt": "x",
                    "M/cur/1:2,S": "x", "M/new/2": "x", "M/tmp/3": "x", "M/.Sent/cur/4": "x",
                    "M/.Sent/new/.keep": "x", "M/.Sent/tmp/.keep": "x", "M/dovecot.index": "x",
                ], in: folder)
            symlink(folder, folder + "/deep/circle")
            #expect(
                found([ImportSource(form: nil, path: folder)], under: folder) == [
                    "message B.EML", "message M/cur/1:2,S", "message M/new/2",
                    "message M/.Sent/cur/4",
                    "message M/.Sent/new/.keep", "skipped M/dovecot.index", "message a.eml",
                    "message deep/er/c.eml", "skipped notes.txt", "mbox old",
                ])
        }
    }

    @Test("what is named is taken as it is named")
    func named() throws {
        try withFolder { folder in
            try write(["a.txt": "x", "b": from, "c.eml": from, "d/e.eml": "x"], in: folder)
            let sources = [
                "a.txt", "b", "c.eml", "mbox:a.txt", "eml:a.txt", "maildir:b", "absent.eml",
                "mbox:d", "eml:d",
            ].compactMap { text in
                ImportSource(argument: text).map {
                    ImportSource(form: $0.form, path: "\(folder)/\($0.path)")
                }
            }
            #expect(
                found(sources, under: folder) == [
                    "unreadable a.txt", "mbox b", "message c.eml", "mbox a.txt", "message a.txt",
                    "unreadable b", "unreadable absent.eml", "unreadable d", "unreadable d",
                ])
        }
    }

    @Test("only when no source can be read at all is there nothing to begin with")
    func check() throws {
        try withFolder { folder in
            try write(["a.eml": "x", "b.txt": "x", "d/e.eml": "x"], in: folder)
            func problem(_ names: String...) -> String? {
                SourceCheck.problem(
                    of: names.map { name in
                        ImportSource(form: .mbox, path: "\(folder)/\(name)")
                    })
            }
            #expect(problem("absent") == "\(folder)/absent is not there")
            #expect(problem("d") == "mbox:\(folder)/d: it is a folder; name a file")
            #expect(problem("d", "absent")?.contains("; ") == true)
            #expect(problem("a.eml/b") == "\(folder)/a.eml is a file, and a folder is needed")
            #expect(problem("d", "a.eml") == nil)
            #expect(SourceCheck.problem(of: [ImportSource(form: nil, path: folder)]) == nil)
            let text = ImportSource(form: nil, path: "\(folder)/b.txt")
            #expect(SourceCheck.problem(of: [text])?.contains("not called .eml") == true)
        }
    }

    @Test(
        "a name of any bytes comes back as it was, and is shown readable",
        arguments: [
            (Array("a.eml".utf8), "a.eml"), (Array("ä日.eml".utf8), "ä日.eml"),
            ([0x62, 0xe9, 0x2e, 0x65, 0x6d, 0x6c], "b\\xe9.eml"),
            ([0xe6, 0x97, 0x61, 0xc3], "\\xe6\\x97a\\xc3"),
            // What stands for a byte may be in a name as well.
            (Array("\u{10f7e9}x".utf8), "\\xf4\\x8f\\x9f\\xa9x"), ([0xff, 0x80], "\\xff\\x80"),
        ] as [([UInt8], String)])
    func names(bytes: [UInt8], readable: String) throws {
        let text = FileName.text(of: bytes)
        #expect(FileName.readable(text) == readable)
        #expect(Terminal.tidied(text) == readable)
        try withFolder { folder in
            let path = Array(folder.utf8) + [0x2f] + bytes
            let made = open(path.map { CChar(bitPattern: $0) } + [0], O_CREAT, 0o600)
            #expect(made >= 0)
            close(made)
            #expect(try RealDisk().names(in: folder) == [text])
            #expect(try RealDisk().octets(of: "\(folder)/\(text)").isEmpty)
            try RealDisk().rename("\(folder)/\(text)", to: "\(folder)/x")
            #expect(try RealDisk().names(in: folder) == ["x"])
        }
    }

    @Test("an mbox is known behind a mark and empty lines, and text that begins so is not one")
    func beginnings() throws {
        try withFolder { folder in
            try write(
                [
                    "a": "\u{feff}" + from + "x\n", "b": "\r\n\n" + from + "x\n",
                    "c": "From MAILER-DAEMON\nSubject: x\n\ny\n",
                    "d": "From amy@x.example 2026-01-05T12:00:00Z\nx\n",
                    "e": "From here on\nit is text\n", "f": "From here\nNote : text\n",
                    "g": "From x",
                ], in: folder)
            #expect(
                found([ImportSource(form: nil, path: folder)], under: folder) == [
                    "mbox a", "mbox b", "mbox c", "mbox d", "skipped e", "skipped f", "skipped g",
                ])
        }
    }

    private func items(_ sources: [String], in folder: String) -> [FoundItem] {
        var reader = SourceReader(sources.compactMap { ImportSource(argument: "\(folder)/\($0)") })
        var items: [FoundItem] = []
        while true {
            let batch = reader.nextBatch()
            if batch.isEmpty { return items }
            items += batch
        }
    }

    @Test("octets come as they are, mbox lines unquoted, and an empty file is refused")
    func reading() throws {
        try withFolder { folder in
            try write(
                [
                    "1.eml": from + "x\n", "2.eml": "",
                    "3": from + "a\n>From b\n\n" + from + "c\n\n",
                ], in: folder)
            let texts = items(["1.eml", "2.eml", "3"], in: folder).map { item in
                switch item {
                case .message(let message):
                    guard case .whole(let octets) = message.octets else { return "large" }
                    return "\(Path.name(of: message.name)) \(message.fromLineSender ?? "-"): "
                        + String(decoding: octets, as: UTF8.self)
                case .refused(let name, let reason):
                    return "\(Path.name(of: name)) refused: \(reason)"
                case .skipped(let path, _): return "skipped \(path)"
                }
            }
            #expect(
                texts == [
                    "1.eml -: \(from)x\n", "2.eml refused: it is empty",
                    "3#1 amy@example.org: a\nFrom b\n",
                    "3#2 amy@example.org: c\n",
                ])
        }
    }

    @Test("a message too large to be held is read again from its place")
    func large() async throws {
        let folder = NSTemporaryDirectory() + "/holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let body = String(
            repeating: "From the beginning: sixty-odd octets of a line that repeats\n",
            count: 90_000)
        let quoted = body.replacing("From ", with: ">From ")
        try write(
            ["a.eml": body, "b": from + "first\n\n" + from + quoted + "\n" + from + "last\n"],
            in: folder)
        let feed = ImportFeed([])
        for item in items(["a.eml", "b"], in: folder) {
            guard case .message(let message) = item,
                case .large(let path, let start, let end, let isQuoted) = message.octets
            else { continue }
            let octets = LargeOctets(
                feed: feed, path: path, from: start, to: end, isQuoted: isQuoted)
            let (digest, beginning) = try await octets.digestAndBeginning()
            #expect(digest == .sha256(of: Array(body.utf8)))
            #expect(beginning.starts(with: "From the beginning".utf8))
        }
        #expect(items(["a.eml", "b"], in: folder).count == 4)
    }

    @Test(
        "the envelope is what the last delivery wrote",
        arguments: [
            (
                "Return-Path: <a@b>\r\nX-Original-To: c@d\r\nDelivered-To: e@f\r\n\r\n", "a@b",
                ["c@d"]
            ),
            ("return-path:<a@b>\nDelivered-To: <e@f>\nDelivered-To: g@h\n\n", "a@b", ["e@f"]),
            ("Return-Path: <>\nSubject: x\n\nDelivered-To: e@f\n", "", []),
            ("Subject: x\n\n", "line@sender", []),
            ("Return-Path: no address\nDelivered-To: a b@c\n\n", "line@sender", []),
            ("", "line@sender", []),
        ])
    func envelope(text: String, sender: String, recipients: [String]) {
        let envelope = EnvelopeGuess.envelope(
            of: Array(text.utf8)[...], fromLineSender: "line@sender")
        #expect(envelope.sender == sender)
        #expect(envelope.recipients == recipients)
        #expect(envelope.origin.transport == "import")
    }
}
