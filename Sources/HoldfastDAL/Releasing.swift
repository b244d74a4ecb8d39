// SPDX-License-Identifier: Apache-2.0
// Ordering a release (R25): what gateways know is asked first, then it is decided.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

extension DALComponent {
    /// Orders a release for those who do not have the mail yet.
    func release(_ request: ReleaseRequest) async throws -> ReleaseAnswer {
        if !request.again { try await refuseUntilFilled() }
        var details = try await details(request.mail)
        if !request.again, try await adoptOrders(of: details) {
            details = try await self.details(details.found.id.description)
        }
        let now = surroundings.clock.now
        var random = surroundings.machine.chance
        let decision = ReleaseRules.decide(
            request, details, gateways: gateways, id: MailID(at: now, using: &random), now: now)
        switch decision {
        case .refused(let reason):
            throw Refusal.refused("The mail cannot be released: \(reason).")
        case .known(let standing):
            let answers = ReleaseAnswer.list(standing, details)
            guard var last = answers.last else {
                preconditionFailure("nothing new is sent only because something stands")
            }
            last.before = answers.dropLast()
            return last
        case .order(let order, let standing):
            try await queues.writer.run { [catalog] in try catalog.add(order, .queued, now: now) }
            queues.orders.add([order.record])
            let state = OrderState(order: order, stage: .queued, reason: "", since: now)
            var answer = ReleaseAnswer(state, notes: [])
            answer.recipients = order.recipients
            answer.before = ReleaseAnswer.list(standing, details)
            return answer
        }
    }

    /// A note that says who has the mail may still be on its way into a catalog that was made anew.
    private func refuseUntilFilled() async throws {
        guard let doubt = try await doubt() else { return }
        throw Refusal.unavailable(
            "It may not be known yet what was released before: \(doubt). Try again in a moment, or --again"
                + " sends in any case.")
    }

    private var gateways: [Registration] {
        surroundings.roster.current?.roster.nodes(of: .gateway) ?? []
    }

    /// Enters the orders for a mail that gateways have and the catalog has not, because it was made anew
    /// since they were given. True when there were any.
    private func adoptOrders(of details: Details) async throws -> Bool {
        let mail = details.found.id
        let known = Set(details.orders.map(\.order.id))
        var found: [Order] = []
        for gateway in gateways {
            do {
                let orders = try await surroundings.client.orders(for: mail, at: gateway.address)
                found += orders.filter { $0.mail == mail && !known.contains($0.id) }
            } catch {
                throw Refusal.unavailable(
                    "The gateway \(gateway.name) does not answer, and may be sending the mail already:"
                        + " \(error)")
            }
        }
        let now = surroundings.clock.now
        try await queues.writer.run { [catalog, found] in
            for order in found { try catalog.add(order, .taken, now: now) }
        }
        return !found.isEmpty
    }
}

extension ReleaseAnswer {
    /// What stands, as the answer to an order by which nothing of it was ordered.
    fileprivate static func list(_ standing: [Standing], _ details: Details) -> [ReleaseAnswer] {
        standing.map { standing in
            var answer = ReleaseAnswer(
                standing.state, notes: details.notes, releasedBefore: true)
            let asked = Set(standing.recipients.map(Recipient.init))
            answer.recipients = standing.state.order.recipients.filter {
                asked.contains(Recipient($0))
            }
            return answer
        }
    }
}
