// SPDX-License-Identifier: Apache-2.0
// A disk that is not mounted: its storage stays out, and what lies below its mount point stays empty.

import Foundation
import Testing

@Suite("Mounts", .enabled(if: program != nil && otherDisk != nil), .serialized)
struct MountTests {
    @Test(
        "the storage of an absent mount stays out, alone; mounted again it has all, and a new one is adopted"
    )
    func absent() throws {
        let files = FileManager.default
        let box = try Appliance("--storages", "2", "--copies", "2")
        let (mount, other) = (box.folder + "/mount", try #require(otherDisk) + "/\(UUID())")
        defer { try? files.removeItem(atPath: other) }
        try files.createDirectory(atPath: other, withIntermediateDirectories: false)
        // A link to a folder of another disk is, for who follows it, what a mount is.
        try files.createSymbolicLink(atPath: mount, withDestinationPath: other)
        try box.replace("folder = \"storage-2\"", with: "folder = \"mount\"")
        try box.start()
        for number in 1...3 { try take(number, by: box) }
        try waitUntil("all have two copies") { try box.count("copies:2") == 3 }
        try box.stop()

        try files.removeItem(atPath: mount)
        try files.createDirectory(atPath: mount, withIntermediateDirectories: false)
        try box.start()
        try waitUntil("it stays out, and status says how to go on") {
            let status = try box.verb("status").text
            return status.contains("left out") && status.contains("holdfast adopt \(mount)")
        }
        try take(4, by: box)
        try waitUntil("the other storage goes on") { try box.count("") == 4 }
        try box.stop()
        #expect(try files.contentsOfDirectory(atPath: mount).isEmpty)

        try files.removeItem(atPath: mount)
        try files.createSymbolicLink(atPath: mount, withDestinationPath: other)
        try box.start()
        try waitUntil("mounted again, it has what it had and gets what it missed") {
            try box.count("copies:2") == 4
        }
        try box.stop()

        try files.removeItem(atPath: mount)
        try files.createDirectory(atPath: mount, withIntermediateDirectories: false)
        let adopted = try box.verb("adopt", mount)
        #expect(adopted.code == 0 && adopted.text.contains("new"), "\(adopted.messages)")
        try box.start()
        try waitUntil("as a new storage it gets its copies") { try box.count("copies:2") == 4 }
        try box.stop()
    }

    private func take(_ number: Int, by box: Appliance) throws {
        let said = try box.connect().mail(
            StoryTests.message(number), from: "amy@example.org", to: ["ben@example.com"])
        #expect(said.hasPrefix("250"), "\(said)")
    }
}

/// A folder on another disk than the tests' own, where the machine has one that anybody may write.
private let otherDisk: String? = {
    func device(of path: String) -> String {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.systemNumber].map { "\($0)" } ?? "none"
    }
    let memory = device(of: "/dev/shm")
    guard memory != "none", memory != device(of: FileManager.default.temporaryDirectory.path)
    else { return nil }
    return "/dev/shm"
}()
