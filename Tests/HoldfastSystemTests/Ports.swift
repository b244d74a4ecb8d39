// SPDX-License-Identifier: Apache-2.0
// Ports that nobody is given by chance.

import Foundation
import Synchronization

/// Ports below those that the system gives to connections: while a server that a test has killed is
/// away, no socket of another test or program lands on its port.
enum Ports {
    private static let attemptsMax = 1000
    private static let lowest = 10_000
    private static let given = Mutex<Set<Int>>([])

    /// A port that is free, and that no other test is given.
    static func free() throws -> Int {
        for _ in 0..<attemptsMax {
            let port = Int.random(in: lowest..<max(lowestOfSystem, lowest + 1000))
            guard given.withLock({ $0.insert(port).inserted }), isFree(port) else { continue }
            return port
        }
        throw SocketError(what: "no port is free")
    }

    private static let lowestOfSystem: Int = {
        let path = "/proc/sys/net/ipv4/ip_local_port_range"
        let range = try? String(contentsOfFile: path, encoding: .utf8)
        return range?.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) } ?? 32_768
    }()

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = openSocket(AF_INET)
        defer { close(descriptor) }
        return withAddress(port: port) { bind(descriptor, $0, $1) } == 0
    }
}

/// A socket that no process inherits: it would keep the connection open.
func openSocket(_ family: Int32) -> Int32 {
    socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
}

/// An address of this machine, as the system's calls want it.
func withAddress<Result>(
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

/// The place of a socket in the file system, likewise.
func withAddress<Result>(
    path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { place in
        // The last octet stays 0.
        place.copyBytes(from: path.utf8.prefix(place.count - 1))
    }
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
