// SPDX-License-Identifier: Apache-2.0
// kill -9 again and again under load, against a ledger kept outside.

import Foundation
import Testing

/// What was promised: numbers of the mails that got 250, kept by the sender.
private final class Promises: @unchecked Sendable {
    // The lock guards all that changes.
    private let lock = NSLock()
    private var kept: [Int] = []
    private var last = 0
    private var isOver = false

    func next() -> Int {
        lock.withLock {
            last += 1
            return last
        }
    }

    func promise(_ number: Int) {
        lock.withLock { kept.append(number) }
    }

    var all: [Int] { lock.withLock { kept } }
    var isStopped: Bool { lock.withLock { isOver } }

    func stop() {
        lock.withLock { isOver = true }
    }
}

@Suite("Killed", .enabled(if: program != nil), .serialized)
struct KillTests {
    private static let senders = 4

    /// Between two mails of a sender, in seconds: what is kept must be taken out in the end too.
    private static let pause = 0.004

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
        let port = box.smtp
        let threads = DispatchGroup()
        for _ in 0..<Self.senders {
            threads.enter()
            Thread.detachNewThread {
                while !promises.isStopped { Self.send(to: port, promises) }
                threads.leave()
            }
        }
        defer {
            promises.stop()
            threads.wait()
        }
        for _ in 0..<(isLong ? 500 : 50) {
            Thread.sleep(forTimeInterval: Double.random(in: 0.02...0.5))
            try box.kill()
            try box.start()
        }
    }

    /// Sends until the connection breaks.
    private static func send(to port: Int, _ promises: Promises) {
        guard let client = try? MailSocket(port: port),
            (try? client.reply())?.hasPrefix("220") == true,
            (try? client.command("EHLO killed"))?.hasPrefix("250") == true
        else {
            Thread.sleep(forTimeInterval: 0.02)
            return
        }
        while !promises.isStopped {
            let number = promises.next()
            let said = try? client.mail(StoryTests.message(number), from: "a@b.c", to: ["d@e.f"])
            guard let said, said.hasPrefix("250") else { return }
            promises.promise(number)
            Thread.sleep(forTimeInterval: pause)
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
