// SPDX-License-Identifier: Apache-2.0
// A blocking socket on loopback.

internal import Foundation

/// A reply came, and another was due.
struct UnexpectedReply: Error, CustomStringConvertible {
    var code: Int
    var line: String

    var description: String { "\(code) expected, and came: \(line)" }
}

/// A blocking socket that speaks in lines.
final class LineSocket {
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw BenchError(description: "nobody listens on port \(port)") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw BenchError(description: "the connection broke") }
            sent += count
        }
    }

    /// Reads one reply, of one line or several.
    func expect(_ code: Int) throws {
        while true {
            let line = try line()
            guard line.hasPrefix("\(code)") else {
                throw UnexpectedReply(code: code, line: line)
            }
            if line.dropFirst(3).first != "-" { return }
        }
    }

    private func line() throws -> String {
        while true {
            if let end = waiting.firstIndex(of: 10) {
                defer { waiting.removeFirst(end + 1) }
                return String(decoding: waiting[..<max(0, end - 1)], as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw BenchError(description: "the connection broke") }
            waiting += buffer[..<count]
        }
    }
}
