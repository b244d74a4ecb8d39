// SPDX-License-Identifier: Apache-2.0
// The other ends of a gateway's connections, plain and blocking: for threads of their own.

import Foundation
import HoldfastNode
import Synchronization

/// A connected socket that is read by lines.
final class TestSocket {
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    struct Failed: Error {
        var what: String
    }

    init(descriptor: Int32) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    convenience init(port: Int) throws {
        self.init(descriptor: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_in.loopback(port)
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(what: "connecting to \(port)") }
    }

    convenience init(path: String) throws {
        self.init(descriptor: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failed(what: "connecting to \(path)") }
    }

    deinit {
        close(descriptor)
    }

    func say(_ octets: [UInt8]) throws {
        var done = 0
        while done < octets.count {
            let count = octets.withUnsafeBytes { bytes in
                send(
                    descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failed(what: "sending") }
            done += count
        }
    }

    func say(_ line: String) throws {
        try say(Array((line + "\r\n").utf8))
    }

    /// The next line without its end; nil when the other side has closed.
    func line() -> [UInt8]? {
        while true {
            if let feed = waiting.firstIndex(of: 10) {
                var line = Array(waiting[..<feed])
                if line.last == 13 { line.removeLast() }
                waiting.removeFirst(feed + 1)
                return line
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            waiting += buffer[..<count]
        }
    }

    /// The last line of the next reply; empty when the other side has closed.
    func reply() -> String {
        while let line = line() {
            if line.count < 4 || line[3] != UInt8(ascii: "-") {
                return String(decoding: line, as: UTF8.self)
            }
        }
        return ""
    }

    /// Says a line and returns the reply.
    func ask(_ line: String) throws -> String {
        try say(line)
        return reply()
    }

    /// Hands in a mail and returns the final replies, one or with LMTP one for each recipient; or
    /// what refused it before that.
    func deliver(
        _ message: [UInt8], to recipients: [String] = ["b@y.example"], lmtp: Bool = false
    ) throws -> [String] {
        var replies = [try ask("MAIL FROM:<a@x.example>")]
        for recipient in recipients { replies.append(try ask("RCPT TO:<\(recipient)>")) }
        replies.append(try ask("DATA"))
        if let refusal = replies.first(where: { !$0.hasPrefix("2") && !$0.hasPrefix("3") }) {
            return [refusal]
        }
        try say(stuffed(message) + Array(".\r\n".utf8))
        return (0..<(lmtp ? recipients.count : 1)).map { _ in reply() }
    }
}

/// A message as it goes over the wire.
func stuffed(_ message: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var isLineStart = true
    for octet in message {
        if isLineStart, octet == UInt8(ascii: ".") { output.append(octet) }
        output.append(octet)
        isLineStart = octet == 10
    }
    return output
}

extension sockaddr_in {
    static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return address
    }
}

/// A smarthost that says what the test wants.
final class TestSmarthost: Sendable {
    /// What it says at each step.
    struct Manner: Sendable {
        var greeting = "220 smarthost.example"
        var hello = ["250-smarthost.example", "250-SIZE 1000000000", "250 8BITMIME"]
        var sender = "250 ok"
        var recipients: [String: String] = [:]
        var data = "354 go on"
        /// One, or with LMTP one for each recipient; without one it hangs up.
        var final = ["250 2.0.0 taken"]
    }

    /// A message that came up to its dot, and for whom.
    struct Got: Sendable {
        var recipients: [String]
        var message: [UInt8]
        var wasReplied: Bool
    }

    let port: Int
    private let descriptor: Int32
    private let thread = DiskThread(name: "smarthost")
    private let manner: Mutex<Manner>
    private let got = Mutex<[Got]>([])
    private let calls = Mutex(0)

    init(_ manner: Manner = Manner()) throws {
        self.manner = Mutex(manner)
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in.loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { [descriptor] address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, size)
                _ = listen(descriptor, 16)
                _ = getsockname(descriptor, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        thread.enqueue { [self] in
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                calls.withLock { $0 += 1 }
                try? serve(TestSocket(descriptor: connection))
            }
        }
    }

    /// Ends it; nobody can connect any more.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
        thread.stop()
    }

    var messages: [Got] { got.withLock { $0 } }
    var callCount: Int { calls.withLock { $0 } }

    func behave(_ change: (inout Manner) -> Void) {
        manner.withLock { change(&$0) }
    }

    private func serve(_ client: TestSocket) throws {
        let manner = manner.withLock { $0 }
        try client.say(manner.greeting)
        var recipients: [String] = []
        while let line = client.line() {
            let words = String(decoding: line, as: UTF8.self)
            switch words.prefix(4).uppercased() {
            case "EHLO", "LHLO": try client.say(manner.hello.joined(separator: "\r\n"))
            case "MAIL": try client.say(manner.sender)
            case "RCPT":
                let recipient = String(words.dropFirst("RCPT TO:<".count).dropLast())
                let reply = manner.recipients[recipient] ?? "250 ok"
                if reply.hasPrefix("2") { recipients.append(recipient) }
                try client.say(reply)
            case "DATA":
                try client.say(manner.data)
                guard manner.data.hasPrefix("354") else { continue }
                guard let message = message(from: client) else { return }
                got.withLock {
                    $0.append(
                        Got(
                            recipients: recipients, message: message,
                            wasReplied: !manner.final.isEmpty))
                }
                if manner.final.isEmpty { return }
                for reply in manner.final { try client.say(reply) }
                recipients = []
            case "QUIT": return try client.say("221 bye")
            default: try client.say("250 ok")
            }
        }
    }

    /// Nil when it never ended.
    private func message(from client: TestSocket) -> [UInt8]? {
        var message: [UInt8] = []
        while let line = client.line() {
            if line == [UInt8(ascii: ".")] { return message }
            message += line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...]
            message += [13, 10]
        }
        return nil
    }
}
