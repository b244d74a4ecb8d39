// SPDX-License-Identifier: Apache-2.0
// Whether a release is ordered, for whom, and with which envelope: decisions, without doing them.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

enum ReleaseRules {
    enum Decision: Hashable {
        /// Send it to those who do not have it; the others have it, or are about to get it.
        case order(Order, standing: [Standing])
        /// Everybody has it, or is about to get it: nothing new is sent.
        case known([Standing])
        case refused(String)
    }

    /// - Parameter gateways: those that live, any of which may send it.
    static func decide(
        _ request: ReleaseRequest, _ details: Details, gateways: [Registration], id: MailID,
        now: Timestamp
    ) -> Decision {
        let recipients = request.to ?? details.envelope.recipients
        guard !recipients.isEmpty else {
            return .refused("the mail came without recipients; name one with --to")
        }
        let (standing, open) =
            request.again ? ([], recipients) : details.standing(for: recipients)
        guard !open.isEmpty else { return .known(standing) }
        guard let gateway = gateway(of: details, living: gateways) else {
            return .refused("no gateway is alive that could send it")
        }
        guard !details.entries.isEmpty else {
            return .refused("no storage holds a copy of it any more")
        }
        let order = Order(
            id: id, mail: details.found.id, gateway: gateway, sender: details.envelope.sender,
            recipients: open, eightBit: details.envelope.eightBit, utf8: details.envelope.utf8,
            ordered: now, by: request.by, copies: details.entries.map(\.entry.location),
            again: request.again)
        return .order(order, standing: standing)
    }

    /// What becomes of an order that did not get through: a copy may have moved since it was given, and
    /// what was not looked for there is not refused yet.
    static func outcome(
        _ outcome: Outcome, tried: [Location], known: [Location]
    ) -> Outcome {
        guard case .refused(let reason) = outcome, known.contains(where: { !tried.contains($0) })
        else { return outcome }
        return .later(reason)
    }

    /// The gateway that the last order went to, if it lives, else the first by name: any of them can send
    /// any mail. One that knows no smarthost is asked only where none does, so that it says so.
    private static func gateway(of details: Details, living: [Registration]) -> String? {
        let able = living.filter { $0.hasSmarthost ?? true }
        let names = (able.isEmpty ? living : able).map(\.name)
        let before = details.orders.last?.order.gateway
        return names.first { $0 == before } ?? names.min()
    }
}
