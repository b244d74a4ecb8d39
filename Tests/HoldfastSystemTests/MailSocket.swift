// SPDX-License-Identifier: Apache-2.0
// A blocking socket that speaks SMTP in lines, from either end.

import Foundation

struct SocketError: Error {
    var what: String
}

/// One connection.
final class MailSocket {
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    convenience init(port: Int) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.init(descriptor: descriptor)
        let code = withAddress(port: port) { connect(descriptor, $0, $1) }
        guard code == 0 else { throw SocketError(what: "nobody listens on port \(port)") }
    }

    deinit {
        close(descriptor)
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    func send(_ octets: [UInt8]) throws {
        var sent = 0
        while sent < octets.count {
            let count = octets[sent...].withUnsafeBytes {
                Foundation.send(
                    descriptor, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
            }
            guard count > 0 else { throw SocketError(what: "the connection broke") }
            sent += count
        }
    }

    /// One line without its CRLF; nil when the connection has ended.
    func line() throws -> String? {
        while true {
            if let end = waiting.firstIndex(of: 10) {
                defer { waiting.removeFirst(end + 1) }
                return String(decoding: waiting[..<max(0, end - 1)], as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            waiting += buffer[..<count]
        }
    }

    /// One reply, its last line; empty when the connection has ended.
    func reply() throws -> String {
        while let line = try line() {
            if line.dropFirst(3).first != "-" { return line }
        }
        return ""
    }

    func command(_ text: String) throws -> String {
        try send(text + "\r\n")
        return try reply()
    }

    /// One mail on an open connection; the reply to its final dot.
    func mail(_ message: [UInt8], from sender: String, to recipients: [String]) throws -> String {
        _ = try command("MAIL FROM:<\(sender)>")
        for recipient in recipients { _ = try command("RCPT TO:<\(recipient)>") }
        let go = try command("DATA")
        guard go.hasPrefix("354") else { return go }
        try send(stuffed(message) + Array(".\r\n".utf8))
        return try reply()
    }

    /// The message with a dot before each line that begins with one.
    private func stuffed(_ message: [UInt8]) -> [UInt8] {
        var stuffed: [UInt8] = []
        stuffed.reserveCapacity(message.count + 64)
        var isAtStart = true
        for octet in message {
            if isAtStart, octet == UInt8(ascii: ".") { stuffed.append(octet) }
            stuffed.append(octet)
            isAtStart = octet == 10
        }
        return stuffed
    }
}

/// A receiving SMTP server that keeps what it is sent.
final class Smarthost: @unchecked Sendable {
    // The lock guards the mails; the descriptor never changes.
    let port: Int
    private let descriptor: Int32
    private let lock = NSLock()
    private var kept: [(recipients: [String], octets: [UInt8])] = []

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let listener = descriptor
        guard withAddress(port: 0, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0
        else {
            throw SocketError(what: "no port is free")
        }
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(listener, $0, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [self] in
            while true {
                let accepted = accept(descriptor, nil, nil)
                guard accepted >= 0 else { return }
                Thread.detachNewThread { [self] in try? serve(MailSocket(descriptor: accepted)) }
            }
        }
    }

    var mails: [(recipients: [String], octets: [UInt8])] {
        lock.withLock { kept }
    }

    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private func serve(_ client: MailSocket) throws {
        try client.send("220 sink\r\n")
        var recipients: [String] = []
        while let line = try client.line() {
            switch line.prefix(4).uppercased() {
            case "EHLO": try client.send("250-sink\r\n250 8BITMIME\r\n")
            case "RCPT":
                recipients.append(String(line.dropFirst(9).prefix { $0 != ">" }))
                try client.send("250 ok\r\n")
            case "DATA":
                try client.send("354 go on\r\n")
                var lines: [String] = []
                while let text = try client.line(), text != "." {
                    lines.append(text.hasPrefix("..") ? String(text.dropFirst()) : text)
                }
                let octets = lines.map { $0 + "\r\n" }.joined()
                lock.withLock { kept.append((recipients, Array(octets.utf8))) }
                recipients = []
                try client.send("250 2.0.0 kept\r\n")
            case "QUIT":
                try client.send("221 bye\r\n")
                return
            default: try client.send("250 ok\r\n")
            }
        }
    }
}

private func withAddress<Result>(
    port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}
