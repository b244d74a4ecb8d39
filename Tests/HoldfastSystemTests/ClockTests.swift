// SPDX-License-Identifier: Apache-2.0
// Clocks that are off by years: nothing expires, and no mail gets days that nobody meant.

import Foundation
import Testing

@Suite(
    "Clocks", .enabled(if: program != nil && OtherClock.library != nil && isLong), .serialized)
struct ClockTests {
    /// A machine is started again with another clock.
    private func restart(_ machine: Machine, days: Int, in cluster: Cluster) throws {
        try machine.stop()
        machine.clockDays = days
        try machine.start()
        let name = machine.name == "front" ? "gateway" : machine.name
        try waitUntil("\(name) is back", seconds: 60) { try cluster.roster.contains(name) }
    }

    private func expectNothingExpired(_ count: Int, in cluster: Cluster) throws {
        let ran = try cluster.verb("expire")
        #expect(ran.text.contains("0 segments"), "\(ran)")
        #expect(try cluster.count("") == count)
    }

    @Test("a storage whose clock is years off loses nothing, and nothing is forgotten on its word")
    func storage() throws {
        let cluster = try Cluster(registries: 1, gateway: "copies = 2")
        try cluster.start()
        for number in 1...10 { #expect(try cluster.send(number).hasPrefix("250 ")) }
        try waitUntil("all have two copies") { try cluster.count("copies:2") == 10 }
        let wrong = try #require(cluster.storages.first)
        var sent = 10
        for days in [1100, -1100] {
            try restart(wrong, days: days, in: cluster)
            // Its lists are compared by one day, not by its own.
            let ran = try cluster.verb("verify")
            #expect(ran.code == 0, "\(days): \(ran)")
            for number in sent + 1...sent + 10 {
                #expect(try cluster.send(number).hasPrefix("250 "))
            }
            sent += 10
            try waitUntil("new mail has two copies", seconds: 60) {
                try cluster.count("copies:2") == sent
            }
            try expectNothingExpired(sent, in: cluster)
            try restart(wrong, days: 0, in: cluster)
            try expectNothingExpired(sent, in: cluster)
        }
        try cluster.waitUntilQuiet()
        #expect(try cluster.verb("verify").code == 0)
    }

    private func replyToSender(in cluster: Cluster) throws -> String {
        let client = try MailSocket(port: cluster.front.smtp)
        _ = try client.reply()
        _ = try client.command("EHLO test")
        return try client.command("MAIL FROM:<a@b.c>")
    }

    @Test("a gateway whose clock is years off takes no mail, and drops none that it has")
    func gateway() throws {
        let cluster = try Cluster(registries: 1, storages: 1, gateway: "copies = 1")
        try cluster.start()
        let storage = try #require(cluster.storages.first)
        try storage.stop()
        for number in 1...5 { #expect(try cluster.send(number).hasPrefix("250 ")) }
        for days in [1100, -1100] {
            try restart(cluster.front, days: days, in: cluster)
            try waitUntil("mail is refused for now, and why is said", seconds: 30) {
                try replyToSender(in: cluster).hasPrefix("451 ")
                    && cluster.verb("status").text.contains("clock")
            }
            let report = try cluster.verb("status", "--format", "json").text
            #expect(report.contains("\"tasks\" : 5"), "\(report)")
        }
        try restart(cluster.front, days: 0, in: cluster)
        try waitUntil("mail is taken again") { try cluster.send(6).hasPrefix("250 ") }
        try storage.start()
        try waitUntil("all are kept", seconds: 120) { try cluster.count("copies:1") >= 6 }
        for number in 1...6 { #expect(try cluster.count("subject:\"story \(number)\"") == 1) }
    }

    @Test("a DAL whose clock is years off forgets nothing, and no storage drops on its word")
    func dal() throws {
        let cluster = try Cluster(registries: 1, storages: 2, gateway: "copies = 2")
        try cluster.start()
        for number in 1...10 { #expect(try cluster.send(number).hasPrefix("250 ")) }
        try waitUntil("all have two copies") { try cluster.count("copies:2") == 10 }
        var sent = 10
        for days in [1900, -1900] {
            try restart(cluster.dal, days: days, in: cluster)
            for number in sent + 1...sent + 10 {
                #expect(try cluster.send(number).hasPrefix("250 "))
            }
            sent += 10
            #expect(try cluster.verb("expire").text.contains("0 segments"))
            try cluster.waitUntilQuiet()
        }
        try restart(cluster.dal, days: 0, in: cluster)
        try waitUntil("all are there, each once", seconds: 60) {
            try cluster.count("copies:2") == sent && cluster.count("") == sent
        }
        #expect(try cluster.verb("verify").code == 0)
    }
}
