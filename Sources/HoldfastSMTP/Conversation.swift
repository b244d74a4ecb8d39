// SPDX-License-Identifier: Apache-2.0
// The bytes of one connection, brought before the rules of its session.

package import HoldfastModel

/// A session and its readers: bytes in, in any pieces; events out, one at a time.
///
/// The caller hands in what it received, does what each event says, and asks again until there is
/// none. What it has not used stays in `input`: commands sent ahead wait there while a mail is kept.
package struct Conversation: Sendable {
    /// What the caller does next.
    package enum Event: Equatable, Sendable {
        /// Send these.
        case reply([Reply])
        /// The next octets of the message that is being received: put them by.
        case octets(ArraySlice<UInt8>)
        /// Throw away the octets put by; their message will not be taken in.
        case forget
        /// Keep the octets put by as this mail, then call `taken`.
        case takeIn(Envelope)
        /// Send these and close. A client still sending would lose the reply to a reset: shut down
        /// the sending side first and read on for a moment.
        case replyThenClose([Reply])
    }

    private enum Mode: Equatable {
        case commands, message, chunk, skippedChunk, taking, closed
    }

    /// The rules; `mailRefusal` is for the caller to set.
    package var session: Session
    private var mode = Mode.commands
    private var commandReader: CommandReader
    private var dotReader: DotReader
    private var octetsLeft = 0
    private var meter = MessageMeter()
    private var pending: Event?

    package init(_ session: Session) {
        let limits = session.limits
        self.session = session
        commandReader = CommandReader(
            bytesMax: limits.commandLineBytesMax, skippedBytesMax: limits.lineBytesMax)
        dotReader = DotReader(lineBytesMax: limits.lineBytesMax)
    }

    /// Nothing of a mail has come yet: a node that stops may say 421 now and nobody loses work.
    package var isIdle: Bool { mode == .commands && !session.isReceiving }

    /// Takes the next event from the front of `input`; nil when more is needed (or, after `takeIn`,
    /// when `taken` is to be called).
    package mutating func read(_ input: inout ArraySlice<UInt8>) -> Event? {
        if let event = pending {
            pending = nil
            return event
        }
        while canGoOn(with: input) {
            if let event = goOn(&input) { return event }
        }
        return nil
    }

    /// Answers the last `takeIn`.
    package mutating func taken(_ outcome: Session.Outcome) -> Event {
        precondition(mode == .taking, "no mail was to be taken in")
        mode = .commands
        return .reply(session.taken(outcome))
    }

    private func canGoOn(with input: ArraySlice<UInt8>) -> Bool {
        switch mode {
        case .commands, .message: !input.isEmpty
        case .chunk, .skippedChunk: !input.isEmpty || octetsLeft == 0
        case .taking, .closed: false
        }
    }

    private mutating func goOn(_ input: inout ArraySlice<UInt8>) -> Event? {
        switch mode {
        case .commands: commandReader.next(&input).flatMap { perform(session.receive($0)) }
        case .message: readMessage(&input)
        case .chunk, .skippedChunk: readChunk(&input)
        case .taking, .closed: nil
        }
    }

    private mutating func readMessage(_ input: inout ArraySlice<UInt8>) -> Event? {
        switch dotReader.next(&input) {
        case .octets(let octets):
            meter.hasLongLine = dotReader.hasLongLine
            return putBy(octets)
        case .end: return perform(session.messageEnded(meter.fault(session.limits)))
        case .bareLineEnd: return perform(session.messageEnded(.bareLineEnd))
        case nil: return nil
        }
    }

    private mutating func readChunk(_ input: inout ArraySlice<UInt8>) -> Event? {
        if octetsLeft == 0 {
            if session.chunkIsLast { meter.endLines() }
            return perform(session.chunkEnded(meter.fault(session.limits)))
        }
        let octets = input.prefix(octetsLeft)
        input = input.dropFirst(octets.count)
        octetsLeft -= octets.count
        guard mode == .chunk else { return nil }
        meter.measureLines(octets, session.limits)
        return putBy(octets)
    }

    private mutating func putBy(_ octets: ArraySlice<UInt8>) -> Event? {
        meter.measure(octets)
        if mode == .message, meter.isEndless(session.limits) {
            return perform(session.messageEnded(.endless))
        }
        guard meter.fault(session.limits) == nil else { return forget() }
        meter.hasOctetsPutBy = true
        return .octets(octets)
    }

    /// Nil when there is nothing to forget.
    private mutating func forget() -> Event? {
        defer { meter.hasOctetsPutBy = false }
        return meter.hasOctetsPutBy ? .forget : nil
    }

    /// What an action means for the bytes that follow.
    private mutating func perform(_ action: Session.Action) -> Event? {
        switch action {
        case .reply(let replies):
            mode = .commands
            return session.isReceiving ? .reply(replies) : endMessage(then: .reply(replies))
        case .replyThenReadMessage(let reply):
            mode = .message
            dotReader = DotReader(lineBytesMax: session.limits.lineBytesMax)
            return .reply([reply])
        case .readChunk(let octets):
            (mode, octetsLeft) = (.chunk, octets)
            return nil
        case .skipChunk(let octets):
            (mode, octetsLeft) = (.skippedChunk, octets)
            return nil
        case .takeIn(let envelope):
            mode = .taking
            meter = MessageMeter()
            return .takeIn(envelope)
        case .replyThenClose(let replies):
            mode = .closed
            return endMessage(then: .replyThenClose(replies))
        }
    }

    /// Octets put by for a message that came to nothing are forgotten first.
    private mutating func endMessage(then event: Event) -> Event {
        defer { meter = MessageMeter() }
        guard let forgotten = forget() else { return event }
        pending = event
        return forgotten
    }
}
