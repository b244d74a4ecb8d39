// SPDX-License-Identifier: Apache-2.0
// kill -9 again and again under load, against a ledger kept outside.

import Foundation
import Testing

@Suite("Killed", .enabled(if: program != nil), .serialized)
struct KillTests {
    @Test(
        "kill -9 at random moments: every mail that got 250 is found, byte-identical, exactly once")
    func killed() throws {
        let box = try Appliance("--storages", "2", "--copies", "2")
        let promises = Promises()
        try box.start()
        try killAgainAndAgain(box, promises)
        try check(promises.all, in: box)
    }

    private func killAgainAndAgain(_ box: Appliance, _ promises: Promises) throws {
        let senders = Senders(4, to: box.smtp, promises)
        defer { senders.stop() }
        for _ in 0..<(isLong ? 500 : 50) {
            Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.5))
            try box.kill()
            try box.start()
        }
    }

    private func check(_ promised: [Int], in box: Appliance) throws {
        print("\(promised.count) mails got 250")
        #expect(promised.count > 100)
        try waitUntil("all that was promised is found", seconds: 120) {
            try box.count("") >= promised.count
        }
        // What got no 250 may be there too, whole; but nothing may be there twice.
        var found: [String: Int] = [:]
        try waitUntil("every promised mail is in the catalog", seconds: 120) {
            let listed = try box.verb("search", "", "--limit", "0", "--format", "jsonl").text
            found = listed.split(separator: "\n").reduce(into: [:]) { found, line in
                guard let start = line.range(of: #""sha256":""#)?.upperBound else { return }
                found[String(line[start...].prefix(64)), default: 0] += 1
            }
            return promised.allSatisfy { found[sha256(StoryTests.message($0))] != nil }
        }
        for number in promised {
            #expect(found[sha256(StoryTests.message(number))] == 1, "mail \(number)")
        }
        try waitUntil("every queue is empty", seconds: 60) {
            try box.verb("status", "--format", "json").text.matches(
                of: /"(index|sync|tasks)" : [1-9]/
            ).isEmpty
        }
        let export = try box.verb("export", "", "--to", "eml:\(box.folder)/out")
        #expect(export.code == 0, "\(export.messages)")
        let names = try FileManager.default.contentsOfDirectory(atPath: box.folder + "/out")
        let octets = try names.map { sha256(try contents("\(box.folder)/out/\($0)")) }
        let read = Set(octets)
        #expect(promised.allSatisfy { read.contains(sha256(StoryTests.message($0))) })
    }
}
