// SPDX-License-Identifier: Apache-2.0
// Bringing orders to the one node that each is for.

internal import HoldfastModel
internal import HoldfastNode

extension Delivery {
    /// Orders of one queue are for gateways and for storages, and whichever lane leased one, it goes to
    /// the node that it names.
    func deliver(orders records: [Record]) async -> [ItemResult] {
        var results: [ItemResult] = []
        var storageOrders: [NodeID: [Record]] = [:]
        for record in records {
            do {
                if let order = try StorageOrder(decoding: record) {
                    storageOrders[order.node, default: []].append(record)
                } else {
                    results.append(await deliver(release: record))
                }
            } catch {
                results.append(record.result(of: error))
            }
        }
        for (node, records) in storageOrders {
            results += await deliver(records, to: node)
        }
        return results
    }

    private func deliver(_ records: [Record], to node: NodeID) async -> [ItemResult] {
        var results = records.map { record in
            ItemResult(
                mail: record.header.mail, position: record.header.position,
                outcome: .later("the storage is away"))
        }
        guard let storage = nodes(of: .storage).first(where: { $0.node == node.description }) else {
            return results
        }
        let receipt = await put(records, to: storage.address)
        for (place, answer) in zip(results.indices, receipt.results) { results[place].take(answer) }
        return results
    }

    /// Fetches the octets of the mail to be released, and brings both to the gateway that is named.
    private func deliver(release record: Record) async -> ItemResult {
        var result = ItemResult(
            mail: record.header.mail, position: record.header.position,
            outcome: .later("its gateway is away"))
        do {
            let order = try Order(id: record.header.mail, decoding: record.summary)
            let gateways = nodes(of: .gateway)
            guard let gateway = TargetRules.addressed(to: [order.gateway], in: gateways).first
            else {
                result.outcome = .later("the gateway \(order.gateway) is away")
                return result
            }
            result.take(
                try await OrderCarrier(surroundings: surroundings).bring(
                    order, record, to: gateway.address))
        } catch {
            result.take(record.result(of: error))
        }
        return result
    }

    /// Those of a role to whom a link leads from where orders come.
    private func nodes(of role: Role) -> [Registration] {
        guard let (roster, links) = surroundings.roster.current,
            links.links.contains(where: {
                $0.fromRole == .dal && $0.toRole == role && $0.toQueue == "orders"
            })
        else { return [] }
        return roster.nodes(of: role)
    }
}
