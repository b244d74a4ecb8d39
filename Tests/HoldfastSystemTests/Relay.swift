// SPDX-License-Identifier: Apache-2.0
// A wire between two machines that can be cut, go silent, or be slow.

import Foundation

/// Takes connections for another port of this machine, and carries octets both ways.
final class Relay: @unchecked Sendable {
    /// What is wrong with the wire.
    enum Fault: CaseIterable, Sendable {
        case none
        /// Connections are reset, and new ones too.
        case cut
        /// Connections stay open and carry nothing, those that there are for ever: neither end is told.
        case silent
        /// A little bandwidth, and a delay each way.
        case slow
    }

    // The lock guards all that changes.
    let port: Int
    private let target: Int
    private let listener: Int32
    private let lock = NSLock()
    private var fault = Fault.none
    private var wires: [ObjectIdentifier: Wire] = [:]

    private static let slowBytesPerSecond = 200_000.0
    private static let slowSeconds = 0.02
    private static let pieceBytes = 16_384

    init(to target: Int) throws {
        (port, self.target) = (try Ports.free(), target)
        listener = openSocket(AF_INET)
        var yes: Int32 = 1
        setsockopt(
            listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let socket = listener
        guard withAddress(port: port, { bind(socket, $0, $1) }) == 0, listen(socket, 256) == 0
        else { throw SocketError(what: "the relay has no port") }
        Thread.detachNewThread { [self] in
            while true {
                let accepted = accept(socket, nil, nil)
                guard accepted >= 0 else { return }
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                take(accepted)
            }
        }
    }

    /// From now on the wire is like this.
    func set(_ fault: Fault) {
        let there = lock.withLock {
            self.fault = fault
            return Array(wires.values)
        }
        for wire in there where fault == .cut { wire.reset() }
        for wire in there where fault == .silent { wire.silence() }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        set(.cut)
    }

    private func take(_ client: Int32) {
        let fault = lock.withLock { self.fault }
        let server = openSocket(AF_INET)
        let wire = Wire(client, server)
        guard fault != .cut, withAddress(port: target, { connect(server, $0, $1) }) == 0 else {
            wire.reset()
            wire.leave()
            wire.leave()
            return
        }
        if fault == .silent { wire.silence() }
        lock.withLock { wires[ObjectIdentifier(wire)] = wire }
        for (from, to) in [(client, server), (server, client)] {
            Thread.detachNewThread { [self] in carry(from, to, wire) }
        }
    }

    /// Carries octets one way until either end is gone.
    private func carry(_ from: Int32, _ to: Int32, _ wire: Wire) {
        var buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
        while true {
            let count = read(from, &buffer, buffer.count)
            guard count > 0 else { break }
            if wire.isSilent { continue }
            if lock.withLock({ fault == .slow }) {
                Thread.sleep(
                    forTimeInterval: Self.slowSeconds + Double(count) / Self.slowBytesPerSecond)
            }
            guard Self.send(buffer[..<count], to: to) else { break }
        }
        // Who hears nothing does not hear the end either.
        if !wire.isSilent { wire.end() }
        if wire.leave() { lock.withLock { _ = wires.removeValue(forKey: ObjectIdentifier(wire)) } }
    }

    private static func send(_ octets: ArraySlice<UInt8>, to socket: Int32) -> Bool {
        var rest = octets
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Foundation.send(
                    socket, $0.baseAddress, $0.count, Int32(truncatingIfNeeded: MSG_NOSIGNAL))
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }
}

/// The two sockets of one connection.
private final class Wire: @unchecked Sendable {
    // The lock guards all that changes.
    private let client: Int32
    private let server: Int32
    private let lock = NSLock()
    private var users = 2
    private var silent = false

    init(_ client: Int32, _ server: Int32) {
        (self.client, self.server) = (client, server)
    }

    var isSilent: Bool { lock.withLock { silent } }

    func silence() { lock.withLock { silent = true } }

    func end() {
        lock.withLock {
            guard users > 0 else { return }
            for socket in [client, server] { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Both ends are told with a reset.
    func reset() {
        lock.withLock {
            guard users > 0 else { return }
            silent = false
            for socket in [client, server] {
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(
                    socket, SOL_SOCKET, SO_LINGER, &linger,
                    socklen_t(MemoryLayout.size(ofValue: linger)))
                shutdown(socket, Int32(SHUT_RDWR))
            }
        }
    }

    /// The last of the two who use it closes it; true for that one.
    @discardableResult
    func leave() -> Bool {
        lock.withLock {
            users -= 1
            guard users == 0 else { return false }
            close(client)
            close(server)
            return true
        }
    }
}
