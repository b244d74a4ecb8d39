// SPDX-License-Identifier: Apache-2.0
// Who is connected, and until when each may keep us waiting.

internal import HoldfastSMTP
internal import NIOCore
internal import Synchronization

/// How many connections there may be; as a value.
struct ConnectionRules: Sendable {
    var connectionsMax: Int
    var connectionsPerClientMax: Int

    /// - Parameter ofClient: how many the client has already; clients of a unix socket are not told
    ///   apart.
    func admits(open: Int, ofClient: Int) -> Bool {
        open < connectionsMax && ofClient < connectionsPerClientMax
    }

    /// What is done with a connection when it is looked at.
    enum Verdict: Equatable {
        case stay
        case close(Reply)
    }

    /// - Parameter stopping: how long ago the gateway began to stop, in milliseconds.
    func verdict(
        now: Int64, deadline: Int64, isIdle: Bool, stopping: Int64?, stopMax: Int64
    ) -> Verdict {
        if let stopping, isIdle || stopping >= stopMax { return .close(.shuttingDown) }
        return now >= deadline ? .close(.timeout) : .stay
    }
}

/// One connection, as those see it who do not serve it.
final class WatchedConnection: Sendable {
    let channel: any Channel
    let client: String
    /// When patience ends, on the monotonic clock.
    private let deadline = Atomic<Int64>(.max)
    /// Nothing of a mail has come yet.
    private let isIdle = Atomic<Bool>(true)

    init(_ channel: any Channel, client: String) {
        self.channel = channel
        self.client = client
    }

    func wait(until deadline: Int64, isIdle: Bool) {
        self.deadline.store(deadline, ordering: .relaxed)
        self.isIdle.store(isIdle, ordering: .relaxed)
    }

    /// It is we who take our time.
    func waitForUs() {
        wait(until: .max, isIdle: false)
    }

    /// Whatever is said until then; nobody else looks after who was never admitted.
    func close(afterMilliseconds milliseconds: Int64) {
        channel.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { [channel] in
            channel.close(promise: nil)
        }
    }

    fileprivate func verdict(
        _ rules: ConnectionRules, now: Int64, stopping: Int64?, stopMax: Int64
    )
        -> ConnectionRules.Verdict
    {
        rules.verdict(
            now: now, deadline: deadline.load(ordering: .relaxed),
            isIdle: isIdle.load(ordering: .relaxed), stopping: stopping, stopMax: stopMax)
    }

    /// Says why, and hangs up, whatever its task waits for.
    fileprivate func close(_ reply: Reply) {
        channel.writeAndFlush(ByteBuffer(bytes: reply.encoded)).whenComplete { [channel] _ in
            channel.close(promise: nil)
        }
        // A client that does not read does not read this either.
        channel.eventLoop.scheduleTask(in: .seconds(2)) { [channel] in channel.close(promise: nil) }
    }
}

/// Owns the list of open connections.
final class ConnectionTable: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: WatchedConnection] = [:]
        var clients: [String: Int] = [:]
        var stoppedAt: Int64?
    }

    private let rules: ConnectionRules
    private let stopMilliseconds: Int64
    private let state = Mutex(State())

    init(_ limits: GatewayConfiguration.Limits) {
        rules = ConnectionRules(
            connectionsMax: limits.connectionsMax,
            connectionsPerClientMax: limits.connectionsPerClientMax)
        stopMilliseconds = Int64(limits.stopSecondsMax) * 1000
    }

    var count: Int { state.withLock { $0.connections.count } }

    /// False when there are too many.
    func enter(_ connection: WatchedConnection) -> Bool {
        state.withLock { state in
            let ofClient = connection.client.isEmpty ? 0 : state.clients[connection.client] ?? 0
            guard rules.admits(open: state.connections.count, ofClient: ofClient) else {
                return false
            }
            state.connections[ObjectIdentifier(connection)] = connection
            state.clients[connection.client, default: 0] += 1
            return true
        }
    }

    func leave(_ connection: WatchedConnection) {
        state.withLock { state in
            guard state.connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else {
                return
            }
            let left = (state.clients[connection.client] ?? 1) - 1
            state.clients[connection.client] = left > 0 ? left : nil
        }
    }

    func stop(now: Int64) {
        state.withLock { $0.stoppedAt = $0.stoppedAt ?? now }
        sweep(now: now)
    }

    /// Sends away who was silent for too long and, once the gateway stops, who has no mail under way.
    func sweep(now: Int64) {
        let (connections, stoppedAt) = state.withLock {
            (Array($0.connections.values), $0.stoppedAt)
        }
        for connection in connections {
            let verdict = connection.verdict(
                rules, now: now, stopping: stoppedAt.map { now - $0 }, stopMax: stopMilliseconds)
            if case .close(let reply) = verdict { connection.close(reply) }
        }
    }
}
