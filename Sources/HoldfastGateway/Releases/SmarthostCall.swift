// SPDX-License-Identifier: Apache-2.0
// One connection to the smarthost: the shell around the rules of a delivery.

internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP
internal import NIOCore
internal import NIOPosix

/// Sends one mail, once.
struct SmarthostCall: Sendable {
    let smarthost: Smarthost
    let hostname: String

    /// Results in the order of the mail's recipients.
    typealias Results = [Delivery.Result]
    /// Writes down that the dot is on its way; false when that cannot be done, and it is not sent.
    typealias BeforeDot = ([Delivery.Result?]) async -> Bool

    private static let connectSeconds: Int64 = 30
    /// Longer than a server may take for its final reply (RFC 5321, 4.5.3.2.6).
    private static let silenceSeconds: Int64 = 660
    private static let callSeconds: Int64 = 7200

    func send(
        _ mail: OutgoingMail, _ message: SpooledMessage, repairing: Bool, beforeDot: BeforeDot
    ) async -> Results {
        let recipients = mail.envelope.recipients.count
        let connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>
        do {
            connection = try await connect()
        } catch {
            let words = NetworkFault.words(for: error)
            let reply = Reply(421, "4.4.1", "\(smarthost) cannot be reached: \(words)")
            return Array(repeating: .tryLater(reply), count: recipients)
        }
        let channel = connection.channel
        let alarm = channel.eventLoop.scheduleTask(in: .seconds(Self.callSeconds)) {
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        var results: [Delivery.Result?] = []
        do {
            try await connection.executeThenClose { inbound, outbound in
                var dialogue = Dialogue(
                    delivery: Delivery(dialect: smarthost.dialect, name: hostname),
                    inbound: inbound.makeAsyncIterator(), outbound: outbound)
                await dialogue.run(mail, message, repairing: repairing, beforeDot: beforeDot)
                results = dialogue.delivery.results
            }
        } catch {
            // Closing went wrong; what was said before stands.
        }
        let lost = Reply(421, "4.4.2", "The connection was lost")
        return (0..<recipients).map { place in
            (place < results.count ? results[place] : nil) ?? .tryLater(lost)
        }
    }

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
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

/// Does what the rules of a delivery say.
private struct Dialogue {
    var delivery: Delivery
    var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var replies = ReplyReader()
    private var input: ArraySlice<UInt8> = []

    init(
        delivery: Delivery, inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.delivery = delivery
        self.inbound = inbound
        self.outbound = outbound
    }

    private struct Closed: Error, CustomStringConvertible {
        let description = "the server closed it"
    }

    mutating func run(
        _ mail: OutgoingMail, _ message: SpooledMessage, repairing: Bool,
        beforeDot: SmarthostCall.BeforeDot
    ) async {
        var action = delivery.begin(mail)
        while true {
            do {
                switch action {
                case .readReply:
                    action = delivery.receive(try await reply())
                case .send(let octets):
                    try await write(octets)
                    action = delivery.receive(try await reply())
                case .sendMessage:
                    action = try await send(message, repairing: repairing)
                case .sendFinalDot(let octets):
                    guard await beforeDot(delivery.results) else {
                        action = delivery.abandon("the gateway could not write down that it began")
                        continue
                    }
                    try await write(octets)
                    action = delivery.receive(try await reply())
                case .settled:
                    action = delivery.quit()
                case .close(let octets):
                    if !octets.isEmpty { try await write(octets) }
                    return
                }
            } catch {
                if case .close = action { return }
                action = delivery.connectionLost("\(error)")
            }
        }
    }

    private mutating func send(
        _ message: SpooledMessage, repairing: Bool
    ) async throws -> Delivery.Action {
        var ownFault: (any Error)?
        do {
            try await message.eachPieceOnTheWire(repairing: repairing) { [outbound] octets in
                do {
                    try await outbound.write(ByteBuffer(bytes: octets))
                } catch {
                    throw LostConnection(description: "\(error)")
                }
            }
        } catch let error as LostConnection {
            throw error
        } catch {
            ownFault = error
        }
        // Without its dot the server throws away what it got.
        return ownFault.map { delivery.abandon("\($0)") } ?? delivery.messageSent()
    }

    private struct LostConnection: Error, CustomStringConvertible {
        let description: String
    }

    private func write(_ octets: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: octets))
    }

    private mutating func reply() async throws -> Reply {
        while true {
            if let reply = try replies.next(&input) { return reply }
            guard let buffer = try await inbound.next() else { throw Closed() }
            input = Array(buffer.readableBytesView)[...]
        }
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
