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
