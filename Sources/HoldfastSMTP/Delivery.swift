// SPDX-License-Identifier: Apache-2.0
// The client's side of SMTP and LMTP: a reply in, an action out.

import HoldfastModel

/// One connection to a server, over which mails are sent one after the other; as rules.
///
/// The caller opens a connection, makes a `Delivery`, calls `begin` with a mail, and does what each
/// action says until `settled`; then `begin` again, or `quit`. Every command waits for its reply.
package struct Delivery: Sendable {
    /// What the caller does next.
    package enum Action: Equatable, Sendable {
        /// Read a reply and call `receive`.
        case readReply
        /// Send these octets, then read a reply and call `receive`.
        case send([UInt8])
        /// Send the message through a `DotWriter`, without the final dot; then call `messageSent`.
        case sendMessage
        /// Write down durably that the dot is on its way; then send these octets, read a reply and
        /// call `receive`. From here on a lost connection leaves the mail in doubt; who cannot write
        /// it down calls `abandon` and does not send the dot.
        case sendFinalDot([UInt8])
        /// `results` are complete. Call `begin` for another mail if `canGoOn`, or `quit`.
        case settled
        /// Close the connection; when there are octets, send them first.
        case close([UInt8])
    }

    /// What became of a mail for one recipient.
    package enum Result: Hashable, Sendable {
        /// The server has taken it over.
        case sent(Reply)
        /// Never: the server said so, or the mail cannot go there as it is.
        case refused(Reply)
        /// Not now.
        case tryLater(Reply)
        /// The final dot was sent and no reply came: the server may have it or not.
        case inDoubt

        /// What a reply to RCPT, or to the message, means.
        init(_ reply: Reply) {
            switch reply.kind {
            case .done: self = .sent(reply)
            case .refused: self = .refused(reply)
            default: self = .tryLater(reply)
            }
        }
    }

    enum Step: Equatable {
        case greeting, hello, oldHello, resetting, mail, recipient(Int), data, message
        /// The number among `accepted` whose reply comes next.
        case finalReply(Int)
        case settled, closed
    }

    /// For each recipient of the envelope, in its order; nil until it is known.
    package internal(set) var results: [Result?] = []

    let dialect: Dialect
    let name: String
    var step = Step.greeting
    var offers = Offers()
    var hasOpenTransaction = false
    var mail = OutgoingMail(
        Envelope(sender: "", recipients: []), messageBytes: 0, isEightBit: false)
    /// Recipients that the server took, as places in the envelope.
    var accepted: [Int] = []

    /// `name` is what we call ourselves in EHLO or LHLO: our host's name or `[address]`.
    package init(dialect: Dialect, name: String) {
        self.dialect = dialect
        self.name = name
    }

    /// The server still listens: another mail may follow.
    package var canGoOn: Bool { step == .settled }

    /// Begins to send a mail; the first one waits for the server's greeting.
    package mutating func begin(_ mail: OutgoingMail) -> Action {
        self.mail = mail
        accepted = []
        results = Array(repeating: nil, count: mail.envelope.recipients.count)
        switch step {
        case .greeting: return .readReply
        case .settled where hasOpenTransaction: return say("RSET", then: .resetting)
        case .settled: return sayMail()
        default:
            preconditionFailure("a mail begins when the last one is settled and the line holds")
        }
    }

    /// Says goodbye, if there is still somebody to say it to. What is replied does not matter.
    package mutating func quit() -> Action {
        defer { step = .closed }
        return .close(step == .closed ? [] : Array("QUIT\r\n".utf8))
    }

    package mutating func receive(_ reply: Reply) -> Action {
        if reply.code == 421 { return hangUp(reply) }
        switch (step, reply.kind) {
        case (.greeting, .done):
            return say("\(dialect == .lmtp ? "LHLO" : "EHLO") \(name)", then: .hello)
        case (.hello, .done):
            offers = Offers(reply)
            return sayMail()
        case (.hello, .refused) where dialect == .smtp: return say("HELO \(name)", then: .oldHello)
        case (.oldHello, .done), (.resetting, .done): return sayMail()
        // The server refuses us, not this mail: another day, or another server, may take it.
        case (.greeting, _), (.hello, _), (.oldHello, _), (.resetting, _):
            return lose(.tryLater(reply))
        case (.mail, .done): return sayRecipient(0)
        case (.mail, _), (.data, .later), (.data, .refused): return settle(Result(reply))
        case (.recipient(let place), _): return note(reply, for: place)
        case (.data, .goOn):
            step = .message
            return .sendMessage
        case (.finalReply(let number), _): return noteFinal(reply, number)
        case (.data, _), (.message, _), (.settled, _), (.closed, _):
            return lose(.tryLater(.unexpected(reply)))
        }
    }

    /// The message is sent up to, but without, its final dot.
    package mutating func messageSent() -> Action {
        precondition(step == .message, "no message was to be sent")
        step = .finalReply(0)
        hasOpenTransaction = false
        return .sendFinalDot(DotWriter.finalDot)
    }

    /// The connection is gone, or of no more use.
    package mutating func connectionLost(_ reason: String) -> Action {
        lose(isAwaitingFinalReply ? .inDoubt : .tryLater(.lost(reason)))
    }

    /// The caller gives up and has not sent the final dot; the connection is to be closed as it is,
    /// without QUIT, so that the server throws the mail away.
    package mutating func abandon(_ reason: String) -> Action {
        lose(.tryLater(.lost(reason)))
    }

    private var isAwaitingFinalReply: Bool {
        if case .finalReply = step { true } else { false }
    }
}
