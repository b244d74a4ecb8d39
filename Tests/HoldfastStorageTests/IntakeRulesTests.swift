// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import Testing

@testable import HoldfastStorage

@Suite("What a storage decides about an offer")
struct IntakeRulesTests {
    private static let today = Day(number: 20_000)
    private static let here = Holder(node: NodeID(1), disk: DiskID(1), host: "here")

    private static func slip(
        copies: Int = 2, days: Int = 7, _ holders: Holder..., gateways: [String] = ["g"]
    ) -> Slip {
        Slip(
            copiesWanted: copies, keepUntil: today.advanced(by: days), holders: holders,
            gateways: gateways)
    }

    private static func header(_ kind: RecordKind = .mail, digest: Digest = .zero) -> RecordHeader {
        RecordHeader(
            kind: kind, mail: MailID(7), received: Timestamp(milliseconds: 0), keepUntil: today,
            digest: digest)
    }

    struct Offer: Sendable {
        var what: String
        var kind = RecordKind.mail
        var slip: Slip
        var shared = false
        var decision: IntakeRules.Decision
    }

    private static let elsewhere = holder(9)
    private static let sameDisk = Holder(node: NodeID(2), disk: here.disk, host: "here")

    @Test(
        "D7: an offer is kept, or there is a reason why not",
        arguments: [
            Offer(what: "the first copy", slip: slip(), decision: .keep(slip(here))),
            Offer(
                what: "the second copy", slip: slip(elsewhere),
                decision: .keep(slip(elsewhere, here))),
            Offer(
                what: "this node is on the slip: the copy may be gone", slip: slip(here),
                decision: .keep(slip(here))),
            Offer(
                what: "a copy on the same disk", slip: slip(sameDisk),
                decision: .notHere("another copy lies on this disk")),
            Offer(
                what: "a copy on the same disk, where that is allowed", slip: slip(sameDisk),
                shared: true, decision: .keep(slip(sameDisk, here))),
            Offer(
                what: "a last day that has passed", slip: slip(days: -1),
                decision: .notHere("its keep-until day has passed")),
            Offer(
                what: "the last day is today", slip: slip(days: 0),
                decision: .keep(slip(days: 0, here))),
            Offer(
                what: "an order", kind: .order, slip: slip(),
                decision: .refused("a storage keeps mails and notes, nothing else")),
        ])
    func decided(_ offer: Offer) {
        let rules = IntakeRules(here: Self.here, disksMayBeShared: offer.shared)
        let decision = rules.decide(Self.header(offer.kind), offer.slip, today: Self.today)
        #expect(decision == offer.decision, "\(offer.what)")
    }

    struct Second: Sendable {
        var what: String
        var digest = Digest.zero
        var offered: Slip
        var heldDays = 7
        var heldElsewhere: [Holder] = []
        var recognition: IntakeRules.Recognition
    }

    private static let other = Digest(words: (1, 2, 3, 4))

    @Test(
        "D6: a second offer joins the first, renews it, or raises an alarm",
        arguments: [
            Second(
                what: "the same again", offered: slip(here),
                recognition: .same(slip(here), isNews: false)),
            Second(
                what: "another holder is known", offered: slip(elsewhere),
                recognition: .same(slip(here, elsewhere), isNews: true)),
            Second(
                what: "another gateway waits", offered: slip(here, gateways: ["h"]),
                recognition: .same(slip(here, gateways: ["g", "h"]), isNews: true)),
            Second(
                what: "to be kept longer than it lies here", offered: slip(days: 30, here),
                recognition: .renew(slip(days: 30, here))),
            Second(
                what: "to be kept longer than it lies here and elsewhere",
                offered: slip(days: 30, here), heldElsewhere: [elsewhere],
                recognition: .renew(slip(days: 30, here))),
            Second(
                what: "to be kept longer, as it lies elsewhere now",
                offered: slip(days: 30, elsewhere, here), heldElsewhere: [elsewhere],
                recognition: .renew(slip(days: 30, elsewhere, here))),
            Second(
                what: "kept shorter elsewhere", offered: slip(days: 3, elsewhere, here),
                recognition: .same(slip(here), isNews: false)),
            Second(
                what: "to be kept shorter", offered: slip(days: 3, here),
                recognition: .same(slip(here), isNews: false)),
            Second(
                what: "other octets under the same id", digest: other, offered: slip(here),
                recognition: .otherContent),
        ])
    func recognised(_ second: Second) {
        let rules = IntakeRules(here: Self.here, disksMayBeShared: false)
        let held = Held(
            position: .none, segment: SegmentNumber(1), offset: 0, digest: .zero,
            keepUntil: Self.today.advanced(by: second.heldDays))
        var heldSlip = Self.slip(Self.here)
        heldSlip.holders += second.heldElsewhere
        let recognition = rules.recognise(
            Self.header(digest: second.digest), second.offered, held: held,
            heldDigest: .zero, heldSlip: heldSlip)
        #expect(recognition == second.recognition, "\(second.what)")
    }
}
