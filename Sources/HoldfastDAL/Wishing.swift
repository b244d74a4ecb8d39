// SPDX-License-Identifier: Apache-2.0
// Hold, unhold and purge, as a person orders them; and the list of what is held.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Logging
internal import Synchronization

extension DALComponent {
    private static let keepNoteDays = 400

    /// Enters what a person wants, for each mail that there is. It is durable here; once a storage has
    /// confirmed it, it survives the catalog too.
    func enter(_ request: WishRequest) async throws -> WishesAnswer {
        guard request.mails.count <= WishRequest.mailsMax else {
            throw Refusal.tooLarge("At most \(WishRequest.mailsMax) mails can be named at once.")
        }
        guard request.reason.utf8.count <= WishRequest.textBytesMax,
            request.by.utf8.count <= WishRequest.textBytesMax
        else {
            throw Refusal.tooLarge("A reason has at most \(WishRequest.textBytesMax) bytes.")
        }
        let now = surroundings.clock.now
        var random = surroundings.machine.chance
        let orders = Set(request.mails).sorted().map { mail in
            StorageOrder(
                id: MailID(at: now, using: &random), kind: request.kind.order, mail: mail,
                node: NodeID(0), ordered: now, by: request.by, reason: request.reason,
                keepUntil: now.day.advanced(by: Self.keepNoteDays))
        }
        let holders = try await queues.writer.run { [catalog] in try catalog.enter(orders) }
        let rules = try await wishRules()
        let wishes = zip(orders, holders).compactMap { order, holders in
            holders.map { rules.answer(order.id, of: order.mail, unconfirmed: $0) }
        }
        if request.kind == .purge { queues.letGo(wishes.map(\.mail)) }
        return WishesAnswer(wishes: wishes)
    }

    /// Who has confirmed an order and who has not.
    func wish(_ order: MailID, of mail: MailID) async throws -> WishAnswer {
        let (unconfirmed, confirmed) = try await read { catalog in
            (try catalog.unconfirmed(order, of: mail), try catalog.noteCopies(order))
        }
        return try await wishRules().answer(
            order, of: mail, confirmed: confirmed, unconfirmed: unconfirmed)
    }

    private func wishRules() async throws -> WishRules {
        WishRules(
            known: try await read { try $0.statistics().nodes },
            living: surroundings.roster.current?.roster.nodes(of: .storage) ?? [])
    }

    /// A page of the mails that must not expire. There is none before the catalog holds of each storage
    /// what that had at first sight: a hold may be among it (D8).
    func holds(after mail: MailID?) async throws -> HoldsAnswer {
        if let doubt = try await doubt() {
            throw Refusal.unavailable("It may not be known yet what is held: \(doubt).")
        }
        let (number, mails) = try await read { catalog in
            try catalog.holds(after: mail, limit: HoldsAnswer.mailsMax)
        }
        let next = mails.count == HoldsAnswer.mailsMax ? mails.last?.description : nil
        return HoldsAnswer(number: number, mails: mails, next: next)
    }

    /// What depends on each node that the catalog knows.
    func dependents() async throws -> DependentsAnswer {
        // However new it is, or seems by its gateway's clock.
        let before = Timestamp(milliseconds: .max)
        return try await read { catalog in
            DependentsAnswer(
                nodes: try catalog.statistics().nodes.map { node in
                    .init(
                        node: node.id.description, name: node.name, copies: node.entries,
                        dependent: node.counts
                            ? node.entries
                            : try catalog.shortCount(
                                before: before, at: node.id, limit: Repairs.countMax),
                        counts: node.counts, gone: node.isGone, recounting: !node.isRecounted,
                        orders: try catalog.dues(of: node.id, limit: 1000).count)
                })
        }
    }

    /// Declares a node lost for good, or takes that back. It is kept in the catalog alone: one that is
    /// made anew knows only the copies of storages that live.
    func setGone(_ text: String, _ isGone: Bool) async throws -> GoneAnswer {
        let known = try await read { try $0.statistics().nodes }
        guard let node = known.first(where: { $0.id.description == text }) else {
            throw Refusal.absent("The catalog knows no storage \(text).")
        }
        let roster = surroundings.roster.current?.roster.nodes(of: .storage) ?? []
        if isGone, roster.contains(where: { $0.node == text }) {
            throw Refusal.refused(
                "\(node.name) is alive; `holdfast drain \(node.name)` empties it.")
        }
        try await queues.writer.run { [catalog] in
            try catalog.setCounts(node.id, !isGone, isGone: isGone)
        }
        surroundings.logger.notice(
            isGone ? "Storage declared lost" : "Storage not declared lost any more",
            metadata: ["node": "\(node.name)"])
        return GoneAnswer(gone: isGone)
    }
}

extension WishRequest.Kind {
    fileprivate var order: StorageOrder.Kind {
        switch self {
        case .hold: .hold
        case .unhold: .unhold
        case .purge: .purge
        }
    }
}
