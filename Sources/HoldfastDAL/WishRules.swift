// SPDX-License-Identifier: Apache-2.0
// Who is waited for with what a person wants of a mail: decisions, without doing anything.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

/// Which of a mail's holders can still confirm an order.
struct WishRules {
    let known: [Statistics.Node]
    let living: [Registration]

    /// - Parameters:
    ///   - confirmed: how many have it, as far as is known.
    ///   - unconfirmed: who holds a copy and has not confirmed it.
    func answer(
        _ order: MailID, of mail: MailID, confirmed: Int = 0, unconfirmed: [NodeID]
    ) -> WishAnswer {
        WishAnswer(
            order: order, mail: mail, confirmed: confirmed,
            waiting: names(unconfirmed.filter { !isLost($0) }),
            gone: names(unconfirmed.filter(isLost)))
    }

    /// One that is being emptied is gone to all others, and does as it is told as long as it lives.
    private func isLost(_ node: NodeID) -> Bool {
        known.contains { $0.id == node && $0.isGone }
            && !living.contains { $0.node == node.description }
    }

    private func names(_ nodes: [NodeID]) -> [String] {
        nodes.map { node in known.first { $0.id == node }?.name ?? node.description }.sorted()
    }
}
