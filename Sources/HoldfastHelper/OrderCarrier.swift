// SPDX-License-Identifier: Apache-2.0
// Joining an order with the octets that it is about (R25).

internal import HoldfastModel
internal import HoldfastNode
internal import Logging

/// Fetches a mail from a storage that holds a copy, the next one when that is away or damaged.
struct OrderCarrier: Sendable {
    let surroundings: Surroundings

    /// Nil when no copy can be read now.
    func bring(_ order: Order, _ record: Record, to gateway: String) async throws -> ItemResult? {
        for copy in order.copies {
            guard let storage = storage(of: copy.node) else { continue }
            let carried: Carried
            do {
                let url = NodeClient.recordURL(
                    at: storage, segment: copy.segment, offset: copy.offset, mail: order.mail)
                carried = try await surroundings.client.record(at: url)
            } catch {
                surroundings.logger.info(
                    "Copy not readable", metadata: ["mail": "\(order.mail)", "error": "\(error)"])
                continue
            }
            return try await put(carried, as: record, to: gateway)
        }
        return nil
    }

    private func storage(of node: NodeID) -> String? {
        let roster = surroundings.roster.current?.roster
        return roster?.nodes(of: .storage).first { $0.node == node.description }?.address
    }

    private func put(
        _ carried: Carried, as order: Record, to gateway: String
    ) async throws -> ItemResult? {
        let client = surroundings.client
        switch carried {
        case .batch(let records):
            guard let mail = records.first else { return nil }
            var joined = order.joined(with: mail)
            joined.setMessage(mail.message)
            return try await client.put([joined], into: gateway, queue: "orders").results.first
        case .large(let mail, let rest):
            var joined = order.joined(with: mail)
            joined.setMessage(beside: mail.header.message)
            return try await client.put(joined, rest: rest, into: gateway, queue: "orders").results
                .first
        }
    }
}

extension Record {
    /// The order, saying of its message what the mail's own record says.
    fileprivate func joined(with mail: Record) -> Record {
        var header = mail.header
        header.kind = .order
        header.mail = self.header.mail
        header.received = self.header.received
        header.keepUntil = mail.header.keepUntil
        var joined = Record(header)
        joined.setSlipOctets(mail.slip)
        joined.setEnvelope(mail.envelope)
        joined.setSummary(summary)
        return joined
    }
}
