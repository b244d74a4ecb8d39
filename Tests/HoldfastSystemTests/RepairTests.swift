// SPDX-License-Identifier: Apache-2.0
// Copies that are lost come back by themselves; a storage is emptied before it is retired.

import Foundation
import Testing

@Suite("Repairs", .enabled(if: program != nil), .serialized)
struct RepairTests {
    private static let mails = 12

    private func filled(_ options: String...) throws -> Appliance {
        let box = try Appliance("--storages", "3", "--copies", "2")
        try box.set("dead_after_minutes", "1", in: "dal")
        try box.set("compress", "\"none\"")
        try box.start()
        let client = try box.connect()
        for number in 1...Self.mails {
            let said = try client.mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == Self.mails }
        return box
    }

    private func ids(in box: Appliance) throws -> [String] {
        try box.verb("search", "", "--format", "ids").text.split(separator: "\n").map(String.init)
    }

    /// How many mails have a copy on each of some storages.
    private func mails(on storages: String..., in box: Appliance) throws -> Int {
        try ids(in: box).count { id in
            let copies = try box.verb("show", "--copies", id).text
            return storages.allSatisfy { copies.contains($0 + "/") }
        }
    }

    @Test("copies of a folder that was deleted under the running program come back elsewhere")
    func deletedFolder() throws {
        let box = try filled()
        try FileManager.default.removeItem(atPath: box.folder + "/storage-1")
        try waitUntil("the storage says so") {
            try box.verb("status").text.contains("storage-1: its folder is gone")
        }
        try waitUntil("all have two copies on the others", seconds: 180) {
            try mails(on: "storage-2", "storage-3", in: box) == Self.mails
        }
        #expect(try box.count("is:short") == 0)
        let status = try box.verb("status").text
        #expect(status.contains("fewer copies than wanted: 0") && status.contains("Repairs:"))
        for id in try ids(in: box) { #expect(try box.verb("show", id).code == 0) }
        // It comes back empty, and takes mail again.
        try box.stop()
        try FileManager.default.createDirectory(
            atPath: box.folder + "/storage-1", withIntermediateDirectories: false)
        try box.start()
        #expect(try box.count("is:short") == 0)
    }

    @Test(
        "copies whose segments were deleted under the running program come back, and no others are told of"
    )
    func deletedSegments() throws {
        let box = try filled()
        let segments = box.folder + "/storage-1/segments"
        for name in try FileManager.default.contentsOfDirectory(atPath: segments) {
            try FileManager.default.removeItem(atPath: "\(segments)/\(name)")
        }
        try waitUntil("all is well", seconds: 180) {
            try box.verb("verify").code == 0 && box.count("copies:2") == Self.mails
        }
        // What only this process could still read would be gone now.
        try box.stop()
        try box.start()
        #expect(try box.verb("verify").code == 0)
        #expect(try box.count("copies:2") == Self.mails && box.count("is:short") == 0)
    }

    @Test("a damaged record is brought back from another copy, and then no place is damaged")
    func damagedRecord() throws {
        let box = try filled()
        let id = try #require(try ids(in: box).last)
        let copies = try box.verb("show", "--copies", id).text
        let place = try #require(
            copies.split(separator: "\n").dropFirst().first?.split(separator: " ").first)
        let parts = place.split(separator: "/").map(String.init)
        let offset = try #require(UInt64(parts[2]))
        let segments = "\(box.folder)/\(parts[0])/segments"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: segments).first {
                $0.contains(parts[1])
            })
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(segments)/\(name)"))
        try file.seek(toOffset: offset + 20)
        try file.write(contentsOf: Data([0xee, 0xee]))
        try file.close()
        #expect(try box.verb("show", "--raw", id).code == 0, "the other copy is read")
        let found = try box.verb("verify").text
        #expect(found.contains("bad: 1") || found.contains("healed: 1"), "\(found)")
        try waitUntil("it is healed", seconds: 150) {
            let status = try box.verb("status", "--format", "json").text
            return status.contains("\"damaged\"")
                && status.matches(of: /"damaged" : [1-9]/).isEmpty
        }
        try waitUntil("it has its copies again", seconds: 60) {
            try box.count("is:short") == 0 && box.count("copies:2") == Self.mails
        }
        #expect(try box.verb("show", "--copies", id).text.contains(place) == false)
    }

    @Test("a mail that is handed in again to be kept longer is kept so long by all its storages")
    func keptLonger() throws {
        let box = try Appliance("--storages", "3", "--copies", "2")
        try box.start()
        func handIn(keepDays: Int) throws -> String {
            let answer = try box.ask(
                "POST", "/gateway/gateway/mails?id=octets&keep_days=\(keepDays)",
                body: StoryTests.message(1))
            #expect(answer.text.contains("stored"), "\(answer)")
            let day = answer.text.firstMatch(of: /"keep_until" ?: ?"([0-9-]+)"/)
            return String(try #require(day).output.1)
        }
        let early = try handIn(keepDays: 5)
        try waitUntil("it has two copies, and the gateway lets go") {
            try box.count("copies:2") == 1
                && box.verb("status", "--format", "json").text.contains("\"tasks\" : 0")
        }
        let late = try handIn(keepDays: 60)
        #expect(late > early)
        let id = try #require(try ids(in: box).first)
        // The mail's own day, and those of two copies; a third may go earlier.
        try waitUntil("two copies are kept as long as the mail", seconds: 90) {
            let text = try box.ask("GET", "/dal/dal/mails/\(id)").text
            return text.matches(of: /"keep_until" ?: ?"([0-9-]+)"/).count { $0.output.1 == late }
                == 3
        }
        try waitUntil("it is not short, and the gateway lets go") {
            try box.count("copies:2") == 1 && box.count("is:short") == 0
                && box.verb("status", "--format", "json").text.contains("\"tasks\" : 0")
        }
        let shown = try box.verb("show", "--copies", id).text
        #expect(shown.contains("2 of 2 copies"), "\(shown)")
    }

    @Test("a storage is emptied, says when nothing depends on it, and can be taken away")
    func drain() throws {
        let box = try filled()
        #expect(try box.verb("drain", "storage-9").code == 1)
        let ran = try box.verb("drain", "storage-1", "--wait")
        #expect(ran.code == 0 && ran.text.contains("may be retired"), "\(ran.text) \(ran.messages)")
        #expect(try mails(on: "storage-2", "storage-3", in: box) == Self.mails)
        let client = try box.connect()
        for number in 100...109 {
            let said = try client.mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("new mail has two copies") { try box.count("copies:2..9") == Self.mails + 10 }
        #expect(try mails(on: "storage-2", "storage-3", in: box) == Self.mails + 10)
        let gone = try box.verb("drain", "storage-1", "--gone")
        #expect(gone.code == 2 && gone.messages.contains("is alive"), "\(gone.messages)")
        try box.stop()
        try FileManager.default.moveItem(
            atPath: box.folder + "/storage-1", toPath: box.folder + "/away")
        try box.start()
        #expect(try box.verb("drain", "storage-1", "--gone").code == 0)
        #expect(try box.count("is:short") == 0)
        for id in try ids(in: box) { #expect(try box.verb("show", id).code == 0) }
        try box.stop()
        try FileManager.default.moveItem(
            atPath: box.folder + "/away", toPath: box.folder + "/storage-1")
        try box.start()
        #expect(try box.verb("drain", "storage-1", "--cancel").code == 0)
        try waitUntil("it takes mail again") {
            try !box.verb("status").text.contains("takes nothing")
        }
    }
}
