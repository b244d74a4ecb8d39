// SPDX-License-Identifier: Apache-2.0
// When a folder is taken for one whose disk is not mounted.

import Foundation
import Testing

@testable import holdfast

@Suite struct KnownDisksTests {
    private var known: KnownDisks {
        var disks = KnownDisks()
        disks.remember([
            DataPlace(folder: "/srv/a", disk: "1", isNew: false),
            DataPlace(folder: "/srv/b", disk: "2", isNew: false),
            DataPlace(folder: "/srv/never", disk: "3", isNew: true),
        ])
        return disks
    }

    @Test(
        "only what is empty, and on another disk than before, misses its disk",
        arguments: [
            ("/srv/a", "9", true, true),
            // Emptied on its own disk, it is a new storage, as ever.
            ("/srv/a", "1", true, false),
            // What lies there says itself where it belongs.
            ("/srv/a", "9", false, false),
            ("/srv/new", "9", true, false),
            ("/srv/never", "9", true, false),
        ])
    func rule(folder: String, disk: String, isNew: Bool, misses: Bool) {
        #expect(known.misses(DataPlace(folder: folder, disk: disk, isNew: isNew)) == misses)
    }

    @Test("what is forgotten, or named no more, is new wherever it lies")
    func forgotten() {
        let empty = DataPlace(folder: "/srv/a", disk: "9", isNew: true)
        var disks = known
        let (first, second) = (disks.forget("/srv/a"), disks.forget("/srv/a"))
        #expect(first && !second)
        #expect(!disks.misses(empty))
        disks = known
        disks.keep(only: ["/srv/b"])
        #expect(!disks.misses(empty))
        #expect(disks.misses(DataPlace(folder: "/srv/b", disk: "9", isNew: true)))
    }

    @Test("the file brings back what was known; one that is damaged is not taken for none")
    func file() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try KnownDisks(file: path) == KnownDisks())
        try known.write(to: path)
        #expect(try KnownDisks(file: path) == known)
        try Data("{".utf8).write(to: URL(filePath: path))
        #expect(throws: Failure.self) { try KnownDisks(file: path) }
    }
}
