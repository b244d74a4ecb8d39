// SPDX-License-Identifier: Apache-2.0
// Joining an order with the octets that it is about (R25).

package import HoldfastModel
internal import HoldfastNode
internal import Logging

/// Fetches a mail from a storage that holds a copy, the next one when that is away or damaged.
struct OrderCarrier: Sendable {
    let surroundings: Surroundings

    /// What becomes of an order, by the first copy that can be brought.
    func bring(_ order: Order, _ record: Record, to gateway: String) async throws -> ItemResult {
        var trials = CopyTrials()
        for copy in order.copies {
            guard let storage = storage(of: copy.node) else {
                trials.failed("a storage that holds a copy is away", isAway: true)
                continue
            }
            do {
                let url = NodeClient.recordURL(
                    at: storage.address, segment: copy.segment, offset: copy.offset,
                    mail: order.mail)
                let carried = try await fetch(url)
                return try await put(carried, as: record, to: gateway)
            } catch let unfit as Unfit {
                surroundings.logger.info(
                    "Copy not brought",
                    metadata: ["mail": "\(order.mail)", "error": "\(unfit.reason)"])
                trials.failed("\(storage.name): \(unfit.reason)", isAway: unfit.isAway)
            }
        }
        return ItemResult(mail: order.id, outcome: trials.outcome)
    }

    /// Why one copy does not serve: the next one may.
    private struct Unfit: Error {
        var reason: any Error
        var isAway: Bool { (reason as? NodeError)?.isTemporary ?? !(reason is RecordError) }
    }

    private func storage(of node: NodeID) -> Registration? {
        let roster = surroundings.roster.current?.roster
        return roster?.nodes(of: .storage).first { $0.node == node.description }
    }

    private func fetch(_ url: String) async throws(Unfit) -> Carried {
        do {
            return try await surroundings.client.record(at: url)
        } catch {
            throw Unfit(reason: error)
        }
    }

    private func put(
        _ carried: Carried, as order: Record, to gateway: String
    ) async throws -> ItemResult {
        switch carried {
        case .batch(let records):
            guard let mail = records.first else { throw Unfit(reason: RecordError.cutShort) }
            var joined = order.joined(with: mail)
            joined.setMessage(mail.message)
            let receipt = try await surroundings.client.put(
                [joined], into: gateway, queue: "orders")
            return try receipt.only
        case .large(let mail, let rest):
            return try await put(mail, rest, as: order, to: gateway)
        }
    }

    /// Nobody has read a large message before the gateway does: what it finds damaged, or what broke
    /// off on the way, is this copy's fault.
    private func put(
        _ mail: Record, _ rest: PassedOn, as order: Record, to gateway: String
    ) async throws -> ItemResult {
        var joined = order.joined(with: mail)
        joined.setMessage(beside: mail.header.message)
        do {
            return try await surroundings.client.put(
                joined, rest: rest, into: gateway, queue: "orders"
            ).only
        } catch let error as NodeError where error.status == 400 || error.status == 0 {
            throw Unfit(reason: error)
        }
    }
}

/// What trying one copy after the other came to, when none could be brought: a decision, without
/// doing it.
package struct CopyTrials: Hashable, Sendable {
    private var reasons: [String] = []
    private var someAreAway = false

    package init() {}

    /// - Parameter isAway: it may serve another time.
    package mutating func failed(_ reason: String, isAway: Bool) {
        reasons.append(reason)
        someAreAway = someAreAway || isAway
    }

    /// As long as a copy may come back nothing is lost; a person can order again what is refused.
    package var outcome: Outcome {
        let reason = reasons.isEmpty ? "no copy is known" : reasons.joined(separator: "; ")
        return someAreAway
            ? .later("no copy of the mail can be read now: \(reason)")
            : .refused("no copy of the mail can be read: \(reason)")
    }
}

extension Receipt {
    /// The result of the one item that was put.
    fileprivate var only: ItemResult {
        get throws {
            guard let result = results.first else { throw RecordError.cutShort }
            return result
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
