// SPDX-License-Identifier: Apache-2.0
// Who has a mail already, and by which release.

internal import HoldfastCatalog
internal import HoldfastModel

/// A release by which some recipients have a mail, may have it, or are about to get it.
struct Standing: Hashable {
    var state: OrderState
    /// As whoever asked wrote them.
    var recipients: [String]
}

extension Details {
    /// The mail's releases, oldest first: orders that the catalog has, and those of which only the note
    /// is left because the catalog was made anew since (D9).
    var releases: [OrderState] {
        let known = Set(orders.map(\.order.id))
        let noted = notes.filter { $0.kind == .release && !known.contains($0.order) }.map { note in
            OrderState(note, sender: envelope.sender)
        }
        return (orders + noted).sorted { left, right in
            (left.order.ordered, left.order.id) < (right.order.ordered, right.order.id)
        }
    }

    /// Those of some recipients who need not be sent the mail, by the release that counts for each: the
    /// last one that stands; and those who must.
    func standing(
        for recipients: [String]
    ) -> (standing: [Standing], open: [String]) {
        var standing: [Standing] = []
        var open: [String] = []
        let releases = releases
        for recipient in recipients {
            guard let state = releases.last(where: { stands($0, for: Recipient(recipient)) }) else {
                open.append(recipient)
                continue
            }
            if let place = standing.firstIndex(where: { $0.state == state }) {
                standing[place].recipients.append(recipient)
            } else {
                standing.append(Standing(state: state, recipients: [recipient]))
            }
        }
        return (standing, open)
    }

    /// A release that reached nobody does not count, and only for those whom it named.
    private func stands(_ state: OrderState, for recipient: Recipient) -> Bool {
        if let note = notes.last(where: { $0.order == state.order.id }) {
            return note.results.contains { result in
                Recipient(result.recipient) == recipient && result.outcome != .refused
            }
        }
        return state.stage != .finished
            && state.order.recipients.contains { Recipient($0) == recipient }
    }
}

extension OrderState {
    /// What a note still tells of its order.
    init(_ note: Note, sender: String) {
        let order = Order(
            id: note.order, mail: note.mail, gateway: "", sender: sender,
            recipients: note.results.map(\.recipient), ordered: note.at, by: note.by)
        self.init(order: order, stage: .finished, reason: "", since: note.at)
    }
}
