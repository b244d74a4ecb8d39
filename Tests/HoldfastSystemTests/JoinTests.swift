// SPDX-License-Identifier: Apache-2.0
// R20: one more machine, without a stop and with next to no configuration.

import Foundation
import Testing

@Suite("Joining", .enabled(if: program != nil), .serialized)
struct JoinTests {
    @Test("an invited machine takes load at once; its code works once, and nobody else's does")
    func joins() throws {
        let box = try Appliance()
        try box.start()
        let invited = try box.verb("invite")
        #expect(invited.code == 0, "\(invited.messages)")
        #expect(invited.messages.contains("loopback"))
        let join = try #require(
            invited.line.split(separator: "'").dropFirst().first.map(String.init))
        let wrong = join.prefix { $0 != "#" } + "#00000-00000-00000-00000"
        let (second, third) = (box.folder + "/second", box.folder + "/third")
        let refused = try Appliance.run(["init", third, "--join", String(wrong)])
        #expect(refused.code == 2)
        #expect(refused.messages.contains("No invitation has this code"))
        let made = try Appliance.run(["init", second, "--join", join])
        #expect(made.code == 0, "\(made.messages)")
        #expect(try Appliance.run(["init", third, "--join", join]).code == 2)
        #expect(!FileManager.default.fileExists(atPath: third))

        let machine = try Child(
            [program ?? "", "serve", "--config", second + "/holdfast.toml"], output: "/dev/null",
            messages: second + "/log")
        defer { machine.killGroup() }
        let client = try box.connect()
        var number = 0
        try waitUntil("both storages have mail", seconds: 120) {
            number += 1
            let said = try client.mail(StoryTests.message(number), from: "a@b.c", to: ["d@e.f"])
            #expect(said.hasPrefix("250 "))
            let counts = try storages(of: box)
            return counts.count == 2 && counts.allSatisfy { $0 > 0 }
        }
        try waitUntil("all are found") { try box.count("") == number }
        #expect(try Appliance.run(["status", "--config", second + "/holdfast.toml"]).code == 0)
        #expect(try machine.end() == 0)
    }

    /// How many mails each storage has.
    private func storages(of box: Appliance) throws -> [Int] {
        struct Report: Decodable {
            struct Node: Decodable {
                struct Status: Decodable { var mails: Int? }
                var role: String
                var status: Status?
            }
            var nodes: [Node]
        }
        let report = try JSONDecoder().decode(
            Report.self, from: Data(try box.verb("status", "--format", "json").output))
        return report.nodes.filter { $0.role == "storage" }.map { $0.status?.mails ?? 0 }
    }
}
