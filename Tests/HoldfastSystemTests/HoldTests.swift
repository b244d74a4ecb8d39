// SPDX-License-Identifier: Apache-2.0
// What people want of mails, whoever is away, and whatever is lost that is derived.

import Foundation
import Testing

@Suite("Hold and purge", .enabled(if: program != nil), .serialized)
struct HoldTests {
    private func filled() throws -> Appliance {
        let box = try Appliance("--storages", "2", "--copies", "2")
        try box.set("compress", "\"none\"")
        try box.set("purge_days", "0", in: "storage_defaults")
        try box.start()
        let client = try box.connect()
        for number in 1...4 {
            let said = try client.mail(
                StoryTests.message(number, text: "secret\(number)word"), from: "amy@example.org",
                to: ["ben@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == 4 }
        return box
    }

    private func id(of number: Int, in box: Appliance) throws -> String {
        try box.verb("search", "secret\(number)word", "--format", "ids").line
    }

    private func loseCatalog(of box: Appliance) throws {
        for ending in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: box.folder + "/catalog.sqlite" + ending)
        }
    }

    /// How many files of a folder hold some octets.
    private func files(in folder: String, with text: String) throws -> Int {
        let wanted = Data(text.utf8)
        return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)")?.range(of: wanted) != nil
        }
    }

    @Test("a purge reaches a storage that was away, though the catalog was lost meanwhile")
    func purge() throws {
        let box = try filled()
        let (one, three) = (try id(of: 1, in: box), try id(of: 3, in: box))
        try box.stop()
        let (folder, away) = (box.folder + "/storage-2", box.folder + "/away")
        try FileManager.default.moveItem(atPath: folder, toPath: away)
        try box.start()
        let ran = try box.verb("purge", one, "--reason", "court order")
        #expect(ran.code == 0 && ran.messages.contains("not confirmed yet by storage-2"), "\(ran)")
        #expect(try box.count("") == 3 && box.verb("show", one).code == 1)
        #expect(try box.count("secret1word") == 0)
        #expect(try box.verb("purge", one).code == 1)
        let expired = try box.verb("expire")
        #expect(expired.code == 3 && expired.messages.contains("storage-2"), "\(expired)")
        try waitUntil("its bytes are gone from the first storage") {
            try files(in: box.folder + "/storage-1/segments", with: "secret1word") == 0
        }
        #expect(try box.verb("show", three).code == 0, "its neighbours stay")

        try box.stop()
        try loseCatalog(of: box)
        try FileManager.default.moveItem(atPath: away, toPath: folder)
        #expect(try files(in: folder + "/segments", with: "secret1word") == 1)
        try box.start()
        try waitUntil("the others are found again") { try box.count("copies:2") == 3 }
        try waitUntil("its bytes are gone from the other storage") {
            _ = try box.verb("expire")
            return try files(in: folder + "/segments", with: "secret1word") == 0
        }
        #expect(try box.count("") == 3 && box.verb("show", one).code == 1)
        #expect(
            try box.verb("show", "--raw", three).output
                == StoryTests.message(3, text: "secret3word"))
        try waitUntil("nothing waits at the gateway") {
            try box.verb("status", "--format", "json").text.contains("\"tasks\" : 0")
        }
    }

    @Test("a storage that was declared lost and comes back never reads out what was purged")
    func purgeWhileGone() throws {
        let box = try filled()
        let one = try id(of: 1, in: box)
        try box.stop()
        let (folder, away) = (box.folder + "/storage-2", box.folder + "/away")
        try FileManager.default.moveItem(atPath: folder, toPath: away)
        try box.start()
        #expect(try box.verb("drain", "storage-2", "--gone").code == 0)
        // Waited for is one that lives, and nobody else.
        let ran = try box.verb("purge", one)
        #expect(ran.code == 0 && ran.text == "\(one)\tpurge\t1\n", "\(ran)")
        #expect(ran.messages.isEmpty, "\(ran)")
        try box.stop()
        try FileManager.default.moveItem(atPath: away, toPath: folder)
        try box.start()
        // From the first answer on.
        let found = try box.verb("search", "secret1word", "--direct")
        #expect(found.code != 0 && found.output.isEmpty, "\(found)")
        try waitUntil("it knows, and counts again", seconds: 60) {
            try box.verb("search", "secret1word", "--direct").code == 1
                && box.verb("search", "secret3word", "--direct").code == 0
                && box.count("is:short") == 0
        }
    }

    /// The one mail of a box, and the name of the storage that has its one copy.
    private func oneMail(in box: Appliance) throws -> (id: String, storage: String) {
        try box.start()
        let client = try box.connect()
        let said = try client.mail(
            StoryTests.message(1), from: "amy@example.org", to: ["ben@example.com"])
        #expect(said.hasPrefix("250"))
        try waitUntil("it has its copy") { try box.count("copies:1") == 1 }
        let id = try box.verb("search", "", "--format", "ids").line
        let copies = try box.verb("show", "--copies", id).text
        return (id, copies.contains("storage-1/") ? "storage-1" : "storage-2")
    }

    private func isGone(_ box: Appliance) throws -> Bool {
        try box.ask("GET", "/dal/dal/nodes").text.contains(/"gone" ?: ?true/)
    }

    @Test("a storage that is being emptied is waited for as any other that has a copy")
    func holdWhileDraining() throws {
        let box = try Appliance("--storages", "1", "--copies", "1")
        let (id, storage) = try oneMail(in: box)
        _ = try box.verb("drain", storage)
        try waitUntil("its copies count no more") { try isGone(box) }
        let ran = try box.verb("hold", id, "--reason", "case 17")
        #expect(ran.code == 0 && ran.text == "\(id)\thold\t1\n", "\(ran)")
        #expect(ran.messages.isEmpty, "\(ran)")
    }

    @Test("a hold that no storage can confirm is not said to be safe")
    func holdOfWhatIsLost() throws {
        let box = try Appliance("--storages", "2", "--copies", "1")
        let (id, storage) = try oneMail(in: box)
        try box.stop()
        try FileManager.default.moveItem(
            atPath: box.folder + "/" + storage, toPath: box.folder + "/away")
        try box.start()
        #expect(try box.verb("drain", storage, "--gone").code == 0)
        let ran = try box.verb("hold", id, "--reason", "case 17")
        #expect(ran.code == 3 && ran.text == "\(id)\thold\t0\n", "\(ran)")
        #expect(ran.messages.contains(storage) && ran.messages.contains("gone"), "\(ran)")
        try waitUntil("it is shown to have no copy") {
            let shown = try box.verb("show", "--copies", id).text
            return shown.contains("0 of 1 copies") && shown.contains("does not count")
        }
    }

    @Test("octets that were purged are refused when they are imported again, and why is said")
    func importAgain() throws {
        let box = try Appliance()
        try box.start()
        let file = box.folder + "/one.eml"
        try Data(StoryTests.message(1, text: "secretword")).write(
            to: URL(fileURLWithPath: file))
        #expect(try box.verb("import", file).code == 0)
        try waitUntil("it is found") { try box.count("secretword") == 1 }
        let id = try box.verb("search", "secretword", "--format", "ids").line
        let purged = try box.verb("purge", id, "--reason", "court order")
        #expect(purged.code == 0, "\(purged)")
        let again = try box.verb("import", file, "--format", "json")
        #expect(again.code == 3 && again.messages.contains("purged; not taken again until"))
        #expect(again.text.contains("\"stored\" : 0") && again.text.contains("\"refused\" : 1"))
        #expect(try box.count("") == 0)
    }

    @Test("a hold survives a deleted catalog, and ends with unhold")
    func hold() throws {
        let box = try filled()
        let ran = try box.verb("hold", "secret2word", "--reason", "case 17")
        #expect(ran.code == 0 && ran.text.contains("\thold\t"), "\(ran)")
        #expect(try box.verb("hold", "nowhere").code == 1)
        let two = try id(of: 2, in: box)
        #expect(try box.verb("search", "is:held", "--format", "ids").line == two)
        #expect(try box.verb("show", two).text.contains(", held"))
        try box.stop()
        try loseCatalog(of: box)
        try box.start()
        try waitUntil("all is found again") { try box.count("copies:2") == 4 }
        try waitUntil("what is held is known again") { try box.count("is:held") == 1 }
        #expect(try box.verb("unhold", two).code == 0)
        #expect(try box.count("is:held") == 0)
        try box.stop()
        try loseCatalog(of: box)
        try box.start()
        try waitUntil("all is found once more") { try box.count("copies:2") == 4 }
        try waitUntil("nothing waits to be indexed") {
            try box.verb("status", "--format", "json").text.contains("\"index\" : 0")
        }
        #expect(try box.count("is:held") == 0)
    }
}
