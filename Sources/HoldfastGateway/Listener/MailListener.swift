// SPDX-License-Identifier: Apache-2.0
// Listens for SMTP and LMTP.

internal import Foundation
internal import HoldfastNode
internal import HoldfastSMTP
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// Owns the listening sockets and the tasks of all connections.
final class MailListener: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private struct Arrival: Sendable {
        var connection: Connection
        var dialect: Dialect
    }

    private struct State {
        var listening: [(dialect: Dialect, place: SocketPlace, channel: any Channel)] = []
        var isBound = false
    }

    let table: ConnectionTable
    private let configuration: GatewayConfiguration
    private let intake: Intake
    private let clock: MachineClock
    private let logger: Logger
    private let state = Mutex(State())
    private let arrivals: AsyncStream<Arrival>
    private let arriving: AsyncStream<Arrival>.Continuation

    private static let backlog: Int32 = 512
    private static let readBytes = (least: 2048, first: 16 << 10, most: 64 << 10)

    init(
        _ configuration: GatewayConfiguration, intake: Intake, clock: MachineClock, logger: Logger
    ) {
        self.configuration = configuration
        self.intake = intake
        self.clock = clock
        self.logger = logger
        table = ConnectionTable(configuration.limits)
        (arrivals, arriving) = AsyncStream.makeStream()
    }

    /// Takes the addresses; whoever connects waits until `run`.
    func bind() async throws {
        let isFirst = state.withLock { state in
            defer { state.isBound = true }
            return !state.isBound
        }
        guard isFirst else { return }
        let wanted: [(Dialect, String, SocketPlace?)] = [
            (.smtp, "smtp", configuration.smtp), (.lmtp, "lmtp", configuration.lmtp),
        ]
        for (dialect, key, place) in wanted {
            guard let place else { continue }
            do {
                let channel = try await listen(at: place, for: dialect)
                state.withLock { $0.listening.append((dialect, place, channel)) }
            } catch {
                await close()
                throw ConfigurationError(
                    "[gateway] \(key) = \"\(place)\" cannot be listened on (\(error)): give it another "
                        + "address, or stop what listens there")
            }
        }
    }

    /// The port that was taken for a protocol; nil when it is off or has no port.
    func port(of dialect: Dialect) -> Int? {
        state.withLock { state in
            state.listening.first { $0.dialect == dialect }?.channel.localAddress?.port
        }
    }

    /// Serves until the gateway stops and the last connection has ended.
    func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.serveAll() }
                group.addTask { await self.sweep() }
                await group.next()
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: { [self] in
            stop()
        }
        await close()
    }

    /// Lets go of the addresses.
    func close() async {
        let listening = state.withLock { state in
            defer { state.listening = [] }
            return state.listening
        }
        for (_, place, channel) in listening {
            // It may have been closed before.
            try? await channel.close()
            if case .unix(let path) = place { unlink(path) }
        }
        arriving.finish()
        // Whoever came and was never served.
        for await arrival in arrivals {
            try? await arrival.connection.executeThenClose { _, _ in }
        }
    }

    private func stop() {
        for (_, _, channel) in state.withLock({ $0.listening }) { channel.close(promise: nil) }
        arriving.finish()
        intake.waits.close()
        table.stop(now: clock.monotonicMilliseconds)
    }

    private func serveAll() async {
        await withDiscardingTaskGroup { group in
            for await arrival in arrivals {
                let loop = LoopExecutor(arrival.connection.channel.eventLoop)
                group.addTask(executorPreference: loop) { await self.serve(arrival) }
            }
        }
    }

    private func sweep() async {
        while !Task.isCancelled {
            table.sweep(now: clock.monotonicMilliseconds)
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func serve(_ arrival: Arrival) async {
        let channel = arrival.connection.channel
        let watched = WatchedConnection(channel, client: channel.remoteAddress?.ipAddress ?? "")
        let isAdmitted = table.enter(watched)
        defer { table.leave(watched) }
        do {
            try await arrival.connection.executeThenClose { inbound, outbound in
                let connection = MailConnection(
                    dialect: arrival.dialect, hostname: configuration.hostname, intake: intake,
                    clock: clock, watched: watched)
                guard isAdmitted else {
                    intake.tally.countRefusal("too_many_connections")
                    return try await connection.turnAway(.tooManyConnections, inbound, outbound)
                }
                try await connection.run(inbound, outbound)
            }
        } catch {
            // Connections break all the time; nothing was promised that is not kept.
            logger.debug(
                "Connection lost", metadata: ["client": "\(watched.client)", "error": "\(error)"])
        }
    }

    private func listen(at place: SocketPlace, for dialect: Dialect) async throws -> any Channel {
        let arriving = arriving
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: Self.readBytes.least, initial: Self.readBytes.first,
                    maximum: Self.readBytes.most)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = try Connection(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(
                            backPressureStrategy: .init(lowWatermark: 1, highWatermark: 2),
                            isOutboundHalfClosureEnabled: true))
                    arriving.yield(Arrival(connection: connection, dialect: dialect))
                }
            }
        switch place {
        case .tcp(let host, let port):
            return try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .bind(host: host, port: port).get()
        case .unix(let path):
            let channel = try await bootstrap.bind(
                unixDomainSocketPath: path, cleanupExistingSocketFile: true
            ).get()
            // As with a port of this machine, whoever can reach it may hand in mail.
            chmod(path, 0o666)
            return channel
        }
    }
}
