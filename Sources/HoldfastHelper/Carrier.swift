// SPDX-License-Identifier: Apache-2.0
// One lane: from one queue of one node to wherever its link leads, again and again.

internal import HoldfastModel
internal import HoldfastNode
internal import Logging

/// Leases, carries, settles. Keeps nothing: cut off anywhere, the lease lapses and another comes.
struct Carrier: Sendable {
    let link: Link
    let source: String
    let surroundings: Surroundings

    private static let restMilliseconds: Int64 = 500

    /// Carries until the source or the link is gone.
    func run() async {
        var pace = Pace()
        while !Task.isCancelled, let now = view() {
            guard !now.targets.isEmpty else {
                await rest()
                continue
            }
            do {
                try await carryOnce(from: now.source, &pace)
            } catch {
                surroundings.logger.debug(
                    "Carrying failed",
                    metadata: [
                        "from": "\(now.source.address)/\(link.fromQueue)", "error": "\(error)",
                    ])
                await rest()
            }
        }
    }

    /// The source and the targets as the roster shows them now; nil when there is nothing to do here.
    private func view() -> (source: Registration, targets: [Registration])? {
        guard let (roster, links) = surroundings.roster.current, links.links.contains(link),
            let source = roster.nodes.first(where: { $0.name == source && $0.role == link.fromRole }
            )
        else { return nil }
        // A full disk takes no mail, but it must get the acks by which it empties.
        let needsRoom = link.toQueue == "input"
        let targets = roster.nodes(of: link.toRole).filter { node in
            node.name != source.name && (node.writable || !needsRoom)
        }
        return (source, targets)
    }

    private func carryOnce(from source: Registration, _ pace: inout Pace) async throws {
        let client = surroundings.client
        let leased = try await client.lease(
            from: source.address, queue: link.fromQueue, pace.request)
        guard let leased else { return }
        // While it was waited for, others may have come, and the link may have gone: then it is given back.
        let delivery = Delivery(
            link: link, source: source, targets: view()?.targets ?? [], copies: leased.copies,
            surroundings)
        let began = surroundings.clock.monotonicMilliseconds
        let receipt = await delivery.deliver(leased.items)
        pace.learn(
            milliseconds: surroundings.clock.monotonicMilliseconds - began,
            items: receipt.results.count,
            isRefused: receipt.results.contains { $0.isLater })
        try await client.settle(
            source.address, queue: link.fromQueue, receipt.results, position: receipt.position)
        // Whoever has no room for anything is not asked at once again.
        if receipt.results.allSatisfy(\.isLater) { await rest() }
    }

    private func rest() async {
        await surroundings.clock.sleep(milliseconds: Self.restMilliseconds)
    }
}

extension ItemResult {
    fileprivate var isLater: Bool {
        if case .later = outcome { return true }
        return false
    }
}
