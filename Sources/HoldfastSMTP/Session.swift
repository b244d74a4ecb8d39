// SPDX-License-Identifier: Apache-2.0
// The server's side of SMTP (RFC 5321) and LMTP (RFC 2033): a command in, an action out.

package import HoldfastModel

/// Which of the two protocols is spoken.
package enum Dialect: Hashable, Sendable {
    case smtp, lmtp
}

/// One SMTP or LMTP conversation, as rules: no socket, no clock, no disk.
///
/// Every well-formed recipient is accepted: what a mail is for is the business of who sent it here.
package struct Session: Sendable {
    /// What the caller does next.
    package enum Action: Equatable, Sendable {
        /// Send these; then the next command.
        case reply([Reply])
        /// Send this; then read a message up to its final dot and call `messageEnded`.
        case replyThenReadMessage(Reply)
        /// Read so many octets as part of the message and call `chunkEnded`.
        case readChunk(octets: Int)
        /// Read so many octets, keep none, and call `chunkEnded`.
        case skipChunk(octets: Int)
        /// The message is complete: keep the mail, then call `taken`. No command is read meanwhile.
        case takeIn(Envelope)
        /// Send these and close.
        case replyThenClose([Reply])
    }

    private enum State {
        case connected, greeted, mailing, receiving, chunking, taking, closed
    }

    package let dialect: Dialect
    package let limits: Limits
    /// Set by the caller when it can take in nothing now; said at each MAIL FROM until it is nil.
    package var mailRefusal: Reply?
    /// SIZE as the client reckons it, while a mail is being received.
    package private(set) var declaredBytes: Int?

    private let hostname: String
    private var state = State.connected
    private var origin: Envelope.Origin
    private var envelope = Envelope(sender: "", recipients: [])
    /// The chunk that is being read is the last of its message.
    private(set) var chunkIsLast = false
    private var chunkRefusal: Reply?
    private var badCommands = 0
    private var commands = 0

    /// `hostname` is our name in the greeting, `client` the address of the peer.
    package init(dialect: Dialect, hostname: String, client: String = "", limits: Limits = Limits())
    {
        self.dialect = dialect
        self.hostname = hostname
        self.limits = limits
        origin = Envelope.Origin(transport: "", client: client, greeting: "")
    }

    /// The first thing to send.
    package var greeting: Reply {
        Reply(220, nil, "\(hostname) \(dialect == .smtp ? "ESMTP" : "LMTP") Holdfast")
    }

    /// Octets that have come belong to a mail that may still be taken in.
    package var isReceiving: Bool { state == .receiving || state == .chunking }

    package var isClosed: Bool { state == .closed }

    /// Reads a command line, or what stands in place of one.
    package mutating func receive(_ line: CommandReader.Line) -> Action {
        switch line {
        case .endless: return close(.tooManyErrors)
        case .tooLong: return refuse(.commandTooLong)
        case .bareLineEnd: return refuse(.unreadable)
        case .line(let octets):
            do throws(Command.Fault) {
                return receive(try Command(octets))
            } catch {
                return receive(error)
            }
        }
    }

    /// A line that is no command.
    package mutating func receive(_ fault: Command.Fault) -> Action {
        precondition(!isClosed, "the caller stops reading once we close")
        switch fault {
        case .unknownCommand: return refuse(.unknownCommand)
        case .unreadable: return refuse(.unreadable)
        case .badArguments: return refuse(.badArguments)
        case .badSender: return refuse(.badSender)
        case .badRecipient: return refuse(.badRecipient)
        case .unknownParameter: return refuse(.unknownParameter)
        case .needsUTF8: return refuse(.needsUTF8)
        case .badChunk: return close(.badArguments)
        }
    }

    package mutating func receive(_ command: Command) -> Action {
        commands += 1
        guard commands <= limits.commandsMax else { return close(.tooManyCommands) }
        switch (state, command) {
        case (.closed, _), (.receiving, _), (.taking, _):
            preconditionFailure("no command is read while a message comes, nor after the end")
        case (_, .quit): return close(.goodbye)
        case (_, .noop): return .reply([.ok])
        case (_, .help): return .reply([.help])
        case (_, .verify): return .reply([.cannotVerify])
        case (_, .expand), (_, .notOffered): return refuse(.notOffered)
        case (_, .foreign): return close(.notSMTP)
        case (_, .hello(let hello, let name)): return greet(hello, name)
        case (.connected, .reset): return .reply([.ok])
        case (_, .reset): return startOver(.ok)
        case (.greeted, .mail(let path, let parameters)): return begin(path, parameters)
        case (.mailing, .recipient(let mailbox)): return add(mailbox)
        case (.mailing, .data) where envelope.recipients.isEmpty: return refuse(.noRecipients)
        case (.mailing, .data):
            state = .receiving
            return .replyThenReadMessage(.startMessage)
        case (_, .chunk(let octets, let last)): return readChunk(octets: octets, last: last)
        default: return refuse(.badSequence)
        }
    }

    private mutating func greet(_ hello: Command.Hello, _ name: String) -> Action {
        guard (hello == .lhlo) == (dialect == .lmtp) else { return refuse(.unknownCommand) }
        origin.transport = dialect == .lmtp ? "LMTP" : hello == .helo ? "SMTP" : "ESMTP"
        origin.greeting = name
        state = .greeted
        guard hello != .helo else { return .reply([Reply(250, nil, hostname)]) }
        let offers = [
            "PIPELINING", "SIZE \(limits.messageBytesMax)", "8BITMIME", "SMTPUTF8", "CHUNKING",
            "ENHANCEDSTATUSCODES",
        ]
        return .reply([Reply(250, nil, lines: [hostname] + offers)])
    }

    private mutating func begin(_ path: Mailbox.Path, _ parameters: MailParameters) -> Action {
        if let mailRefusal { return .reply([mailRefusal]) }
        declaredBytes = parameters.declaredBytes
        guard declaredBytes ?? 0 <= limits.messageBytesMax else {
            return .reply([.messageTooLarge])
        }
        envelope = Envelope(
            sender: path.mailbox?.text ?? "", recipients: [], eightBit: parameters.eightBit,
            utf8: parameters.utf8, origin: origin)
        state = .mailing
        return .reply([.senderOK])
    }

    private mutating func add(_ mailbox: Mailbox) -> Action {
        guard mailbox.isASCII || envelope.utf8 else { return refuse(.needsUTF8) }
        guard envelope.recipients.count < limits.recipientsMax else {
            return .reply([.tooManyRecipients])
        }
        envelope.recipients.append(mailbox.text)
        return .reply([.recipientOK])
    }

    /// A chunk that comes at the wrong time has octets behind it all the same (RFC 3030, 2).
    private mutating func readChunk(octets: Int, last: Bool) -> Action {
        guard octets <= limits.messageBytesMax + limits.skippedBytesMax else {
            return close(.messageTooLarge)
        }
        chunkIsLast = last
        chunkRefusal = chunkRefusalNow
        guard chunkRefusal == nil else { return .skipChunk(octets: octets) }
        state = .chunking
        return .readChunk(octets: octets)
    }

    private var chunkRefusalNow: Reply? {
        switch state {
        case .chunking: nil
        case .mailing: envelope.recipients.isEmpty ? .noRecipients : nil
        default: .badSequence
        }
    }

    private mutating func startOver(_ reply: Reply) -> Action {
        state = .greeted
        return .reply([reply])
    }

    private mutating func refuse(_ reply: Reply) -> Action {
        badCommands += 1
        return badCommands > limits.badCommandsMax ? close(.tooManyErrors) : .reply([reply])
    }

    private mutating func close(_ reply: Reply) -> Action {
        state = .closed
        return .replyThenClose([reply])
    }
}

extension Session {
    /// The message has been read up to its end, or as far as it was worth reading.
    package mutating func messageEnded(_ fault: MessageFault? = nil) -> Action {
        precondition(isReceiving, "no message was being received")
        guard let fault else {
            state = .taking
            return .takeIn(envelope)
        }
        let replies = toEachRecipient(fault.reply)
        state = fault.endsConversation ? .closed : .greeted
        return fault.endsConversation ? .replyThenClose(replies) : .reply(replies)
    }

    /// The octets of a chunk have been read.
    package mutating func chunkEnded(_ fault: MessageFault? = nil) -> Action {
        if let refusal = chunkRefusal {
            if state != .connected { state = .greeted }
            return refuse(refusal)
        }
        guard let fault else { return chunkIsLast ? messageEnded() : .reply([.ok]) }
        // Chunks are counted: whatever is wrong with this message, the next command is found.
        state = .greeted
        return .reply(chunkIsLast ? toEachRecipient(fault.reply) : [fault.reply])
    }

    /// What became of a mail that was to be taken in.
    package enum Outcome: Equatable, Sendable {
        /// It is durable under this id.
        case kept(MailID)
        /// Not now, for this reason: the client will come again.
        case temporary(String)
        /// Never, for this reason.
        case refused(String)
    }

    /// Ends a mail: one reply, or with LMTP one for each recipient (RFC 2033, 4.2).
    package mutating func taken(_ outcome: Outcome) -> [Reply] {
        precondition(state == .taking, "no mail was to be taken in")
        state = .greeted
        switch outcome {
        case .kept(let id):
            (commands, badCommands) = (0, 0)
            return toEachRecipient(Reply(250, "2.0.0", "Taken in as \(id)"))
        case .temporary(let reason): return toEachRecipient(Reply(451, "4.3.0", reason))
        case .refused(let reason): return toEachRecipient(Reply(554, "5.3.0", reason))
        }
    }

    private func toEachRecipient(_ reply: Reply) -> [Reply] {
        guard dialect == .lmtp else { return [reply] }
        return envelope.recipients.map { recipient in
            Reply(
                reply.code, reply.enhanced, "<\(recipient)> \(reply.lines.joined(separator: " "))")
        }
    }
}
