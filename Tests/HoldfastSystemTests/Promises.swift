// SPDX-License-Identifier: Apache-2.0
// A ledger kept outside: what was promised to those who sent mail.

import Foundation

/// Numbers of the mails that got 250, kept by the senders.
final class Promises: @unchecked Sendable {
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

/// Threads that send mail by SMTP until they are told to stop, whatever becomes of the server.
final class Senders {
    private let promises: Promises
    private let threads = DispatchGroup()

    /// Between two mails of a sender, in seconds: what is kept must be taken out in the end too.
    private static let pause = 0.004

    init(_ count: Int, to port: Int, _ promises: Promises) {
        self.promises = promises
        for _ in 0..<count {
            threads.enter()
            Thread.detachNewThread { [threads] in
                while !promises.isStopped { Self.send(to: port, promises) }
                threads.leave()
            }
        }
    }

    /// Returns when the last reply has come.
    func stop() {
        promises.stop()
        threads.wait()
    }

    /// Sends until the connection breaks, or a mail is not taken.
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
            guard let said, said.hasPrefix("250") else {
                Thread.sleep(forTimeInterval: 0.02)
                return
            }
            promises.promise(number)
            Thread.sleep(forTimeInterval: pause)
        }
    }
}
