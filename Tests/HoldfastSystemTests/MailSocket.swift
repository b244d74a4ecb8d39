// SPDX-License-Identifier: Apache-2.0
// A blocking socket that speaks SMTP in lines, from either end.

import Foundation

struct SocketError: Error {
    var what: String
}

/// One connection.
final class MailSocket {
    private let descriptor: Int32
    private let patience: Int
    private var waiting: [UInt8] = []

    /// How long the other end may keep us waiting: a hang fails the test that it happens in.
    static let patienceSeconds = 60

    init(descriptor: Int32, patience: Int = MailSocket.patienceSeconds) {
        (self.descriptor, self.patience) = (descriptor, patience)
        var time = timeval(tv_sec: patience, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(
                descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    convenience init(port: Int, patience: Int = MailSocket.patienceSeconds) throws {
        let descriptor = openSocket(AF_INET)
        self.init(descriptor: descriptor, patience: patience)
        let code = withAddress(port: port) { connect(descriptor, $0, $1) }
        guard code == 0 else { throw SocketError(what: "nobody listens on port \(port)") }
    }

    convenience init(path: String, patience: Int = MailSocket.patienceSeconds) throws {
        let descriptor = openSocket(AF_UNIX)
        self.init(descriptor: descriptor, patience: patience)
        let code = withAddress(path: path) { connect(descriptor, $0, $1) }
        guard code == 0 else { throw SocketError(what: "nobody listens at \(path)") }
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

    /// One line without its CRLF or LF; nil when the connection has ended.
    func line() throws -> String? {
        while true {
            if let end = waiting.firstIndex(of: 10) {
                defer { waiting.removeFirst(end + 1) }
                let hasReturn = end > 0 && waiting[end - 1] == 13
                return String(decoding: waiting[..<(hasReturn ? end - 1 : end)], as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 || errno != EAGAIN else {
                throw SocketError(what: "nothing came for \(patience) s")
            }
            guard count > 0 else { return nil }
            waiting += buffer[..<count]
        }
    }

    /// What came after the last line, when the connection has ended.
    var rest: String { String(decoding: waiting, as: UTF8.self) }

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

    /// Says that nothing more comes; what the other end says can still be read.
    func endSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Hangs up so that the other end is told with a reset.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
            descriptor, SOL_SOCKET, SO_LINGER, &linger,
            socklen_t(MemoryLayout.size(ofValue: linger)))
    }

    /// Begins a mail, up to where its message is waited for.
    func startMessage(to recipients: [String] = ["ben@example.com"]) throws -> String {
        _ = try command("MAIL FROM:<amy@example.org>")
        for recipient in recipients { _ = try command("RCPT TO:<\(recipient)>") }
        return try command("DATA")
    }

    /// One mail on an open connection; the reply to its final dot.
    func mail(_ message: [UInt8], from sender: String, to recipients: [String]) throws -> String {
        _ = try command("MAIL FROM:<\(sender)>")
        for recipient in recipients { _ = try command("RCPT TO:<\(recipient)>") }
        let go = try command("DATA")
        guard go.hasPrefix("354") else { return go }
        return try end(message)
    }

    /// The message of a mail that was begun; the reply to its final dot.
    func end(_ message: [UInt8]) throws -> String {
        try send(Self.stuffed(message) + Array(".\r\n".utf8))
        return try reply()
    }

    /// The message with a dot before each line that begins with one.
    static func stuffed(_ message: [UInt8]) -> [UInt8] {
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
