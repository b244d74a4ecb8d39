// SPDX-License-Identifier: Apache-2.0
// Waiting until a cluster has nothing left to do, with what an operator does meanwhile.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// Says what is still to be done when all trouble is over.
struct Calm: Sendable {
    let world: World
    /// The storage whose bits flipped or whose folder was lost.
    let worn: Box?
    let client: NodeClient

    init(of world: World, worn: Box?) {
        self.world = world
        self.worn = worn
        client = NodeClient(
            token: World.token, over: SimulatedTransport(from: "observer", life: nil, world: world))
    }

    /// The machines that are not taken away, and what is asked on them.
    private var nodes: [(box: Box, url: String)] {
        world.boxes.filter { !$0.isRetired.value }.compactMap { box in
            let path: String
            switch box.duty {
            case .office: path = "dal/dal"
            case .gateway: path = "gateway/\(box.name)"
            case .storage: path = "storage/\(box.name)"
            case .helper: return nil
            }
            return (box, "http://\(box.name):80/\(path)")
        }
    }

    /// What is still to be done; nil when all is quiet.
    func unrest() async -> String? {
        for box in world.boxes where !box.isUp && !box.isRetired.value {
            return "\(box.name) is down"
        }
        for (box, url) in nodes {
            do {
                let status = try await client.json(.GET, url + "/status", as: StatusAnswer.self)
                if let unrest = unrest(of: box, status) { return unrest }
            } catch {
                return "\(box.name) does not answer: \(error)"
            }
        }
        if let short = missingCopies() { return short }
        return await ordersLeft()
    }

    /// Mails and notes with fewer copies than they want. The only one may have been on the worn storage.
    private func missingCopies() -> String? {
        guard let catalog = world.box("office")?.kept.value.catalog else { return "no catalog" }
        do {
            // A gateway whose clock was ahead gives a mail a later time of receipt.
            let later = world.now.advanced(bySeconds: 86_400)
            let short = try [ShortPlace.start, .notes].flatMap { place in
                try catalog.short(after: place, before: later, limit: 1000)
            }
            let mendable = short.count { mail in
                worn == nil || mail.copies.contains { isThere($0.holder.node) }
            }
            return mendable > 0 ? "\(mendable) mails are short of copies" : nil
        } catch {
            return "nobody says what is short: \(error)"
        }
    }

    /// Orders of people that a storage has not confirmed.
    private func ordersLeft() async -> String? {
        do {
            let answer = try await client.json(
                .GET, "http://office:80/dal/dal/nodes", as: DependentsAnswer.self)
            if let stranger = answer.nodes.first(where: isStranger) {
                return try await leave(stranger)
            }
            return answer.nodes.first { !$0.gone && $0.orders > 0 }.map { node in
                "\(node.orders) orders are left for \(node.name)"
            }
        } catch {
            return "nobody says which orders are left: \(error)"
        }
    }

    /// A folder that was lost, as the catalog still knows it.
    private func isStranger(_ node: DependentsAnswer.Node) -> Bool {
        !node.gone && node.copies > 0 && NodeID(node.node).map(isThere) == false
    }

    private func isThere(_ node: NodeID) -> Bool {
        world.storages.contains { NodeID($0.node) == node }
    }

    /// The DAL notices by itself that another folder stands in its place; but where an older catalog does
    /// not know its name, a person must say so.
    private func leave(_ node: DependentsAnswer.Node) async throws -> String {
        guard !world.storages.contains(where: { $0.name == node.name }) else {
            return "the lost folder of \(node.name) still counts"
        }
        _ = try await client.json(
            .POST, "http://office:80/dal/dal/nodes/\(node.node)/gone", as: GoneAnswer.self,
            body: .json(GoneAnswer(gone: true)))
        return "a storage without a name was declared lost"
    }

    private func unrest(of box: Box, _ status: StatusAnswer) -> String? {
        if let missing = status.incomplete { return "\(box.name): \(missing)" }
        if let pause = status.repairs?.paused { return pause }
        // What is damaged lies aside until a person has looked.
        guard box !== worn else { return nil }
        for (queue, count) in status.queues.sorted(by: { $0.key < $1.key }) where count > 0 {
            return "\(count) items left in \(queue) of \(box.name)"
        }
        for (queue, count) in status.buried.sorted(by: { $0.key < $1.key }) where count > 0 {
            return "\(count) items buried in \(queue) of \(box.name)"
        }
        return nil
    }

    /// Offers again what was buried while something was wrong, as an operator does.
    func retry() async {
        for (box, url) in nodes where box.duty != .office {
            for queue in box.duty.isGateway ? ["tasks"] : ["sync", "index"] {
                do {
                    let count = try await client.retry(url, queue: queue)
                    if count > 0 { world.log.note("\(count) dug up in \(queue) of \(box.name)") }
                } catch {
                    world.log.note("not dug up in \(queue) of \(box.name): \(error)")
                }
            }
        }
    }

    /// Has every storage read all that it keeps: what is damaged is found, and mended from elsewhere.
    func verify() async throws {
        for (box, url) in nodes where box.duty.isStorage {
            let url = url + "/verifications"
            var answer = try await client.json(.POST, url, as: VerificationAnswer.self)
            while answer.state == .reading {
                await world.loop.sleep(500_000)
                answer = try await client.json(.GET, url, as: VerificationAnswer.self)
            }
            world.log.note("\(box.name) verified: \(answer.bad) of \(answer.records) are bad")
            guard answer.state == .done else {
                throw Fault(
                    description: "\(box.name) cannot be verified: \(answer.reason ?? "no reason")")
            }
        }
        for (box, url) in nodes where box.duty.isStorage { try await compare(box, url) }
    }

    /// Has catalog and storage tell each other what only one of them knows.
    private func compare(_ box: Box, _ url: String) async throws {
        let (node, day) = (NodeID(box.node).description, world.now.day)
        let dal = "http://office:80/dal/dal"
        let entered = try await copies(at: "\(dal)/entries?node=\(node)&on=\(day)")
        let kept = try await copies(at: "\(url)/copies?on=\(day)")
        let lost = entered.subtracting(kept)
        let orphaned = kept.subtracting(entered)
        guard !lost.isEmpty || !orphaned.isEmpty else { return }
        world.log.note("\(box.name) has lost \(lost.count) and orphaned \(orphaned.count) copies")
        try await tell(lost, to: "\(dal)/entries/lost", of: node)
        try await tell(orphaned, to: "\(url)/entries", of: nil)
    }

    private func copies(at url: String) async throws -> Set<ListedCopy> {
        Set(try await client.json(.GET, url, as: CopiesAnswer.self).copies)
    }

    private func tell(_ copies: Set<ListedCopy>, to url: String, of node: String?) async throws {
        guard !copies.isEmpty else { return }
        let named = copies.sorted { ($0.segment, $0.offset) < ($1.segment, $1.offset) }
        _ = try await client.call(
            .POST, url, body: .json(NamedCopies(node: node, copies: named)),
            headers: [("Content-Type", "application/json")])
    }
}
