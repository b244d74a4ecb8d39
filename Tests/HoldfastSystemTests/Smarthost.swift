// SPDX-License-Identifier: Apache-2.0
// Who takes released mails in these tests.

import Foundation

/// A receiving SMTP server that keeps what it is sent.
final class Smarthost: @unchecked Sendable {
    // The lock guards the mails; the descriptor never changes.
    let port: Int
    private let descriptor: Int32
    private let lock = NSLock()
    private var kept: [(recipients: [String], octets: [UInt8])] = []

    /// - Parameter port: 0 for any that is free.
    init(port wanted: Int = 0) throws {
        descriptor = openSocket(AF_INET)
        let listener = descriptor
        guard withAddress(port: wanted, { bind(listener, $0, $1) }) == 0, listen(listener, 16) == 0
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
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
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
