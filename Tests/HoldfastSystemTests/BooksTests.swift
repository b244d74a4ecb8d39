// SPDX-License-Identifier: Apache-2.0
// What became of the mails of a day, and of one mail.

import Foundation
import Testing

@Suite("Books and traces", .enabled(if: program != nil), .serialized)
struct BooksTests {
    @Test("audit: accepted is stored, joined or refused, and what is stored lives or was purged")
    func balances() throws {
        let cluster = try Cluster(
            registries: 1, storages: 2, gateway: "copies = 2\ncompress = \"none\"\nkeep_days = 7")
        try cluster.start()
        let day = try today()
        for number in 1...4 { #expect(try cluster.send(number).hasPrefix("250 ")) }
        // What has one id by its octets comes again when the gateway has forgotten it, and is kept anew
        // for a later day.
        for days in [7, 7, 60] {
            #expect(try post(StoryTests.message(5), days, to: cluster.front).contains("200 OK"))
            try waitUntil("all have two copies") { try cluster.count("copies:2") == 5 }
            try cluster.waitUntilQuiet()
        }
        let three = try cluster.verb("search", "subject:\"story 3\"", "--format", "ids").line
        #expect(try cluster.verb("purge", three, "--reason", "court order").code == 0)
        try damageInSpool(6, of: cluster)
        try expectBooks(
            "accepted 8 = stored 5 + joined 2 + refused 1 + given up 0 + on their way 0",
            "stored 5 = live 4 + expired 0 + purged 1", on: day, in: cluster)
        let json = try cluster.verb("audit", "--day", day, "--format", "json")
        #expect(json.code == 0 && json.text.contains("\"format_version\" : 1"), "\(json)")
        #expect(try cluster.verb("audit", "--day", "2001-01-01").text.contains("accepted 0 = "))
        #expect(try cluster.verb("audit", "--day", "someday").code == 2)
    }

    private func post(_ message: [UInt8], _ days: Int, to machine: Machine) throws -> String {
        let client = try MailSocket(port: machine.http)
        let head =
            "POST /gateway/gateway/mails?id=octets&keep_days=\(days) HTTP/1.1\r\nHost: test\r\n"
            + "Authorization: Bearer \(Cluster.token)\r\nContent-Length: \(message.count)\r\n\r\n"
        try client.send(Array(head.utf8) + message)
        return try client.line() ?? ""
    }

    /// The day (UTC) on which what follows will be received.
    private func today() throws -> String {
        try waitUntil("the day is not about to end", seconds: 70) {
            Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 86_400) < 86_340
        }
        return String(Date().ISO8601Format().prefix(10))
    }

    /// A mail that got 250, and is damaged before any storage has it: nobody takes it.
    private func damageInSpool(_ number: Int, of cluster: Cluster) throws {
        for storage in cluster.storages { try storage.stop() }
        #expect(try cluster.send(number).hasPrefix("250 "))
        let folder = cluster.front.folder + "/spool/segments"
        let text = Data("end \(number)\r\n".utf8)
        var isDamaged = false
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            let path = "\(folder)/\(name)"
            guard let place = FileManager.default.contents(atPath: path)?.range(of: text) else {
                continue
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seek(toOffset: UInt64(place.lowerBound))
            try file.write(contentsOf: Data("END".utf8))
            try file.close()
            isDamaged = true
        }
        #expect(isDamaged)
        for storage in cluster.storages { try storage.start() }
    }

    private func expectBooks(
        _ accepted: String, _ stored: String, on day: String, in cluster: Cluster
    ) throws {
        var ran = Ran(output: [], messages: "", code: -1)
        do {
            try waitUntil("the books are as they should be", seconds: 60) {
                ran = try cluster.verb("audit", "--day", day)
                return ran.text.contains(accepted) && ran.text.contains(stored)
            }
        } catch {
            Issue.record("\(ran)")
            throw error
        }
        #expect(ran.code == 0 && ran.text.hasSuffix("Balanced.\n"), "\(ran)")
    }

    @Test("audit needs the books of all who were there on that day")
    func needsAll() throws {
        let cluster = try Cluster(registries: 1, storages: 2, gateway: "copies = 2")
        try cluster.start()
        let second = try cluster.machine(
            "second",
            """
            [gateway]
            name = "gateway-2"
            smtp = "{smtp}"
            reserve_bytes = 0
            copies = 2
            """)
        try cluster.makeFolder(second, "spool")
        try second.start()
        func waitFor(_ name: String, isThere: Bool = true) throws {
            try waitUntil("\(name) is there: \(isThere)", seconds: 60) {
                try cluster.roster.contains(name) == isThere
            }
        }
        try waitFor("gateway-2")
        let day = try today()
        for (number, port) in [(1, cluster.front.smtp), (2, second.smtp), (3, second.smtp)] {
            let client = try MailSocket(port: port)
            _ = try client.reply()
            _ = try client.command("EHLO test")
            let said = try client.mail(StoryTests.message(number), from: "a@b.c", to: ["d@e.f"])
            #expect(said.hasPrefix("250 "))
        }
        try waitUntil("all have two copies", seconds: 60) { try cluster.count("copies:2") == 3 }
        try cluster.waitUntilQuiet()
        let all = try cluster.verb("audit", "--day", day)
        #expect(all.code == 0 && all.text.contains("accepted 3 = stored 3 + joined 0"), "\(all)")
        try second.stop()
        try waitFor("gateway-2", isThere: false)
        let away = try cluster.verb("audit", "--day", day)
        #expect(away.code == 5 && away.messages.contains("gateway-2"), "\(away)")
        let without = try cluster.verb("audit", "--day", day, "--without", "gateway-2")
        #expect(without.code == 0 && without.text.contains("Without gateway-2"), "\(without)")
        #expect(try cluster.verb("audit", "--day", "2001-01-01").code == 0, "it was not there then")
        try second.start()
        try waitFor("gateway-2")
        #expect(try cluster.verb("audit", "--day", day).code == 0)
        try cluster.storages[1].kill()
        try waitFor("s2", isThere: false)
        let half = try cluster.verb("audit", "--day", day)
        #expect(half.code == 5 && half.messages.contains("s2"), "\(half)")
    }

    private struct Trace: Decodable {
        struct Event: Decodable {
            var time: String?
            var what: String
            var who: String
            var detail: String
        }
        var format_version: Int
        var mail: String
        var events: [Event]

        func events(_ what: String) -> [Event] { events.filter { $0.what == what } }
    }

    @Test("trace: when and where a mail was taken in, copied, indexed, acked, released, held")
    func traces() throws {
        let smarthost = try Smarthost()
        defer { smarthost.stop() }
        let box = try Appliance(
            "--storages", "2", "--copies", "2", "--smarthost", "127.0.0.1:\(smarthost.port)")
        try box.start()
        for number in 1...2 {
            let said = try box.connect().mail(
                StoryTests.message(number), from: "amy@example.org",
                to: ["ben@example.com", "cy@example.com"])
            #expect(said.hasPrefix("250"))
        }
        try waitUntil("all have two copies") { try box.count("copies:2") == 2 }
        let id = try box.verb("search", "subject:\"story 2\"", "--format", "ids").line
        #expect(try box.verb("release", id).code == 0)
        #expect(try box.verb("hold", id, "--reason", "case 17").code == 0)
        #expect(try box.verb("unhold", id).code == 0)
        try waitUntil("the note is indexed") { try box.count("is:released") == 1 }

        let ran = try box.verb("trace", id, "--format", "json")
        let trace = try JSONDecoder().decode(Trace.self, from: Data(ran.output))
        #expect(ran.code == 0 && trace.format_version == 1 && trace.mail == id)
        #expect(trace.events.allSatisfy { $0.time != nil }, "\(ran.text)")
        #expect(trace.events.map { $0.time ?? "" } == trace.events.map { $0.time ?? "" }.sorted())
        let taken = try #require(trace.events.first)
        #expect(taken.what == "taken in" && taken.who == "gateway", "\(taken)")
        #expect(taken.detail == "by ESMTP from 127.0.0.1 as test")
        for what in ["copied", "indexed"] {
            let events = trace.events(what)
            #expect(Set(events.map(\.who)) == ["storage-1", "storage-2"], "\(events)")
            #expect(events.allSatisfy { $0.detail.hasPrefix($0.who + "/") }, "\(events)")
        }
        #expect(trace.events("acked").count == 1)
        #expect(trace.events("ordered").count == 1)
        let released = trace.events("released")
        #expect(released.map(\.who) == Array(repeating: "127.0.0.1:\(smarthost.port)", count: 2))
        #expect(
            released.map(\.detail) == [
                "ben@example.com: sent 250 2.0.0 kept", "cy@example.com: sent 250 2.0.0 kept",
            ], "\(released)")
        #expect(trace.events("hold").map(\.detail) == ["case 17"])
        #expect(trace.events("unhold").count == 1)

        let text = try box.verb("trace", id).text
        #expect(text.hasPrefix(id) && text.contains("taken in") && text.contains("storage-2"))
        for name in [
            String(id.prefix(20)), "<story.2@example.org>", "story.2@example.org",
            "msgid:story.2@example.org", "msgid:<story.2@example.org>",
        ] {
            #expect(try box.verb("trace", name).text == text, "\(name)")
        }
        for name in ["01kav2m4", "<nobody@example.org>", "msgid:nobody"] {
            let none = try box.verb("trace", name)
            #expect(none.code == 1 && none.messages.contains("there is no mail"), "\(none)")
        }
        // A catalog that is made anew says when it was, and knows the rest as before.
        #expect(try box.verb("reindex", "--yes").code == 0)
        try waitUntil("it is all known again") {
            let again = try box.verb("trace", id, "--format", "json")
            let found = try? JSONDecoder().decode(Trace.self, from: Data(again.output))
            return found.map { found in
                ["copied", "released", "hold", "unhold"].allSatisfy { what in
                    found.events(what).map(\.detail).sorted()
                        == trace.events(what).map(\.detail).sorted()
                } && found.events("indexed").count == 2
            } ?? false
        }
    }
}
