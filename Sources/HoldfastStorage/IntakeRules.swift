// SPDX-License-Identifier: Apache-2.0
// What a storage does with what it is offered: decisions, without doing them.

internal import HoldfastLedger
internal import HoldfastModel

/// The rules by which a storage takes, refuses or recognises a record.
struct IntakeRules {
    var here: Holder
    var disksMayBeShared: Bool

    enum Decision: Equatable {
        /// Keep it with this slip, on which this storage stands now.
        case keep(Slip)
        case notHere(String)
        case refused(String)
    }

    /// What to do with a record that the ledger may or may not know already.
    ///
    /// A slip that names this node does not mean that the copy is still good: keeping finds out.
    ///
    /// - Parameter closed: why nothing is taken here at all.
    func decide(
        _ header: RecordHeader, _ slip: Slip, today: Day, closed: String? = nil
    ) -> Decision {
        guard header.kind == .mail || header.kind == .note else {
            return .refused("a storage keeps mails and notes, nothing else")
        }
        // By this clock, which may be wrong: another storage is asked, and nothing is buried.
        guard slip.keepUntil >= today else { return .notHere("its keep-until day has passed") }
        if let closed { return .notHere(closed) }
        var others = slip
        others.holders.removeAll { $0.node == here.node }
        switch others.step(at: here, disksMayBeShared: disksMayBeShared) {
        case .keepLast(let slip), .keepAndPassOn(let slip): return .keep(slip)
        case .alreadyHeld, .notHere: return .notHere("another copy lies on this disk")
        }
    }

    enum PurgeDecision: Equatable {
        /// The purge was of what was received before; this is another mail with the same octets.
        case take
        /// It was on its way as it was purged: as good as held, and nobody need keep it.
        case alreadyHeld
        /// Somebody brings it once more: that is not for us to take, and not to be hushed up.
        case refused(String)
    }

    /// A gateway's clock may be so far ahead of the one by which was purged.
    private static let purgeMillisecondsSlack: Int64 = 3_600_000

    /// What to do with a record of a mail that was purged.
    func decide(_ header: RecordHeader, purge: Purge) -> PurgeDecision {
        guard purge.covers(header.received) else { return .take }
        let walked = header.received.milliseconds - purge.at.milliseconds
        return walked <= Self.purgeMillisecondsSlack
            ? .alreadyHeld : .refused(Purge.refusal(until: purge.until))
    }

    enum Recognition: Equatable {
        /// It is the same mail; this is the slip of both, and whether it says anything new.
        case same(Slip, isNews: Bool)
        /// The same mail, but what is here would be dropped too early: it must be written again. So it is with
        /// the other copies, unless the offer names them: it is passed on as a new mail.
        case renew(Slip)
        /// The same id means something else here: an alarm.
        case otherContent
    }

    /// What a second offer of a held mail means (D6).
    ///
    /// - Parameter heldDigest: of the octets that are held, wherever it was read.
    /// - Parameter heldSlip: the slip of what is held, joined with all that came since.
    func recognise(
        _ header: RecordHeader, _ offered: Slip, held: Held, heldDigest: Digest,
        heldSlip: Slip
    ) -> Recognition {
        guard heldDigest == header.digest else { return .otherContent }
        let joined = heldSlip.joined(with: offered)
        if offered.keepUntil > held.keepUntil { return .renew(joined) }
        return .same(joined, isNews: joined != heldSlip)
    }
}
