// SPDX-License-Identifier: Apache-2.0
// Starts that fail: one sentence with a cure, its code, and nothing left behind.

import Foundation
import Testing

@Suite("Starts", .enabled(if: program != nil), .serialized)
struct StartTests {
    private let files = FileManager.default

    private func isThere(_ name: String, in box: Appliance) -> Bool {
        files.fileExists(atPath: "\(box.folder)/\(name)")
    }

    @Test("a spool that is missing, or no folder, is 78 and never made; with the folder it starts")
    func noSpool() throws {
        let box = try Appliance()
        let spool = box.folder + "/spool"
        try files.removeItem(atPath: spool)
        let missing = try box.verb("serve")
        #expect(missing.code == 78 && missing.messages.contains("mkdir"), "\(missing.messages)")
        #expect(!isThere("spool", in: box) && !isThere("catalog.sqlite", in: box))
        _ = files.createFile(atPath: spool, contents: nil)
        let file = try box.verb("serve")
        #expect(file.code == 78 && file.messages.contains("no folder"), "\(file.messages)")
        #expect(!isThere("catalog.sqlite", in: box))
        try files.removeItem(atPath: spool)
        try files.createDirectory(atPath: spool, withIntermediateDirectories: false)
        try box.start()
        try box.stop()
    }

    @Test("a spool that another process has is 78, says so, and nothing is made")
    func spoolInUse() throws {
        let (box, other) = (try Appliance(), try Appliance())
        try box.start()
        try other.set("spool", "\"\(box.folder)/spool\"")
        let second = try other.verb("serve")
        #expect(
            second.code == 78 && second.messages.contains("stop the other"), "\(second.messages)")
        #expect(!isThere("catalog.sqlite", in: other))
        #expect(!isThere("storage-1/holdfast.node", in: other))
        try box.stop()
    }

    @Test("a spool that was made on another disk is 78, and says how to go on")
    func spoolMoved() throws {
        let box = try Appliance()
        try "format 1\nnode 7\ndisk 1\nfolder 1\nrun 3\n".write(
            toFile: box.folder + "/spool/holdfast.node", atomically: true, encoding: .utf8)
        let ran = try box.verb("serve")
        #expect(ran.code == 78 && ran.messages.contains("another disk"), "\(ran.messages)")
        #expect(!isThere("catalog.sqlite", in: box))
    }
}
