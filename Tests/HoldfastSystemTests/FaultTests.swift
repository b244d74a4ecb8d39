// SPDX-License-Identifier: Apache-2.0
// What goes wrong between machines, and with what they keep: nothing accepted is lost or doubled.

import Foundation
import Testing

@Suite("Faults", .enabled(if: program != nil), .serialized)
struct FaultTests {
    @Test("links that are cut, go silent or are slow lose nothing and double nothing")
    func links() throws {
        let cluster = try Cluster(registries: 1, gateway: "copies = 2", relayed: true)
        try cluster.start()
        let promises = Promises()
        let senders = Senders(2, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        let turn = [Relay.Fault.cut, .slow, .silent]
        for _ in 0..<(isLong ? 10 : 1) {
            for fault in turn {
                for machine in [cluster.dal, cluster.front] + cluster.storages {
                    machine.relay?.set(fault)
                    Thread.sleep(forTimeInterval: Double.random(in: 0.5...1.5))
                    machine.relay?.set(.none)
                }
            }
        }
        // Two at a time: the catalog is not heard, and one storage is not either.
        let second = try #require(cluster.storages.last)
        for fault in turn {
            for machine in [cluster.dal, second] { machine.relay?.set(fault) }
            Thread.sleep(forTimeInterval: 1)
            for machine in [cluster.dal, second] { machine.relay?.set(.none) }
        }
        senders.stop()
        // Whoever waits on a wire that carries nothing gives up after a minute or two.
        try cluster.check(promises.all, copies: 2, seconds: 240)
        try cluster.waitUntilQuiet(seconds: 240)
        #expect(try cluster.verb("verify").code == 0)
    }

    @Test("a catalog that is deleted, and one that is an older copy, know all again under load")
    func catalogs() throws {
        let cluster = try Cluster(registries: 1, storages: 2, gateway: "copies = 2")
        try cluster.start()
        let promises = Promises()
        let senders = Senders(2, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        func goOn() throws {
            let before = promises.all.count
            try waitUntil("mail goes on", seconds: 60) { promises.all.count > before + 100 }
        }
        try goOn()
        try waitUntil("some are known", seconds: 60) { try cluster.count("copies:2") > 50 }
        try cluster.dal.stop()
        let path = cluster.dal.folder + "/catalog.sqlite"
        let old = try Data(contentsOf: URL(fileURLWithPath: path))
        try cluster.dal.start()
        try goOn()
        for catalog in [nil, old] {
            try cluster.dal.kill()
            for ending in ["", "-wal", "-shm"] {
                try? FileManager.default.removeItem(atPath: path + ending)
            }
            try catalog?.write(to: URL(fileURLWithPath: path))
            try cluster.dal.start()
            try goOn()
        }
        senders.stop()
        try cluster.check(promises.all, copies: 2)
        try cluster.waitUntilQuiet()
        #expect(try cluster.verb("verify").code == 0)
    }

    @Test("a flipped byte is found by reading, brought back from the other copy, and all is well")
    func flipped() throws {
        let cluster = try Cluster(registries: 1, gateway: "copies = 2")
        try cluster.start()
        for number in 1...5 { #expect(try cluster.send(number).hasPrefix("250 ")) }
        try waitUntil("all have two copies") { try cluster.count("copies:2") == 5 }
        let id = try cluster.verb("search", "subject:\"story 3\"", "--format", "ids").line
        let place = try #require(try cluster.copies(of: id).first)
        try cluster.flip(place)
        #expect(try cluster.verb("show", "--raw", id).output == StoryTests.message(3))
        let found = try cluster.verb("verify")
        #expect(found.text.contains("bad: 1") || found.text.contains("healed: 1"), "\(found.text)")
        try waitUntil("all is well again", seconds: 120) {
            let ran = try cluster.verb("verify")
            return ran.code == 0 && ran.text.contains("healed: 1")
        }
        try waitUntil("no damage is left", seconds: 120) {
            try cluster.verb("status", "--format", "json").text
                .matches(of: /"damaged" : [1-9]/).isEmpty
        }
        // The copy that was never bad is away: what is read now is what was brought back.
        let good = try cluster.copies(of: id)
        #expect(good.count == 2 && !good.contains(place), "\(good)")
        for copy in good {
            let machine = try #require(cluster.storages.first { $0.name == copy.storage })
            try machine.kill()
            #expect(try cluster.verb("show", "--raw", id).output == StoryTests.message(3))
            try machine.start()
            try waitUntil("it is back") { try cluster.roster.contains(copy.storage) }
        }
    }
}

/// Where a copy lies.
struct CopyOnDisk: Hashable {
    var storage: String
    var segment: Int
    var offset: UInt64
}

extension Cluster {
    /// The copies of a mail that live, as `show --copies` has them.
    func copies(of id: String) throws -> [CopyOnDisk] {
        try verb("show", "--copies", id).text.split(separator: "\n").compactMap { line in
            let parts = line.prefix { $0 != " " }.split(separator: "/")
            guard parts.count == 3, let segment = Int(parts[1]), let offset = UInt64(parts[2])
            else { return nil }
            return CopyOnDisk(storage: String(parts[0]), segment: segment, offset: offset)
        }
    }

    /// Changes one bit of a record, within its sections.
    func flip(_ copy: CopyOnDisk) throws {
        let folder = "\(self.folder)/\(copy.storage)/data/segments"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: folder).first {
                Int($0.dropLast(4)) == copy.segment
            })
        let file = try #require(FileHandle(forUpdatingAtPath: "\(folder)/\(name)"))
        try file.seek(toOffset: copy.offset + 300)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: copy.offset + 300)
        try file.write(contentsOf: Data([byte ^ 0x04]))
        try file.close()
    }
}
