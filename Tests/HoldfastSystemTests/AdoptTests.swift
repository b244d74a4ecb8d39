// SPDX-License-Identifier: Apache-2.0
// A folder that was copied to another place is a node of its own, or nothing.

import Foundation
import Testing

@Suite("Adoption", .enabled(if: program != nil), .serialized)
struct AdoptTests {
    @Test("a copied storage is refused with the cure, and adopted it is served with all it holds")
    func copied() throws {
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.start()
        for number in 1...5 {
            let said = try box.connect().mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == 5 }
        let id = try box.verb("search", "subject:\"story 3\"", "--format", "ids").line
        try box.stop()

        let other = box.folder + "/moved"
        try FileManager.default.copyItem(atPath: box.folder + "/storage-2", toPath: other)
        try box.replace("folder = \"storage-2\"", with: "folder = \"moved\"")
        try box.start()
        let status = try box.verb("status").text
        #expect(status.contains("left out") && status.contains("holdfast adopt \(other)"))
        #expect(try box.verb("adopt", other).code == 0, "nobody has it open")
        try box.stop()
        try box.start()
        try waitUntil("its copies are known under the new identity") {
            // Alive is only the storage that has the identity of the entry.
            let shown = try box.verb("show", "--copies", id).text
            return shown.contains("2 of 2 copies") && shown.contains("storage-2/")
                && !shown.contains("away")
        }
        let inUse = try box.verb("adopt", other)
        #expect(inUse.code == 78 && inUse.messages.contains("stop"), "\(inUse.messages)")
        try FileManager.default.removeItem(atPath: box.folder + "/storage-1/segments")
        #expect(try box.verb("show", "--raw", id).output == StoryTests.message(3))
        try box.stop()
        let none = try box.verb("adopt", box.folder)
        #expect(none.code == 78 && none.messages.contains("no data folder"))
    }

    @Test(
        "D3: a storage overwritten in place with an older state of itself takes no mail until it is adopted"
    )
    func overwritten() throws {
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.start()
        try take(1...3, into: box)
        try box.stop()
        let (folder, backup) = (box.folder + "/storage-2", box.folder + "/backup")
        try FileManager.default.copyItem(atPath: folder, toPath: backup)
        try box.start()
        try take(4...6, into: box)
        try box.stop()
        // As `rsync --delete` does: the folder is the same, what is in it is not.
        try replaceContents(of: folder, with: backup)
        try box.start()
        try waitUntil("it says what is wrong, and what to do") {
            let status = try box.verb("status").text
            return status.contains("older state of itself")
                && status.contains("holdfast adopt \(folder)")
                && status.contains("alive, takes nothing")
        }
        try box.stop()
        #expect(try box.verb("adopt", folder).code == 0)
        try box.start()
        try waitUntil("all have their copies again", seconds: 150) {
            try box.count("copies:2") == 6 && box.count("is:short") == 0
        }
        try take(7...8, into: box)
        #expect(try !box.verb("status").text.contains("older state"))
        // Those of the state that is gone are known to be made again, byte for byte.
        try FileManager.default.removeItem(atPath: box.folder + "/storage-1/segments")
        for number in 1...8 {
            let id = try box.verb("search", "subject:\"story \(number)\"", "--format", "ids").line
            #expect(try box.verb("show", "--raw", id).output == StoryTests.message(number))
        }
    }

    private func take(_ numbers: ClosedRange<Int>, into box: Appliance) throws {
        for number in numbers {
            let said = try box.connect().mail(
                StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == numbers.upperBound }
    }

    private func replaceContents(of folder: String, with other: String) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder) {
            try files.removeItem(atPath: "\(folder)/\(name)")
        }
        for name in try files.contentsOfDirectory(atPath: other) {
            try files.copyItem(atPath: "\(other)/\(name)", toPath: "\(folder)/\(name)")
        }
    }
}

extension Appliance {
    /// Changes the text of the configuration; for the next start.
    func replace(_ old: String, with new: String) throws {
        let text = try String(contentsOfFile: configuration, encoding: .utf8)
        #expect(text.contains(old))
        try text.replacingOccurrences(of: old, with: new)
            .write(toFile: configuration, atomically: true, encoding: .utf8)
    }
}
