// SPDX-License-Identifier: Apache-2.0
// Proof that every copy is there, and what is said when one is not.

import Foundation
import Testing

@Suite("Verification", .enabled(if: program != nil), .serialized)
struct VerifyTests {
    private func filled(_ count: Int) throws -> Appliance {
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.start()
        for number in 1...count {
            let said = try box.connect().mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == count }
        return box
    }

    /// Where a copy of a mail lies: the file of its segment, and where its record begins.
    private func place(
        of id: String, at storage: String, in box: Appliance
    ) throws -> (
        file: String, offset: UInt64
    ) {
        let lines = try box.verb("show", "--copies", id).text.split(separator: "\n")
        let line = try #require(lines.first { $0.hasPrefix(storage + "/") })
        let parts = try #require(line.split(separator: " ").first).split(separator: "/")
        let folder = "\(box.folder)/\(storage)/segments"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first {
                Int($0.dropLast(4)) == Int(parts[1])
            })
        return (folder + "/" + name, try #require(UInt64(parts[2])))
    }

    @Test("a flipped byte in a sealed segment is found, with exit code 6")
    func flippedByte() throws {
        let box = try filled(4)
        let well = try box.verb("verify")
        #expect(well.code == 0, "\(well.text)\(well.messages)")
        #expect(well.text.contains("4 mails, copies: 2 to 2, independent disks: 1 to 1, short: 0"))
        #expect(well.text.contains("All is well."))
        let id = try box.verb("search", "subject:\"story 2\"", "--format", "ids").line
        let place = try place(of: id, at: "storage-1", in: box)
        try box.stop()
        try box.start()
        #expect(try box.verb("verify").code == 0, "sealed by the restart, and well")
        let sealed = place.file.replacingOccurrences(of: ".act", with: ".seg")
        let file = try #require(FileHandle(forUpdatingAtPath: sealed))
        try file.seek(toOffset: place.offset + 400)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: place.offset + 400)
        try file.write(contentsOf: Data([byte ^ 0x10]))
        try file.close()
        let bad = try box.verb("verify")
        #expect(bad.code == 6, "\(bad.text)\(bad.messages)")
        #expect(bad.text.contains("bad: 1") && bad.text.contains(id), "\(bad.text)")
        #expect(try box.verb("status").text.contains("DAMAGED"))
        #expect(try box.verb("show", "--raw", id).output == StoryTests.message(2))
        let json = try box.verb("verify", "--rate", "100", "--format", "json")
        #expect(json.text.contains("\"format_version\" : 1"), "\(json.text)")
        try box.stop()
        #expect(try box.verb("verify").code == 5)
    }

    @Test("over a lost catalog nothing is well, no storage is empty, and who searches is told")
    func lostCatalog() throws {
        let box = try filled(3)
        // Nothing is entered until somebody links it again: what lasts moments otherwise, lasts.
        func link(_ change: String) throws {
            let ran = try Appliance.run([
                "links", change, "--config", box.configuration, "storage.index", "dal.input",
            ])
            #expect(ran.code == 0, "\(ran.messages)")
        }
        try link("remove")
        try box.stop()
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: box.folder + "/catalog.sqlite" + ending)
        }
        try box.start()
        // From the first answer on.
        let early = try box.verb("search", "subject:story")
        #expect(early.code == 1 && early.messages.contains("mails may be missing"), "\(early)")
        let proof = try box.verb("verify")
        #expect(proof.code == 6, "\(proof.text)\(proof.messages)")
        #expect(proof.text.contains("may not all be known: the catalog is being filled"))
        #expect(proof.text.contains("storage-1: 3 entries are still on their way"), "\(proof)")
        let drained = try box.verb("drain", "storage-2")
        #expect(drained.code == 3 && !drained.text.contains("may be retired"), "\(drained)")
        let books = try box.verb("audit", "--day", "2001-01-01")
        #expect(books.code == 5 && books.messages.contains("may not all be known"), "\(books)")
        #expect(try box.verb("drain", "storage-2", "--cancel").code == 0)
        try link("add")
        try waitUntil("all is well again", seconds: 120) { try box.verb("verify").code == 0 }
        #expect(try box.verb("search", "subject:story").messages.isEmpty)
        try box.stop()
    }

    @Test("copies that the catalog tells of and that are not there are lost, forgotten, made again")
    func lostCopies() throws {
        let box = try filled(3)
        let id = try box.verb("search", "subject:\"story 2\"", "--format", "ids").line
        let place = try place(of: id, at: "storage-2", in: box)
        try box.stop()
        // As if the storage had an older state: its ledger is made again from a segment cut short.
        let sealed = place.file.replacingOccurrences(of: ".act", with: ".seg")
        let file = try #require(FileHandle(forUpdatingAtPath: sealed))
        try file.truncate(atOffset: place.offset / 4096 * 4096)
        try file.close()
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(
                atPath: "\(box.folder)/storage-2/ledger.sqlite\(ending)")
        }
        try box.start()
        let ran = try box.verb("verify")
        #expect(ran.code == 6, "\(ran.text)\(ran.messages)")
        #expect(!ran.text.contains("lost: 0") && ran.text.contains("not there"), "\(ran.text)")
        try waitUntil("both are copied anew", seconds: 120) {
            try box.count("copies:2") == 3 && box.count("is:short") == 0
        }
        #expect(try box.verb("show", "--raw", id).output == StoryTests.message(2))
        // What the end of the segment held nobody can say for certain any more.
        let after = try box.verb("verify")
        #expect(after.text.contains("lost: 0") && after.text.contains("nobody knows"), "\(after)")
        try box.stop()
    }
}
