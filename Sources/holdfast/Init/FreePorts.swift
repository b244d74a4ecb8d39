// SPDX-License-Identifier: Apache-2.0
// Ports that nobody uses.

internal import Foundation

/// Finds free ports; holds each until it goes, so that no two are the same.
final class FreePorts {
    private var sockets: [Int32] = []

    deinit {
        for socket in sockets { close(socket) }
    }

    /// The same address with a free port in place of 0.
    func resolved(_ address: HostAndPort) throws -> HostAndPort {
        guard address.port == 0 else { return address }
        let socket = try Listening.socket(at: address)
        sockets.append(socket)
        return HostAndPort(host: address.host, port: try Listening.port(of: socket))
    }
}

/// Listening sockets, for a moment: to find a port, or to know that one is free.
enum Listening {
    /// Throws when something else listens there.
    static func check(_ address: HostAndPort) throws {
        close(try socket(at: address))
    }

    static func socket(at address: HostAndPort) throws -> Int32 {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(address.host, String(address.port), &hints, &found)
        guard code == 0, let info = found?.pointee else {
            throw Problem(reason: String(cString: gai_strerror(code)))
        }
        defer { freeaddrinfo(found) }
        let socket = Foundation.socket(info.ai_family, info.ai_socktype, info.ai_protocol)
        guard socket >= 0 else { throw Problem(reason: String(cString: strerror(errno))) }
        var yes: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(socket, info.ai_addr, info.ai_addrlen) == 0, listen(socket, 1) == 0 else {
            let reason = String(cString: strerror(errno))
            close(socket)
            throw Problem(reason: reason)
        }
        return socket
    }

    static func port(of socket: Int32) throws -> Int {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutableBytes(of: &storage) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                getsockname(socket, address.baseAddress, &length)
            }
        }
        guard code == 0 else { throw Problem(reason: String(cString: strerror(errno))) }
        // The port stands at the same place in both families' addresses.
        return withUnsafeBytes(of: &storage) { Int($0[2]) << 8 | Int($0[3]) }
    }

    /// Why an address cannot be listened on.
    struct Problem: Error, CustomStringConvertible {
        var reason: String
        var description: String { reason }
    }
}
