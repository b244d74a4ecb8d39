// SPDX-License-Identifier: Apache-2.0
// A catalog that is made again is the one that it was.

import Foundation
import Testing

@Suite("Rebuilding", .enabled(if: program != nil), .serialized)
struct RebuildTests {
    private func take(_ numbers: ClosedRange<Int>, into box: Appliance) throws {
        for number in numbers {
            let said = try box.connect().mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") {
            try box.count("copies:2") == numbers.upperBound
        }
    }

    private func dump(_ box: Appliance) throws -> String {
        let ran = try Appliance.run(["catalog", "dump", "--config", box.configuration])
        #expect(ran.code == 0, "\(ran.messages)")
        return ran.text
    }

    @Test(
        "the dump is the same after reindex, and after the catalog was deleted or was an older one")
    func sameDump() throws {
        let smarthost = try Smarthost()
        defer { smarthost.stop() }
        let box = try Appliance(
            "--storages", "2", "--copies", "2", "--smarthost", "127.0.0.1:\(smarthost.port)")
        try box.start()
        try take(1...3, into: box)
        try box.stop()
        let path = box.folder + "/catalog.sqlite"
        let old = FileManager.default.contents(atPath: path)
        try box.start()
        try take(4...8, into: box)
        let id = try box.verb("search", "subject:\"story 5\"", "--format", "ids").line
        #expect(try box.verb("release", id).code == 0)
        try waitUntil("the note has its copies") {
            try dump(box).split(separator: "\n").count { $0.hasPrefix("[\"note entry\"]") } == 2
        }
        let before = try dump(box)
        #expect(before.split(separator: "\n").count == 8 + 16 + 1 + 2)

        #expect(try box.verb("reindex").code == 2)
        let ran = try box.verb("reindex", "--yes")
        #expect(ran.code == 0 && ran.text.contains("8 mails"), "\(ran.text)\(ran.messages)")
        try waitUntil("it is the same after reindex") { try dump(box) == before }
        #expect(FileManager.default.fileExists(atPath: path + ".before"))
        #expect(try box.count("is:released") == 1)
        #expect(try box.verb("release", id).messages.contains("nothing was sent now"))
        #expect(smarthost.mails.count == 1)
        #expect(try box.verb("verify").code == 0)

        for restored in [nil, old] {
            try box.stop()
            for ending in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path + ending)
            }
            if let restored { try restored.write(to: URL(fileURLWithPath: path)) }
            try box.start()
            try waitUntil("it is the same again") { try dump(box) == before }
        }
        try box.stop()
        #expect(try dump(box) == before, "also when nothing runs")
    }

    @Test("a catalog of many batches is made again whole, whatever was shipped again before")
    func many() throws {
        let count = 4000
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.start()
        let mbox = box.folder + "/many.mbox"
        var text: [UInt8] = []
        for number in 1...count {
            text += Array("From amy@example.org Thu Jan  1 00:00:00 2026\n".utf8)
            text += StoryTests.message(number).filter { $0 != 13 } + [10]
        }
        try Data(text).write(to: URL(fileURLWithPath: mbox))
        #expect(try box.verb("import", "mbox:" + mbox).code == 0)
        try waitUntil("all have two copies", seconds: 60) {
            try box.count("copies:2") == count
        }
        let before = try dump(box)
        let ran = try box.verb("reindex", "--yes")
        #expect(ran.code == 0 && ran.text.contains("\(count) mails"), "\(ran)")
        try waitUntil("it is the same after reindex") { try dump(box) == before }
        #expect(try box.verb("verify").code == 0)
    }

    @Test("with a storage missing, only its entries are missing")
    func oneStorageMissing() throws {
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.start()
        try take(1...5, into: box)
        let before = try dump(box)
        try box.stop()
        try FileManager.default.moveItem(
            atPath: box.folder + "/storage-2", toPath: box.folder + "/away")
        try box.start()
        #expect(try box.verb("reindex", "--yes").code == 0)
        let after = Set(try dump(box).split(separator: "\n").filter { $0.hasPrefix("[\"entry\"]") })
        let known = Set(before.split(separator: "\n").filter { $0.hasPrefix("[\"entry\"]") })
        #expect(after.count == 5 && known.count == 10 && after.isSubset(of: known))
        try box.stop()
        try FileManager.default.moveItem(
            atPath: box.folder + "/away", toPath: box.folder + "/storage-2")
        try box.start()
        try waitUntil("all is there when it is back") { try dump(box) == before }
        try box.stop()
    }
}
