// SPDX-License-Identifier: Apache-2.0
// The questions that people ask a DAL (R4, R24).

internal import HoldfastCatalog
internal import HoldfastModel
package import HoldfastNode
internal import Hummingbird

extension DALComponent {
    package func addRoutes(to server: NodeServer) {
        server.offer(queues, at: path)
        server.take(into: queues, at: path)
        addEntryRoutes(to: server)
        addFillingRoutes(to: server)
        let router = server.router
        addSearchRoutes(to: router)
        router.post("\(path.text)/mails/known") { [self] request, context in
            let asked = try await request.decode(as: KnownMails.self, context: context)
            guard asked.ids.count <= KnownMails.idsMax else {
                throw Refusal.tooLarge("At most \(KnownMails.idsMax) ids can be asked for at once.")
            }
            let today = surroundings.clock.now.day
            // What only a node had that does not live is offered once more: it may be gone for good.
            let alive = surroundings.roster.current?.roster.nodes(of: .storage) ?? []
            let nodes = alive.compactMap { $0.node.flatMap { NodeID($0) } }
            let (held, purged) = try await read { catalog in
                (
                    try catalog.held(asked.ids, by: nodes, today: today),
                    try catalog.purged(asked.ids, on: today)
                )
            }
            return JSONAnswer(KnownMails(ids: held, purged: purged))
        }
        router.get("\(path.text)/mails/:id") { [self] _, context in
            var answer = MailDetailsAnswer(
                try await details(context.parameters.require("id")),
                acks: queues.configuration.acks)
            // A storage may not have been in the roster when its first entry came.
            for storage in surroundings.roster.current?.roster.nodes(of: .storage) ?? [] {
                for index in answer.places.indices
                where answer.places[index].node_id == storage.node {
                    answer.places[index].node = storage.name
                }
            }
            return JSONAnswer(answer)
        }
        router.post("\(path.text)/orders") { [self] request, context in
            let asked = try await request.decode(as: ReleaseRequest.self, context: context)
            return JSONAnswer(try await ordering.take { try await self.release(asked) })
        }
        router.get("\(path.text)/orders/:id") { [self] request, context in
            let text = try context.parameters.require("id")
            let mail = request.uri.queryParameters["mail"].map(String.init) ?? ""
            let details = try await details(mail)
            let releases = details.releases
            guard let state = releases.first(where: { $0.order.id.description == text }) else {
                throw Refusal.absent("There is no order \(text) for this mail.")
            }
            return JSONAnswer(ReleaseAnswer(state, notes: details.notes))
        }
        addWishRoutes(to: router)
        server.takeWord(for: clock, at: path) { [self] history in
            try await queues.writer.run { [catalog] in try catalog.set(history.marks) }
        }
        router.get("\(path.text)/status") { [self] _, _ in JSONAnswer(try await status()) }
    }

    private func addWishRoutes(to router: NodeRouter) {
        router.post("\(path.text)/wishes") { [self] request, context in
            let asked = try await request.decode(as: WishRequest.self, context: context)
            return JSONAnswer(try await enter(asked))
        }
        router.get("\(path.text)/wishes/:order") { [self] request, context in
            let text = try context.parameters.require("order")
            let mail = request.uri.queryParameters["mail"].map(String.init) ?? ""
            guard let order = MailID(text), let mail = MailID(mail) else {
                throw Refusal.malformed("The order and mail= must be whole ids.")
            }
            return JSONAnswer(try await wish(order, of: mail))
        }
        router.get("\(path.text)/holds") { [self] request, _ in
            let after = try request.uri.queryParameters["after"].map { text in
                guard let mail = MailID(String(text)) else {
                    throw Refusal.malformed("after must be what `next` was in an answer.")
                }
                return mail
            }
            return JSONAnswer(try await holds(after: after))
        }
        router.get("\(path.text)/nodes") { [self] _, _ in JSONAnswer(try await dependents()) }
        router.get("\(path.text)/nodes/:node/dues") { [self] _, context in
            guard let node = NodeID(try context.parameters.require("node")) else {
                throw Refusal.malformed("The node must be the identity of a storage.")
            }
            return JSONAnswer(
                DuesAnswer(orders: try await read { try $0.dues(of: node, limit: 1).count }))
        }
        router.post("\(path.text)/nodes/:node/gone") { [self] request, context in
            let asked = try await request.decode(as: GoneAnswer.self, context: context)
            return JSONAnswer(
                try await setGone(context.parameters.require("node"), asked.gone))
        }
    }

    /// One mail, by its id or any unique prefix of it.
    func details(_ prefix: String) async throws -> Details {
        let today = surroundings.clock.now.day
        let details = try await read { catalog -> Details? in
            let ids = try catalog.ids(prefix: prefix, limit: 2, today: today)
            guard ids.count < 2 else {
                throw Refusal.conflict("Several mails have an id that begins with \(prefix).")
            }
            return try ids.first.flatMap { try catalog.mail($0, today: today) }
        }
        guard let details else { throw Refusal.absent("There is no mail \(prefix).") }
        return details
    }
}
