// SPDX-License-Identifier: Apache-2.0
// Connections to the smarthost.

internal import NIOCore
internal import NIOPosix

/// One connection to a smarthost.
package protocol SmarthostLine {
    /// What came since the last call; nil when the other side has closed.
    mutating func read() async throws -> [UInt8]?
    mutating func write(_ octets: [UInt8]) async throws
}

/// Connects to smarthosts: over sockets, but in a simulation.
package protocol SmarthostLines: Sendable {
    /// Opens a connection for as long as somebody talks; throws when there can be none.
    func open(
        to smarthost: Smarthost, _ talk: (any SmarthostLine) async -> Void
    ) async throws
}

/// Connections over the network of this machine.
struct SocketLines: SmarthostLines {
    private static let connectSeconds: Int64 = 30
    /// Longer than a server may take for its final reply (RFC 5321, 4.5.3.2.6).
    private static let silenceSeconds: Int64 = 660
    private static let callSeconds: Int64 = 7200

    func open(
        to smarthost: Smarthost, _ talk: (any SmarthostLine) async -> Void
    ) async throws {
        let connection = try await connect(to: smarthost)
        let channel = connection.channel
        let alarm = channel.eventLoop.scheduleTask(in: .seconds(Self.callSeconds)) {
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        do {
            try await connection.executeThenClose { inbound, outbound in
                await talk(
                    SocketLine(inbound: inbound.makeAsyncIterator(), outbound: outbound))
            }
        } catch {
            // Closing went wrong; what was said before stands.
        }
    }

    private func connect(
        to smarthost: Smarthost
    ) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(Self.connectSeconds))
        let initializer:
            @Sendable (any Channel) -> EventLoopFuture<NIOAsyncChannel<ByteBuffer, ByteBuffer>> = {
                channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        IdleStateHandler(allTimeout: .seconds(Self.silenceSeconds)),
                        CloseWhenIdle(),
                    ])
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        switch smarthost.place {
        case .tcp(let host, let port):
            return try await bootstrap.connect(
                host: host, port: port, channelInitializer: initializer)
        case .unix(let path):
            return try await bootstrap.connect(
                unixDomainSocketPath: path, channelInitializer: initializer)
        }
    }
}

private struct SocketLine: SmarthostLine {
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    mutating func read() async throws -> [UInt8]? {
        try await inbound.next().map { Array($0.readableBytesView) }
    }

    mutating func write(_ octets: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: octets))
    }
}

/// Ends a connection over which nothing went for too long.
private final class CloseWhenIdle: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is IdleStateHandler.IdleStateEvent {
            context.close(promise: nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
