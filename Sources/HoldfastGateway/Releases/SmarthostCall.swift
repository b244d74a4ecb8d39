// SPDX-License-Identifier: Apache-2.0
// One mail on its way to the smarthost: the shell around the rules of a delivery.

internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP

/// Sends one mail, once.
struct SmarthostCall: Sendable {
    let smarthost: Smarthost
    let hostname: String
    let lines: any SmarthostLines

    /// Results in the order of the mail's recipients.
    typealias Results = [Delivery.Result]
    /// Writes down that the dot is on its way; false when that cannot be done, and it is not sent.
    typealias BeforeDot = ([Delivery.Result?]) async -> Bool

    func send(
        _ mail: OutgoingMail, _ message: SpooledMessage, repairing: Bool, beforeDot: BeforeDot
    ) async -> Results {
        let recipients = mail.envelope.recipients.count
        var results: [Delivery.Result?] = []
        do {
            try await lines.open(to: smarthost) { line in
                var dialogue = Dialogue(
                    delivery: Delivery(dialect: smarthost.dialect, name: hostname), line: line)
                await dialogue.run(mail, message, repairing: repairing, beforeDot: beforeDot)
                results = dialogue.delivery.results
            }
        } catch {
            let words = NetworkFault.words(for: error)
            let reply = Reply(421, "4.4.1", "\(smarthost) cannot be reached: \(words)")
            return Array(repeating: .tryLater(reply), count: recipients)
        }
        let lost = Reply(421, "4.4.2", "The connection was lost")
        return (0..<recipients).map { place in
            (place < results.count ? results[place] : nil) ?? .tryLater(lost)
        }
    }
}

/// Does what the rules of a delivery say.
private struct Dialogue {
    var delivery: Delivery
    var line: any SmarthostLine
    private var replies = ReplyReader()
    private var input: ArraySlice<UInt8> = []

    init(delivery: Delivery, line: any SmarthostLine) {
        self.delivery = delivery
        self.line = line
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
            try await message.eachPieceOnTheWire(repairing: repairing) { octets in
                do {
                    try await line.write(octets)
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

    private mutating func write(_ octets: [UInt8]) async throws {
        try await line.write(octets)
    }

    private mutating func reply() async throws -> Reply {
        while true {
            if let reply = try replies.next(&input) { return reply }
            guard let octets = try await line.read() else { throw Closed() }
            input = octets[...]
        }
    }
}
