// SPDX-License-Identifier: Apache-2.0
// Several machines under load while their parts fail, against a ledger kept outside.

import Foundation
import Testing

@Suite("Cluster", .enabled(if: program != nil), .serialized)
struct ClusterTests {
    @Test(
        "every part is killed in turn and at random, one of two Registries too: nothing is lost or doubled"
    )
    func killed() throws {
        let cluster = try Cluster(gateway: "copies = 2")
        try cluster.start()
        let promises = Promises()
        let senders = Senders(2, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        var random = SystemRandomNumberGenerator()
        let turn = cluster.machines
        let chance = (0..<(isLong ? 300 : 6)).compactMap { _ in turn.randomElement(using: &random) }
        for machine in turn + chance {
            Thread.sleep(forTimeInterval: Double.random(in: 0.1...0.6))
            try machine.kill()
            Thread.sleep(forTimeInterval: Double.random(in: 0...1.5))
            try machine.start()
        }
        senders.stop()
        try waitUntil("all are back", seconds: 60) {
            try cluster.roster.isSuperset(of: cluster.storages.map(\.name) + ["dal", "gateway"])
        }
        try cluster.check(promises.all, copies: 2)
        try cluster.waitUntilQuiet()
    }

    @Test(
        "D12: what got 250 after two copies outlives the gateway's disk, and any one storage's too")
    func promisesCopies() throws {
        let cluster = try Cluster(gateway: "copies = 2\nreply_after_copies = 2")
        try cluster.start()
        let promises = Promises()
        let senders = Senders(8, to: cluster.front.smtp, promises)
        try waitUntil("some mails got 250", seconds: 60) { promises.all.count > 200 }
        try cluster.front.kill()
        senders.stop()
        try FileManager.default.removeItem(atPath: cluster.front.folder + "/spool")
        try cluster.makeFolder(cluster.front, "spool")
        let lost = try #require(cluster.storages.first)
        try lost.kill()
        try cluster.front.start()
        try waitUntil("the gateway is back") { try cluster.roster.contains("gateway") }
        try cluster.check(promises.all, copies: 1)
        // Two of three storages are enough for two copies, and one is not.
        let second = try #require(cluster.storages.last)
        try waitUntil("mail is taken again") { try cluster.send(0).hasPrefix("250 ") }
        try second.kill()
        try waitUntil("mail is refused early") {
            let client = try MailSocket(port: cluster.front.smtp)
            _ = try client.reply()
            _ = try client.command("EHLO test")
            return try client.command("MAIL FROM:<a@b.c>").hasPrefix("451 ")
        }
    }

    @Test("with every Registry away mail goes on by the last roster; either of two is enough")
    func registries() throws {
        let cluster = try Cluster(storages: 2, gateway: "copies = 2")
        try cluster.start()
        let promises = Promises()
        let senders = Senders(2, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        for registry in cluster.registries {
            let before = promises.all.count
            try registry.kill()
            // Longer than a Registry waits for a beat: whoever could not reach the other would be gone.
            Thread.sleep(forTimeInterval: 7)
            #expect(promises.all.count > before)
            #expect(try cluster.roster.isSuperset(of: ["s1", "s2", "dal", "gateway"]))
            try registry.start()
            Thread.sleep(forTimeInterval: 3)
        }
        for registry in cluster.registries { try registry.kill() }
        let before = promises.all
        Thread.sleep(forTimeInterval: 3)
        #expect(promises.all.count > before.count)
        senders.stop()
        for registry in cluster.registries { try registry.start() }
        try cluster.check(promises.all, copies: 2)
        try cluster.waitUntilQuiet()
    }

    @Test("a data folder that is deleted takes its copies and no mail; a full disk takes none")
    func disks() throws {
        let cluster = try Cluster(registries: 1, storages: 2, gateway: "copies = 2")
        // Its disk never has as much room as it is told to leave.
        let full = try cluster.addStorage(3, more: "reserve_bytes = 1099511627776")
        try cluster.start()
        let promises = Promises()
        let senders = Senders(2, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        try waitUntil("some mails have two copies", seconds: 60) {
            try cluster.count("copies:2") > 100
        }
        let gone = try #require(cluster.storages.first)
        try gone.kill()
        try FileManager.default.removeItem(atPath: gone.folder + "/data")
        Thread.sleep(forTimeInterval: 1)
        try cluster.makeFolder(gone, "data")
        try gone.start()
        try waitUntil("the storage is back", seconds: 30) { try cluster.roster.contains("s1") }
        let before = promises.all.count
        try waitUntil("mail goes on", seconds: 30) { promises.all.count > before + 100 }
        senders.stop()
        try cluster.check(promises.all, copies: 1)
        try waitUntil("the new folder has copies", seconds: 60) {
            try cluster.count("copies:2") > 100
        }
        let kept = try FileManager.default.contentsOfDirectory(
            atPath: full.folder + "/data/segments")
        #expect(kept.isEmpty, "\(kept)")
    }

    @Test(
        "a second DAL is refused and does nothing, with two Registries; when the first is gone it takes its place"
    )
    func secondDAL() throws {
        let cluster = try Cluster(storages: 2, gateway: "copies = 2")
        try cluster.start()
        let second = try cluster.machine(
            "dal-2", "[dal]\nname = \"dal-2\"\ncopies_may_share_a_disk = true")
        try second.start()
        try waitUntil("the second says that it is refused, and why", seconds: 60) {
            second.log.contains("Refused by a Registry")
                && second.log.contains("an installation has one")
        }
        for number in 1...20 { #expect(try cluster.send(number).hasPrefix("250 ")) }
        try waitUntil("the first knows of every copy") { try cluster.count("copies:2") == 20 }
        // The first is known again at once when it is started again.
        try cluster.dal.stop()
        try cluster.dal.start()
        try waitUntil("one of them is the DAL") {
            !(try cluster.roster).isDisjoint(with: ["dal", "dal-2"])
        }
        // Registries that begin anew hear both, in whatever order.
        for registry in cluster.registries {
            try registry.kill()
            try registry.start()
        }
        try waitUntil("there is one DAL, and it holds all", seconds: 60) {
            let dals = try cluster.roster.intersection(["dal", "dal-2"])
            return try dals.count == 1 && cluster.count("copies:2") == 20
        }
        let place = try #require(try cluster.roster.contains("dal") ? cluster.dal : second)
        try place.kill()
        try waitUntil("the other takes the place, and is filled", seconds: 90) {
            try cluster.count("copies:2") == 20
        }
    }

    @Test(
        "D3: a second process on a folder, and a cloned folder elsewhere, take nothing, with two Registries"
    )
    func clones() throws {
        let cluster = try Cluster(storages: 2, gateway: "copies = 2")
        let original = try #require(cluster.storages.first)
        try cluster.start()
        let address = try #require(try cluster.nodes["s1"])
        // A second process on the same folder.
        let second = try cluster.addStorage(8, folder: original.folder + "/data")
        try second.start()
        try waitUntil("the second says why it takes nothing") {
            second.log.contains("Storage left out")
        }
        // It may still be on its way up, where a signal ends it at once.
        second.letGo()
        // The same folder, copied while it was in use, under the same name at another address.
        try FileManager.default.copyItem(
            atPath: original.folder + "/data", toPath: cluster.folder + "/copy")
        let clone = try cluster.addStorage(9, folder: cluster.folder + "/copy")
        try clone.start()
        // By itself where the copy can be told from the folder, else by a Registry.
        try waitUntil("the clone is refused", seconds: 60) {
            clone.log.contains("Storage left out") || clone.log.contains("Refused by a Registry")
        }
        // A Registry that begins anew hears both, in whatever order.
        for registry in cluster.registries {
            try registry.kill()
            try registry.start()
            Thread.sleep(forTimeInterval: 4)
            let nodes = try cluster.nodes
            #expect(nodes["s1"] == address)
            let status = try cluster.verb("status").text
            #expect(nodes["s9"] == nil || status.contains("s9: left out"))
        }
    }
}
