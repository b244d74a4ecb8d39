// SPDX-License-Identifier: Apache-2.0
// Mail at a steady rate to several gateways, and a tally of every reply.

internal import Foundation
internal import Synchronization

/// Threads with a connection each, which send at a rate between them, go to the next gateway when one
/// does not take a mail, and send that mail again.
final class SteadySenders: Sendable {
    /// What the replies were.
    struct Tally: Sendable, CustomStringConvertible {
        /// 250 after the dot.
        var accepted = 0
        /// 4xx, wherever in the conversation.
        var delayed = 0
        /// 5xx: what a retry does not mend.
        var refused = 0
        /// Nobody listened, or the connection ended before the message was sent.
        var unreached = 0
        /// The connection ended after the dot and before a reply: nobody knows.
        var unanswered = 0
        /// Seconds of all pauses, above a tenth of a second, between two mails that were taken.
        var silence = 0.0
        var seconds = 0.0
        fileprivate var last = Date()

        var description: String {
            """
            \(accepted) mails got 250 (\(Int(Double(accepted) / max(1, seconds)))/s), \(delayed) replies \
            4xx, \(refused) replies 5xx, \(unreached) times nobody there, \(unanswered) times no reply
            """
        }

        fileprivate mutating func accept() {
            let now = Date()
            let pause = now.timeIntervalSince(last)
            if pause > SteadySenders.pauseMin { silence += pause }
            accepted += 1
            last = now
        }
    }

    private enum Outcome { case accepted, delayed, refused, unreached, unanswered }

    private static let threads = 16
    private static let pauseMin = 0.1

    private let ports: [Int]
    private let rate: Int
    private let mails: [[UInt8]]
    private let state = Mutex(Tally())
    private let isStopped = Atomic(false)
    private let began = Date()
    private let group = DispatchGroup()

    init(ports: [Int], rate: Int, mails: [[UInt8]]) {
        (self.ports, self.rate, self.mails) = (ports, rate, mails)
    }

    var tally: Tally {
        state.withLock { state in
            state.seconds = Date().timeIntervalSince(began)
            return state
        }
    }

    func start() {
        state.withLock { $0.last = Date() }
        for number in 0..<Self.threads {
            group.enter()
            Thread.detachNewThread { [self] in
                run(number)
                group.leave()
            }
        }
    }

    /// Returns when the last reply has come.
    func stop() -> Tally {
        let tally = tally
        isStopped.store(true, ordering: .relaxed)
        group.wait()
        var last = state.withLock { $0 }
        (last.seconds, last.silence) = (tally.seconds, tally.silence)
        return last
    }

    private func run(_ number: Int) {
        let step = Double(Self.threads) / Double(rate)
        var due = Date().addingTimeInterval(step * Double(number) / Double(Self.threads))
        var connection: LineSocket?
        var (port, next) = (number % ports.count, number)
        while !isStopped.load(ordering: .relaxed) {
            let wait = due.timeIntervalSinceNow
            if wait > 0 { Thread.sleep(forTimeInterval: wait) }
            let outcome = send(mails[next % mails.count], over: &connection, to: ports[port])
            state.withLock { state in
                switch outcome {
                case .accepted: state.accept()
                case .delayed: state.delayed += 1
                case .refused: state.refused += 1
                case .unreached: state.unreached += 1
                case .unanswered: state.unanswered += 1
                }
            }
            guard outcome == .accepted else {
                connection = nil
                port = (port + 1) % ports.count
                Thread.sleep(forTimeInterval: 0.01)
                continue
            }
            next += Self.threads
            due.addTimeInterval(step)
        }
    }

    private func send(
        _ mail: [UInt8], over connection: inout LineSocket?, to port: Int
    ) -> Outcome {
        var isSent = false
        do {
            let line: LineSocket
            if let connection {
                line = connection
            } else {
                line = try LineSocket(port: port)
                try line.expect(220)
                try line.send(Array("EHLO bench\r\n".utf8))
                try line.expect(250)
                connection = line
            }
            try line.send(
                Array("MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n".utf8))
            try line.expect(250)
            try line.expect(250)
            try line.expect(354)
            try line.send(mail)
            isSent = true
            try line.send(Array(".\r\n".utf8))
            try line.expect(250)
            return .accepted
        } catch let error as UnexpectedReply {
            return error.line.hasPrefix("5") ? .refused : .delayed
        } catch {
            return isSent ? .unanswered : .unreached
        }
    }
}
