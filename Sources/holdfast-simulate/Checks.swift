// SPDX-License-Identifier: Apache-2.0
// What must be so when all is quiet.

internal import HoldfastCatalog
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOHTTP1

/// Something that should not be.
struct Fault: Error, CustomStringConvertible {
    var description: String
}

/// Looks at the whole cluster from outside, without the troubles of its wires.
struct Checks: Sendable {
    let world: World
    /// The storage whose bits may have flipped.
    let worn: Box?
    let client: NodeClient

    init(of world: World, worn: Box?) {
        self.world = world
        self.worn = worn
        client = NodeClient(
            token: World.token, over: SimulatedTransport(from: "observer", life: nil, world: world))
    }

    /// What is still to be done; nil when all is quiet.
    func unrest() async -> String? {
        for box in world.boxes where !box.isUp { return "\(box.name) is down" }
        for (box, path) in nodes {
            do {
                let status = try await client.json(
                    .GET, "http://\(box):80\(path)/status", as: StatusAnswer.self)
                let queues = box == worn?.name ? [:] : status.queues
                for (queue, count) in queues.sorted(by: { $0.key < $1.key }) where count > 0 {
                    return "\(count) items left in \(queue) of \(box)"
                }
                // What is damaged lies aside until a person has looked.
                let buried = box == worn?.name ? [:] : status.buried
                for (queue, count) in buried.sorted(by: { $0.key < $1.key }) where count > 0 {
                    return "\(count) items buried in \(queue) of \(box)"
                }
            } catch {
                return "\(box) does not answer: \(error)"
            }
        }
        return nil
    }

    private var nodes: [(box: String, path: String)] {
        [("office", "/dal/dal")]
            + world.gateways.map { ($0.name, "/gateway/\($0.name)") }
            + world.storages.map { ($0.name, "/storage/\($0.name)") }
    }

    /// Offers again what was buried while something was wrong, as an operator does.
    func retry() async {
        for (box, path) in nodes where box != "office" {
            for queue in box.hasPrefix("gate") ? ["tasks"] : ["sync", "index"] {
                do {
                    let count = try await client.retry("http://\(box):80\(path)", queue: queue)
                    if count > 0 { world.log.note("\(count) dug up in \(queue) of \(box)") }
                } catch {
                    world.log.note("not dug up in \(queue) of \(box): \(error)")
                }
            }
        }
    }

    /// Every mail that was accepted is found, with its copies, each as it came.
    func check(_ accepted: [Accepted]) async throws {
        guard let catalog = world.box("office")?.kept.value.catalog else {
            throw Fault(description: "there is no catalog")
        }
        let today = world.now.day
        for mail in accepted {
            let details = try catalog.mail(mail.id, today: today)
            if mail.keepUntil.upperBound < today {
                if details != nil { throw Fault(description: "\(mail.id) did not expire") }
                continue
            }
            guard mail.keepUntil.lowerBound >= today else { continue }
            // The only copy of a mail may be the one that is worn.
            if worn != nil, mail.copies == 1 { continue }
            guard let details else {
                throw Fault(description: "\(mail.id), taken in by \(mail.gateway), is not found")
            }
            try await check(mail, details.entries)
            try checkKnown(mail, details.entries)
        }
    }

    /// Every copy that a storage holds is known.
    private func checkKnown(_ mail: Accepted, _ copies: [KnownCopy]) throws {
        for box in world.storages where box.node != worn?.node {
            guard let held = try box.kept.value.ledger?.held([mail.id]), !held.isEmpty,
                !copies.contains(where: { $0.entry.location.node.number == box.node })
            else { continue }
            throw Fault(description: "\(mail.id) lies on \(box.name), which nobody knows")
        }
    }

    private func check(_ mail: Accepted, _ copies: [KnownCopy]) async throws {
        var good = 0
        for copy in copies {
            do {
                try await read(mail, copy)
                good += 1
            } catch {
                guard copy.entry.location.node.number == worn?.node else { throw error }
            }
        }
        let disks = Set(copies.map(\.entry.disk)).count
        guard disks >= mail.copies - (worn == nil ? 0 : 1) else {
            throw Fault(
                description: "\(mail.id) is on \(disks) disks (\(copies.count) copies), and wants "
                    + "\(mail.copies)")
        }
        guard good > 0 || mail.copies == 1 else {
            throw Fault(description: "\(mail.id) has no copy that can be read")
        }
        guard !world.plan.isOnlyTheDAL || copies.count <= mail.copies else {
            throw Fault(
                description: "\(mail.id) has \(copies.count) copies, and wants \(mail.copies)")
        }
    }

    private func read(_ mail: Accepted, _ copy: KnownCopy) async throws {
        let location = copy.entry.location
        guard let box = world.boxes.first(where: { $0.node == location.node.number }) else {
            throw Fault(description: "\(mail.id) lies on a node that never was")
        }
        let url = NodeClient.recordURL(
            at: "http://\(box.name):80/storage/\(box.name)", segment: location.segment,
            offset: location.offset, mail: mail.id)
        let octets: [UInt8]
        do {
            guard case .batch(let records) = try await client.record(at: url),
                let record = records.first
            else { throw Fault(description: "no record") }
            octets = try MessageDecoder.octets(
                of: record.message, mail: mail.id, compression: record.header.compression, key: nil)
        } catch {
            throw Fault(description: "\(mail.id) cannot be read from \(box.name): \(error)")
        }
        guard octets == mail.octets else {
            throw Fault(description: "\(mail.id) is another mail on \(box.name)")
        }
    }

    /// Nothing is left that should have been dropped.
    func checkDropped() async throws {
        for box in world.storages {
            let plan = try await client.json(
                .GET, "http://\(box.name):80/storage/\(box.name)/expiry", as: ExpiryAnswer.self)
            if !plan.segments.isEmpty {
                throw Fault(
                    description: "\(box.name) has not dropped \(plan.segments.count) segments: "
                        + (plan.refused ?? "no reason"))
            }
        }
    }
}
