// SPDX-License-Identifier: Apache-2.0
// For whom a release is ordered: a table of what was done with a mail before.

import HoldfastModel
import HoldfastNode
import Testing

@testable import HoldfastCatalog
@testable import HoldfastDAL

private let now = Timestamp(milliseconds: 1_000_000)
private let mail = MailID(1)

/// Something that was done with the mail.
private enum Done {
    /// An order in the catalog, its note not come yet.
    case order(OrderState.Stage, [String])
    /// Order and note.
    case noted([String: RecipientResult.Outcome])
    /// The note alone: the catalog was made anew since.
    case noteOnly([String: RecipientResult.Outcome])
}

private func details(_ done: [Done], copies: Int = 1) -> Details {
    let found = Found(
        row: 1, id: mail, received: now, date: nil, from: "", to: [], cc: [], subject: "",
        messageID: "", size: 1, digest: .zero,
        keepUntil: now.day, copies: copies, copiesWanted: 1, attachments: [], sender: "s@x",
        recipients: ["ben@x", "cy@x"], released: nil)
    var details = Details(
        found: found, bcc: [], replyTo: [], verdicts: [],
        envelope: Envelope(sender: "s@x", recipients: ["ben@x", "cy@x"]), entries: [], notes: [],
        orders: [])
    for number in 0..<copies {
        let entry = Entry(
            location: Location(node: NodeID(UInt128(number)), segment: 1, offset: 0),
            position: .none, length: 1, disk: DiskID(1), host: "", checksum: 0,
            keepUntil: now.day)
        details.entries.append(KnownCopy(entry: entry, name: "s\(number)"))
    }
    for (number, done) in done.enumerated() {
        let id = MailID(UInt128(100 + number))
        let at = Timestamp(milliseconds: Int64(number))
        func add(_ stage: OrderState.Stage, _ recipients: [String]) {
            let order = Order(
                id: id, mail: mail, gateway: "g2", sender: "s@x", recipients: recipients,
                ordered: at, by: "amy")
            details.orders.append(OrderState(order: order, stage: stage, reason: "", since: at))
        }
        func note(_ results: [String: RecipientResult.Outcome]) {
            details.notes.append(
                Note(
                    id: MailID(UInt128(200 + number)), mail: mail, order: id, at: at, by: "amy",
                    sentTo: "",
                    results: results.sorted { $0.key < $1.key }.map {
                        RecipientResult(recipient: $0.key, outcome: $0.value, reply: "")
                    }, lineEndsChanged: false))
        }
        switch done {
        case .order(let stage, let recipients): add(stage, recipients)
        case .noted(let results):
            add(.finished, results.keys.sorted())
            note(results)
        case .noteOnly(let results): note(results)
        }
    }
    return details
}

private let gateways = [
    Registration(name: "g1", role: .gateway, address: "", hasSmarthost: false),
    Registration(name: "g2", role: .gateway, address: "", hasSmarthost: true),
    Registration(name: "g3", role: .gateway, address: "", hasSmarthost: true),
]

private func decide(
    _ done: [Done], to: [String]? = nil, again: Bool = false, copies: Int = 1,
    gateways: [Registration] = gateways
) -> ReleaseRules.Decision {
    ReleaseRules.decide(
        ReleaseRequest(mail: mail.description, to: to, again: again, by: "amy"),
        details(done, copies: copies), gateways: gateways, id: MailID(9), now: now)
}

@Suite("Whether a release is ordered") struct ReleaseRulesTests {
    @Test(
        "it goes to those who do not have it, and to nobody twice",
        arguments: [
            ([], nil, ["ben@x", "cy@x"]),
            ([.noted(["ben@x": .sent, "cy@x": .sent])], nil, []),
            ([.noted(["ben@x": .sent, "cy@x": .inDoubt])], nil, []),
            ([.noted(["ben@x": .sent, "cy@x": .refused])], nil, ["cy@x"]),
            // What only a note tells, because the catalog was made anew, counts as much.
            ([.noteOnly(["ben@x": .sent, "cy@x": .inDoubt])], nil, []),
            ([.noteOnly(["ben@x": .refused, "cy@x": .sent])], nil, ["ben@x"]),
            ([.order(.queued, ["ben@x", "cy@x"])], nil, []),
            ([.order(.taken, ["cy@x"])], nil, ["ben@x"]),
            // Its gateway or its helper refused it, and nothing was sent.
            ([.order(.finished, ["ben@x", "cy@x"])], nil, ["ben@x", "cy@x"]),
            // Somebody else having it says nothing of these.
            ([.noted(["admin@x": .sent])], nil, ["ben@x", "cy@x"]),
            ([.noted(["ben@x": .sent, "cy@x": .sent])], ["dee@x"], ["dee@x"]),
            ([.noted(["ben@x": .sent]), .noted(["dee@x": .sent])], ["dee@x", "ed@x"], ["ed@x"]),
            ([.noted(["ben@X": .sent])], ["ben@x"], []),
            ([.noted(["Ben@x": .sent])], ["ben@x"], ["ben@x"]),
        ] as [([Done], [String]?, [String])])
    private func recipients(done: [Done], to: [String]?, sentTo: [String]) {
        switch decide(done, to: to) {
        case .order(let order, let standing):
            #expect(order.recipients == sentTo)
            #expect(!order.again)
            let others = (to ?? ["ben@x", "cy@x"]).filter { !sentTo.contains($0) }
            #expect(standing.flatMap(\.recipients) == others)
        case .known(let standing):
            #expect(sentTo.isEmpty)
            #expect(standing.flatMap(\.recipients) == to ?? ["ben@x", "cy@x"])
        case .refused(let reason): Issue.record("\(reason)")
        }
        guard case .order(let again, let standing) = decide(done, to: to, again: true) else {
            Issue.record("--again sends in any case")
            return
        }
        #expect(again.recipients == to ?? ["ben@x", "cy@x"])
        #expect(again.again && standing.isEmpty)
    }

    @Test("each recipient's last release that stands is the one that is told of")
    func tellsOfTheLast() {
        let done: [Done] = [
            .noteOnly(["ben@x": .sent, "cy@x": .sent]), .noted(["ben@x": .sent]),
            .noted(["cy@x": .refused]), .order(.taken, ["dee@x"]),
        ]
        guard case .known(let standing) = decide(done, to: ["ben@x", "cy@x", "dee@x"]) else {
            Issue.record("all have it")
            return
        }
        #expect(standing.map(\.recipients) == [["ben@x"], ["cy@x"], ["dee@x"]])
        #expect(standing.map { $0.state.order.id.number } == [101, 100, 103])
    }

    @Test(
        "one that can send is chosen, the last order's before others",
        arguments: [
            (["g1", "g2", "g3"], true, "g2"), (["g1", "g3"], true, "g3"), (["g1"], true, "g1"),
            (["g3", "g2"], false, "g2"),
        ])
    func choosesGateway(living: [String], orderedBefore: Bool, chosen: String) {
        let decision = decide(
            orderedBefore ? [.noted(["ben@x": .refused])] : [],
            gateways: gateways.filter { living.contains($0.name) }.reversed())
        guard case .order(let order, _) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(order.gateway == chosen)
    }

    @Test(
        "an order that was refused is tried again where a copy lies by now",
        arguments: [
            (tried: [1], known: [2], isRefused: false), (tried: [1], known: [1], isRefused: true),
            (tried: [1, 2], known: [2], isRefused: true), (tried: [], known: [], isRefused: true),
            (tried: [1, 2], known: [2, 3], isRefused: false),
        ])
    func movedCopies(tried: [UInt64], known: [UInt64], isRefused: Bool) {
        func places(_ segments: [UInt64]) -> [Location] {
            segments.map { Location(node: NodeID(1), segment: $0, offset: 8288) }
        }
        let outcome = ReleaseRules.outcome(
            .refused("why"), tried: places(tried), known: places(known))
        #expect(outcome == (isRefused ? .refused("why") : .later("why")))
        for other in [Outcome.kept, .notHere("x"), .later("x")] {
            #expect(
                ReleaseRules.outcome(other, tried: places(tried), known: places(known)) == other)
        }
    }

    @Test("without a gateway or a copy it is refused with a sentence")
    func refuses() {
        #expect(decide([], gateways: []) == .refused("no gateway is alive that could send it"))
        #expect(decide([], copies: 0) == .refused("no storage holds a copy of it any more"))
        #expect(
            decide([], to: [])
                == .refused("the mail came without recipients; name one with --to"))
    }
}
