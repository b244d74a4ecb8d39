// SPDX-License-Identifier: Apache-2.0
// Whether a release is ordered, and with which envelope: decisions, without doing them.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

enum ReleaseRules {
    enum Decision {
        case order(Order)
        /// It was released, or is being released: nothing new is sent.
        case known(OrderState)
        case refused(String)
    }

    /// - Parameter gateways: the names of the gateways that live, any of which may send it.
    static func decide(
        _ request: ReleaseRequest, _ details: Details, gateways: [String], id: MailID,
        now: Timestamp
    ) -> Decision {
        if !request.again, let before = standing(details) { return .known(before) }
        guard let gateway = gateway(of: details, living: gateways) else {
            return .refused("no gateway is alive that could send it")
        }
        let recipients = request.to ?? details.envelope.recipients
        guard !recipients.isEmpty else {
            return .refused("the mail came without recipients; name one with --to")
        }
        var copies = details.entries
        copies.sort { $0.entry.position < $1.entry.position }
        return .order(
            Order(
                id: id, mail: details.found.id, gateway: gateway, sender: details.envelope.sender,
                recipients: recipients, eightBit: details.envelope.eightBit,
                utf8: details.envelope.utf8, ordered: now, by: request.by,
                copies: copies.map(\.entry.location)))
    }

    /// An order that sent it, is in doubt, or is under way. One that reached nobody does not count.
    private static func standing(_ details: Details) -> OrderState? {
        details.orders.last { state in
            guard state.stage == .finished else { return true }
            let notes = details.notes.filter { $0.order == state.order.id }
            return notes.contains { note in
                note.results.contains { $0.outcome == .sent || $0.outcome == .inDoubt }
            }
        }
    }

    /// The gateway that the last order went to, which may know how that stands, if it lives; else the
    /// first by name: any of them can send any mail.
    private static func gateway(of details: Details, living: [String]) -> String? {
        let before = details.orders.last?.order.gateway
        return living.first { $0 == before } ?? living.sorted().first
    }
}
