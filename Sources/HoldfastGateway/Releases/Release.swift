// SPDX-License-Identifier: Apache-2.0
// One release from its order to its note: decisions, without doing them (R25).

internal import HoldfastModel
internal import HoldfastSMTP

/// When a release is tried again, and when no more.
struct ReleaseRules: Sendable {
    var againMilliseconds: ClosedRange<Int64> = 60_000...1_800_000
    var giveUpSeconds: Int64 = 2 * 86_400
    /// What could not be written down is tried again soon: nothing was sent for it.
    var writeAgainMilliseconds: Int64 = 10_000
    /// How long the gateway knows an order after its note is safe: a helper that was held up may
    /// bring it again.
    var memorySeconds: Int64 = 86_400

    func wait(afterAttempts attempts: Int) -> Int64 {
        let shift = min(max(attempts - 1, 0), 20)
        return min(againMilliseconds.upperBound, againMilliseconds.lowerBound << shift)
    }
}

/// One release, and how far it is.
struct Release: Sendable {
    /// Where one of its records lies in the spool.
    struct Place: Hashable, Sendable {
        var position: Position
        var segment: SegmentNumber
    }

    /// Where the order lies, with the message.
    struct Source: Hashable, Sendable {
        var order: MailID
        var position: Position
        var segment: SegmentNumber
        var offset: UInt64

        var place: Place { Place(position: position, segment: segment) }
    }

    let order: Order
    /// When this gateway took the order.
    let taken: Timestamp
    let slip: Slip
    let source: Source
    /// Each recipient's final result, in the order's order.
    private(set) var results: [RecipientResult?]
    /// What the smarthost said last that was not final.
    private(set) var lastReply: String?
    private(set) var attempts = 0
    private(set) var lineEndsChanged = false
    private(set) var marks = 0
    /// All its records: order, marks, note.
    private(set) var places: [Place]
    private(set) var noteAt: Timestamp?
    var noteIsSafe = false
    /// When it is looked at next, on the monotonic clock; nil while somebody does.
    var nextTry: Int64? = .min
    var nextTryAt: Timestamp?

    init(_ order: Order, taken: Timestamp, slip: Slip, source: Source) {
        self.order = order
        self.taken = taken
        self.slip = slip
        self.source = source
        results = Array(repeating: nil, count: order.recipients.count)
        places = [source.place]
    }

    /// Recipients that have no final result, as places in the order.
    var open: [Int] { results.indices.filter { results[$0] == nil } }

    var isSettled: Bool { open.isEmpty }

    var isDone: Bool { noteAt != nil }

    /// Whether it sent the mail to somebody, may have, or still will.
    func serves(_ recipient: Recipient) -> Bool {
        zip(order.recipients, results).contains { address, result in
            Recipient(address) == recipient && result?.outcome != .refused
        }
    }

    /// Takes what a former run wrote down: who was in flight then is in doubt now.
    mutating func resume(from mark: ReleaseMark, at place: Place) {
        places.append(place)
        guard mark.number > marks else { return }
        marks = mark.number
        lineEndsChanged = mark.lineEndsChanged
        results = order.recipients.indices.map { place in
            if let result = mark.results[place] {
                return RecipientResult(
                    recipient: order.recipients[place], outcome: result.outcome, reply: result.reply
                )
            }
            guard mark.inFlight.contains(place) else { return nil }
            return inDoubt(place, "The gateway stopped between the final dot and the reply")
        }
    }

    /// Its note lies in the spool.
    mutating func noted(at time: Timestamp, _ place: Place) {
        noteAt = time
        nextTry = nil
        if !places.contains(place) { places.append(place) }
    }

    /// Takes what became of an attempt for those who were open when it began.
    ///
    /// True when somebody's final result became known.
    @discardableResult
    mutating func take(
        _ attempt: [Int: Delivery.Result], lineEndsChanged changed: Bool = false
    ) -> Bool {
        attempts += 1
        let before = open.count
        for (place, result) in attempt where results[place] == nil {
            let recipient = order.recipients[place]
            switch result {
            case .sent(let reply):
                results[place] = RecipientResult(
                    recipient: recipient, outcome: .sent, reply: reply.text)
                lineEndsChanged = lineEndsChanged || changed
            case .refused(let reply):
                results[place] = RecipientResult(
                    recipient: recipient, outcome: .refused, reply: reply.text)
            case .inDoubt:
                results[place] = inDoubt(
                    place, "The connection was lost between the final dot and the reply")
                lineEndsChanged = lineEndsChanged || changed
            case .tryLater(let reply): lastReply = reply.text
            }
        }
        return open.count < before
    }

    private func inDoubt(_ place: Int, _ reply: String) -> RecipientResult {
        RecipientResult(recipient: order.recipients[place], outcome: .inDoubt, reply: reply)
    }

    /// Too long ago: what the smarthost said last counts.
    mutating func giveUp(_ rules: ReleaseRules, now: Timestamp) {
        guard now >= taken.advanced(bySeconds: rules.giveUpSeconds) else { return }
        let reply = lastReply ?? "The smarthost was not reached in time"
        for place in open {
            results[place] = RecipientResult(
                recipient: order.recipients[place], outcome: .refused, reply: reply)
        }
    }

    /// The next mark.
    ///
    /// - Parameter attempt: what the attempt that is under way has settled by now.
    mutating func mark(
        inFlight: [Int], attempt: [Int: Delivery.Result] = [:], lineEndsChanged changed: Bool
    ) -> ReleaseMark {
        marks += 1
        var known = self
        known.take(attempt)
        let results = known.results.enumerated().compactMap { place, result in
            result.map { (place, $0) }
        }
        return ReleaseMark(
            order: order.id, number: marks, results: Dictionary(uniqueKeysWithValues: results),
            inFlight: inFlight, lineEndsChanged: lineEndsChanged || changed)
    }

    mutating func marked(at place: Place) {
        places.append(place)
    }

    /// What the catalog will know of it for good.
    func note(at now: Timestamp, sentTo: String) -> Note {
        Note(
            id: .note(of: order.id), mail: order.mail, order: order.id, at: now, by: order.by,
            sentTo: sentTo, results: results.compactMap(\.self), lineEndsChanged: lineEndsChanged)
    }

    /// Nothing of it needs to be known here any more.
    func isForgettable(_ rules: ReleaseRules, now: Timestamp) -> Bool {
        guard let noteAt, noteIsSafe else { return false }
        return now >= noteAt.advanced(bySeconds: rules.memorySeconds)
    }
}
