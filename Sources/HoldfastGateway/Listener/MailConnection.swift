// SPDX-License-Identifier: Apache-2.0
// One SMTP or LMTP connection: the shell around the rules of a conversation.

internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP
internal import NIOCore

/// Reads, lets the rules decide, keeps mails, and sends the replies, as many at once as there are.
struct MailConnection {
    let dialect: Dialect
    let hostname: String
    let intake: Intake
    let clock: MachineClock
    let watched: WatchedConnection

    typealias Inbound = NIOAsyncChannelInboundStream<ByteBuffer>
    typealias Outbound = NIOAsyncChannelOutboundWriter<ByteBuffer>

    /// How much of what a client sends after its last reply is read, so that it sees that reply.
    private static let farewellBytesMax = 8 << 20
    private static let farewellMilliseconds: Int64 = 2000
    private static let turnedAwayMilliseconds: Int64 = 500

    func run(_ inbound: Inbound, _ outbound: Outbound) async throws {
        var limits = Session.Limits()
        limits.messageBytesMax = intake.limits.messageBytesMax
        limits.lineBytesMax = intake.limits.lineBytesMax
        var turn = Turn(
            conversation: Conversation(
                Session(
                    dialect: dialect, hostname: hostname, client: watched.client, limits: limits)),
            lastMail: clock.monotonicMilliseconds)
        turn.replies = turn.conversation.session.greeting.encoded
        var buffers = inbound.makeAsyncIterator()
        while true {
            arm(turn)
            try await send(&turn.replies, outbound)
            if turn.isOver { return await farewell(&buffers, outbound) }
            guard let buffer = try await buffers.next() else { return }
            turn.input = turn.input.isEmpty ? buffer.octets : turn.input + buffer.octets
            await perform(&turn)
        }
    }

    /// Says why there is no conversation, and gives the client a moment to read it.
    func turnAway(_ reply: Reply, _ inbound: Inbound, _ outbound: Outbound) async throws {
        watched.close(afterMilliseconds: Self.turnedAwayMilliseconds)
        try await outbound.write(ByteBuffer(bytes: reply.encoded))
        var buffers = inbound.makeAsyncIterator()
        await farewell(&buffers, outbound)
    }

    /// What a connection is at, between two reads.
    private struct Turn {
        var conversation: Conversation
        var input: ArraySlice<UInt8> = []
        var replies: [UInt8] = []
        /// The octets put by.
        var mail: IncomingMail?
        /// They cannot be kept; the rest is read and thrown away.
        var loss: Session.Outcome?
        var isOver = false
        var lastMail: Int64
    }

    private func perform(_ turn: inout Turn) async {
        turn.conversation.session.mailRefusal = intake.obstacle?.reply
        while let event = turn.conversation.read(&turn.input) {
            await perform(event, &turn)
        }
    }

    private func perform(_ event: Conversation.Event, _ turn: inout Turn) async {
        switch event {
        case .reply(let replies):
            for reply in replies { reply.encode(into: &turn.replies) }
        case .octets(let octets):
            await put(octets, by: &turn)
        case .forget:
            (turn.mail, turn.loss) = (nil, nil)
        case .takeIn(let envelope):
            watched.waitForUs()
            let outcome = await takeIn(&turn, envelope)
            turn.lastMail = clock.monotonicMilliseconds
            await perform(turn.conversation.taken(outcome), &turn)
        case .replyThenClose(let replies):
            intake.tally.countFarewell(replies)
            for reply in replies { reply.encode(into: &turn.replies) }
            turn.isOver = true
        }
    }

    /// The mail is changed where it lies: a copy of it would cost a copy of its octets.
    private func put(_ octets: ArraySlice<UInt8>, by turn: inout Turn) async {
        guard turn.loss == nil else { return }
        do {
            if turn.mail == nil { turn.mail = try intake.begin() }
            try await turn.mail?.add(octets)
        } catch IncomingMail.Problem.tooLarge {
            turn.loss = .refused("The message is larger than this server takes")
        } catch {
            turn.loss = .temporary(intake.obstacle(error).sentence)
        }
        if turn.loss != nil { turn.mail = nil }
    }

    private func takeIn(_ turn: inout Turn, _ envelope: Envelope) async -> Session.Outcome {
        if let loss = turn.loss.take() {
            intake.tally.countRefusal("lost")
            return loss
        }
        do {
            let mail = try turn.mail.take() ?? intake.begin()
            return await keep(mail, envelope)
        } catch {
            return .temporary(intake.obstacle(error).sentence)
        }
    }

    private func keep(
        _ mail: consuming IncomingMail, _ envelope: Envelope
    ) async -> Session.Outcome {
        switch await intake.keep(mail, for: envelope) {
        case .kept(let id, _, _): return .kept(id)
        case .refused(let reason):
            intake.tally.countRefusal("conflict")
            return .refused(reason)
        case .later(let obstacle):
            intake.tally.countRefusal(obstacle.label)
            return .temporary(obstacle.sentence)
        }
    }

    private func arm(_ turn: Turn) {
        let now = clock.monotonicMilliseconds
        let limits = intake.limits
        let isReceiving = turn.conversation.session.isReceiving
        let seconds = isReceiving ? limits.dataSecondsMax : limits.commandSecondsMax
        watched.wait(
            until: min(
                now + Int64(seconds) * 1000, turn.lastMail + Int64(limits.mailSecondsMax) * 1000),
            isIdle: turn.conversation.isIdle)
    }

    private func send(_ replies: inout [UInt8], _ outbound: Outbound) async throws {
        guard !replies.isEmpty else { return }
        try await outbound.write(ByteBuffer(bytes: replies))
        replies.removeAll(keepingCapacity: true)
    }

    /// Stops sending, and reads on for a moment: a reset would take the last reply with it.
    private func farewell(_ buffers: inout Inbound.AsyncIterator, _ outbound: Outbound) async {
        watched.wait(
            until: clock.monotonicMilliseconds + Self.farewellMilliseconds, isIdle: true)
        outbound.finish()
        var bytes = 0
        // Whatever goes wrong now, the conversation is over.
        while bytes < Self.farewellBytesMax, let buffer = try? await buffers.next() {
            bytes += buffer.readableBytes
        }
    }
}

extension Intake.Obstacle {
    /// What is said at MAIL FROM.
    var reply: Reply {
        switch self {
        case .diskNearlyFull: .diskNearlyFull
        case .tooFewStorages, .copiesMissing: .tooFewStorages
        case .clockIsOff: .clockIsOff
        case .overloaded, .failed: .overloaded
        }
    }

    /// What is said to who has sent the mail already.
    var sentence: String {
        switch self {
        case .diskNearlyFull: "The disk is nearly full: try later"
        case .overloaded: "Too much waits here: try later"
        case .tooFewStorages: "Fewer storages are there than must have the mail: try later"
        case .copiesMissing: "Not enough storages have the mail yet: try later"
        case .clockIsOff: "The clock here is days off: try later"
        case .failed: "The mail could not be kept: try later"
        }
    }

    /// For metrics.
    var label: String {
        switch self {
        case .diskNearlyFull: "disk_nearly_full"
        case .overloaded: "overloaded"
        case .tooFewStorages: "too_few_storages"
        case .copiesMissing: "copies_missing"
        case .clockIsOff: "clock_is_off"
        case .failed: "failed"
        }
    }
}

extension Tally {
    /// A client that was sent away; one that said goodbye was not.
    fileprivate func countFarewell(_ replies: [Reply]) {
        guard let reply = replies.first, reply.code != 221 else { return }
        countRefusal("\(reply.code)")
    }
}
