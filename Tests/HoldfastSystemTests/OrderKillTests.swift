// SPDX-License-Identifier: Apache-2.0
// Every part is killed at random while people hold, purge, and empty a storage.

import Foundation
import Testing

@Suite("Killed under orders", .enabled(if: program != nil), .serialized)
struct OrderKillTests {
    /// What a person was told of one mail; a verb that ended otherwise may have done its work or not.
    private struct Ledger {
        var held: Set<Int> = []
        var purged: Set<Int> = []
        var unsure: Set<Int> = []

        mutating func note(_ verb: String, _ number: Int, _ code: Int32) {
            // 3: it is ordered, and waits for a storage that is away.
            guard code == 0 || code == 3 else {
                unsure.insert(number)
                return
            }
            if verb == "purge" {
                purged.insert(number)
            } else {
                held.insert(number)
            }
        }
    }

    @Test("kill -9 of every role while repairs, purges and holds go on: all of it stands")
    func killed() throws {
        let cluster = try Cluster(registries: 1, gateway: "copies = 2")
        try cluster.start()
        let promises = Promises()
        let senders = Senders(1, to: cluster.front.smtp, promises)
        defer { senders.stop() }
        try waitUntil("some mails are known", seconds: 60) {
            try cluster.count("copies:2") > 100 && cluster.count("node:s3") > 0
        }
        var ledger = Ledger()
        // Its copies are made elsewhere meanwhile.
        #expect(try cluster.verb("drain", "s3").code == 3)
        let rounds = isLong ? 120 : 10
        for round in 0..<rounds {
            let machine = try #require(cluster.machines.randomElement())
            try machine.kill()
            try order(round % 2 == 0 ? "purge" : "hold", of: promises.all, in: cluster, &ledger)
            try machine.start()
            try order(round % 2 == 0 ? "hold" : "purge", of: promises.all, in: cluster, &ledger)
        }
        senders.stop()
        try waitUntil("all are back", seconds: 60) {
            try cluster.roster.isSuperset(of: cluster.storages.map(\.name) + ["dal", "gateway"])
        }
        let drained = try cluster.verb("drain", "s3", "--wait")
        #expect(drained.code == 0, "\(drained.text) \(drained.messages)")
        try check(ledger, promises.all, in: cluster)
        #expect(try cluster.verb("drain", "s3", "--cancel").code == 0)
        try cluster.waitUntilQuiet()
        try waitUntil("all is well", seconds: 120) { try cluster.verb("verify").code == 0 }
    }

    /// A person orders something of some mail, whoever is there to hear it.
    private func order(
        _ verb: String, of promised: [Int], in cluster: Cluster, _ ledger: inout Ledger
    ) throws {
        let touched = ledger.held.union(ledger.purged).union(ledger.unsure)
        guard let number = promised.randomElement(), !touched.contains(number) else { return }
        let found = try cluster.verb(
            "search", "subject:\"story \(number)\"", "--format", "ids")
        guard found.code == 0, !found.line.isEmpty else { return }
        let ran = try cluster.verb(verb, found.line, "--reason", "test", "--wait", "2")
        ledger.note(verb, number, ran.code)
    }

    private func check(_ ledger: Ledger, _ promised: [Int], in cluster: Cluster) throws {
        print("\(ledger.purged.count) purged, \(ledger.held.count) held")
        #expect(ledger.purged.count + ledger.held.count > 2)
        let kept = promised.filter { !ledger.purged.union(ledger.unsure).contains($0) }
        try cluster.check(kept, copies: 2)
        for number in ledger.purged {
            #expect(try cluster.count("subject:\"story \(number)\"") == 0, "purged \(number)")
        }
        for number in ledger.held {
            #expect(try cluster.count("is:held subject:\"story \(number)\"") == 1, "held \(number)")
        }
    }
}
