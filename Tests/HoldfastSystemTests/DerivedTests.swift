// SPDX-License-Identifier: Apache-2.0
// What is derived may be lost: a catalog, a storage's data. Nothing is sent twice and nothing is told
// that is not so.

import Foundation
import Testing

@Suite("What is derived", .enabled(if: program != nil), .serialized)
struct DerivedTests {
    /// Takes in one mail and gives its id.
    private func id(of number: Int, in box: Appliance) throws -> String {
        let said = try box.connect().mail(
            StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
        #expect(said.hasPrefix("250"))
        try waitUntil("the mail is found") { try box.count("subject:\"story \(number)\"") == 1 }
        return try box.verb("search", "subject:\"story \(number)\"", "--format", "ids").line
    }

    private func loseCatalog(of box: Appliance) throws {
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: box.folder + "/catalog.sqlite" + ending)
        }
    }

    @Test("a catalog made anew knows what was released, and nothing is sent again")
    func releasedBefore() throws {
        let smarthost = try Smarthost()
        defer { smarthost.stop() }
        let box = try Appliance("--smarthost", "127.0.0.1:\(smarthost.port)")
        try box.start()
        let id = try id(of: 1, in: box)
        #expect(try box.verb("release", id).code == 0)
        try waitUntil("the note is indexed") { try box.count("is:released") == 1 }
        try box.stop()
        try loseCatalog(of: box)
        // Nor does the gateway know it any more.
        for name in try FileManager.default.contentsOfDirectory(atPath: box.folder + "/spool") {
            try FileManager.default.removeItem(atPath: "\(box.folder)/spool/\(name)")
        }
        try box.start()
        // At once, whether or not the note is indexed again already.
        try waitUntil("the mail is found again") { try box.count("") == 1 }
        let early = try box.verb("release", id)
        #expect(early.code == 0 && early.messages.contains("nothing was sent now"))
        try waitUntil("the note is indexed again") { try box.count("is:released") == 1 }
        let late = try box.verb("release", id)
        #expect(late.code == 0 && late.messages.contains("nothing was sent now"))
        #expect(late.text.contains("ben@example.com\tsent"))
        #expect(smarthost.mails.count == 1)
        #expect(try box.verb("release", id, "--again").code == 0)
        #expect(smarthost.mails.count == 2)
    }

    @Test("an order that the gateway has is found again by a catalog made anew, and is sent once")
    func orderUnderWay() throws {
        let smarthost = try Smarthost()
        let port = smarthost.port
        smarthost.stop()
        let box = try Appliance("--smarthost", "127.0.0.1:\(port)")
        try box.start()
        let id = try id(of: 1, in: box)
        // Nothing is ordered while the Registry is young: a gateway that it has not heard of may know more.
        try waitUntil("the order is taken") {
            try box.verb("release", id, "--wait", "2").code == 3
        }
        try box.kill()
        try loseCatalog(of: box)
        try box.start()
        try waitUntil("the mail is found again") { try box.count("") == 1 }
        try waitUntil("the gateway's order is known again") {
            let second = try box.verb("release", id, "--wait", "0")
            return second.code == 3 && second.messages.contains("goes on trying")
        }
        #expect(try box.figure("releases_waiting") == 1)
        try box.stop()
        let back = try Smarthost(port: port)
        defer { back.stop() }
        try box.start()
        try waitUntil("the note is indexed") { try box.count("is:released") == 1 }
        #expect(try box.figure("releases_waiting") == 0)
        #expect(try box.verb("release", id).code == 0)
        #expect(back.mails.count == 1)
    }

    @Test("a release counts for those whom it named, and for nobody else")
    func perRecipient() throws {
        let smarthost = try Smarthost()
        defer { smarthost.stop() }
        let box = try Appliance("--smarthost", "127.0.0.1:\(smarthost.port)")
        try box.start()
        let id = try id(of: 1, in: box)
        let toAdmin = try box.verb("release", id, "--to", "admin@example.net")
        #expect(toAdmin.code == 0 && toAdmin.text.contains("admin@example.net\tsent"))
        let plain = try box.verb("release", id)
        #expect(plain.code == 0 && plain.text.contains("ben@example.com\tsent"))
        #expect(!plain.messages.contains("nothing was sent"))
        let mixed = try box.verb(
            "release", id, "--to", "ben@Example.com", "--to", "cy@example.com")
        #expect(mixed.code == 0)
        #expect(mixed.messages.contains("nothing was sent now to ben@example.com"))
        #expect(mixed.text.contains("cy@example.com\tsent"))
        #expect(
            smarthost.mails.map(\.recipients)
                == [["admin@example.net"], ["ben@example.com"], ["cy@example.com"]])
    }

    @Test("what a lost storage held is known to be gone, and is taken in again")
    func lostStorage() throws {
        let box = try Appliance("--storages", "1")
        let folder = box.folder + "/mails"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        for number in 1...8 {
            try Data(StoryTests.message(number)).write(
                to: URL(fileURLWithPath: "\(folder)/\(number).eml"))
        }
        try box.start()
        #expect(try box.verb("import", folder).code == 0)
        try waitUntil("all are found") { try box.count("copies:1") == 8 }
        let id = try box.verb("search", "subject:\"story 1\"", "--format", "ids").line
        for lost in ["", "/segments"] {
            try box.stop()
            let data = box.folder + "/storage-1" + lost
            for name in try FileManager.default.contentsOfDirectory(atPath: data) {
                try FileManager.default.removeItem(atPath: "\(data)/\(name)")
            }
            try box.start()
            try waitUntil("the copies are known to be gone (\(lost))") {
                try box.count("copies:0") == 8
            }
            let shown = try box.verb("show", id)
            #expect(shown.code == 3)
            #expect(shown.messages.contains("no storage holds a copy of it any more"))
            #expect(try box.verb("release", id).code == 3)
            let ran = try box.verb("import", folder, "--format", "json")
            #expect(ran.code == 0 && ran.text.contains("\"stored\" : 8"), "\(ran.text)")
            try waitUntil("all have a copy again (\(lost))") { try box.count("copies:1") == 8 }
            #expect(try box.count("") == 8)
            #expect(try box.verb("show", "--raw", id).output == StoryTests.message(1))
            let again = try box.verb("import", folder, "--format", "json")
            #expect(again.text.contains("\"duplicate\" : 8"), "\(again.text)")
        }
    }

    @Test("a catalog that cannot be read is set aside and made again from the storages")
    func brokenCatalog() throws {
        let box = try Appliance()
        try box.start()
        for number in 1...5 { _ = try id(of: number, in: box) }
        try box.stop()
        let path = box.folder + "/catalog.sqlite"
        let garbage = Data(repeating: 0x5a, count: 100_000)
        for ending in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + ending)
        }
        try garbage.write(to: URL(fileURLWithPath: path))
        try box.start()
        try waitUntil("all are found again") { try box.count("") == 5 }
        #expect(FileManager.default.contents(atPath: path + ".broken") == garbage)
        try box.stop()
        // The head is whole: the damage is met by use, and mended by the next start.
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let size = try file.seekToEnd()
        try file.seek(toOffset: 4096)
        try file.write(contentsOf: Data(repeating: 0x5a, count: Int(size) - 4096))
        try file.close()
        try? box.start()
        _ = try box.verb("count", "story")
        try? box.stop()
        try box.start()
        try waitUntil("all are found once more") { try box.count("story") == 5 }
    }

    @Test("a catalog that cannot be opened, or is in use, is one sentence and 78")
    func catalogNotOpen() throws {
        let (box, other) = (try Appliance(), try Appliance())
        try FileManager.default.createDirectory(
            atPath: box.folder + "/catalog.sqlite", withIntermediateDirectories: false)
        let ran = try box.verb("serve")
        #expect(ran.code == 78 && ran.messages.contains("name a file"), "\(ran.messages)")
        #expect(!FileManager.default.fileExists(atPath: box.folder + "/storage-1/holdfast.node"))
        try FileManager.default.removeItem(atPath: box.folder + "/catalog.sqlite")
        try box.start()
        let text = try String(contentsOfFile: other.configuration, encoding: .utf8)
        try text.replacingOccurrences(
            of: "[dal]", with: "[dal]\ndatabase = \"sqlite:\(box.folder)/catalog.sqlite\""
        )
        .write(toFile: other.configuration, atomically: true, encoding: .utf8)
        let second = try other.verb("serve")
        #expect(second.code == 78 && second.messages.contains("in use"), "\(second.messages)")
        try box.stop()
    }
}
