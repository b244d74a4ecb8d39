// SPDX-License-Identifier: Apache-2.0
// The queue `orders`: what people asked to be sent on.

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Takes orders with their octets into the spool; on `kept` one is durable, and will be sent once.
struct OrderIntake: Sendable {
    let name: String
    let keeper: RecordKeeper
    let releases: Releases
    let releasesMax: Int

    /// Takes an order whose message is at hand.
    func take(_ record: Record) async -> ItemResult {
        await take(record, in: nil)
    }

    /// Takes an order whose message comes in pieces.
    func takeLarge(_ record: Record, _ next: NextPiece) async throws -> ItemResult {
        // What is known already need not be read.
        if releases.release(record.header.mail) != nil {
            return result(record, .alreadyHeld)
        }
        return await take(record, in: try await keeper.land(record, next))
    }

    private func take(_ record: Record, in landing: Landing?) async -> ItemResult {
        do {
            let order = try Order(id: record.header.mail, decoding: record.summary)
            if let obstacle = obstacle(record, order) { return result(record, obstacle) }
            let slip = try slip(of: record)
            let spooled = spooled(record, slip)
            let offer = RecordKeeper.Offer(
                Appendable(spooled, message: landing?.file), keepClass: .untilAcked)
            switch await keeper.keep([offer])[0] {
            case .success(.placed(let place)):
                let source = Release.Source(
                    order: order.id, position: place.position, segment: place.segment,
                    offset: place.offset)
                releases.add(
                    Release(order, taken: spooled.header.received, slip: slip, source: source))
                return result(record, .kept)
            case .success(.held): return result(record, .alreadyHeld)
            case .failure(let error): return result(record, .later("\(error)"))
            }
        } catch {
            return result(record, .refused("The order cannot be read: \(error)"))
        }
    }

    private func obstacle(_ record: Record, _ order: Order) -> Outcome? {
        if record.header.kind != .order { return .refused("This is no order.") }
        if order.gateway != name { return .notHere("The order is for \(order.gateway).") }
        if order.recipients.isEmpty { return .refused("The order names no recipient.") }
        if releases.release(order.id) == nil, releases.count >= releasesMax {
            return .later("\(releasesMax) releases wait already.")
        }
        return nil
    }

    /// What the note will carry: as many copies as the mail, and this gateway waits for its ack.
    private func slip(of record: Record) throws -> Slip {
        var slip =
            record.slip.isEmpty
            ? Slip(copiesWanted: 1, keepUntil: record.header.keepUntil)
            : try Slip(decoding: record.slip)
        slip.holders = []
        slip.gateways = [name]
        return slip
    }

    /// The order as this node keeps it: header and slip are our own, the rest is carried verbatim.
    private func spooled(_ record: Record, _ slip: Slip) -> Record {
        var header = record.header
        header.received = keeper.clock.now
        var spooled = Record(header)
        spooled.setSlip(slip)
        spooled.setEnvelope(record.envelope)
        spooled.setSummary(record.summary)
        if record.messageIsBeside {
            spooled.setMessage(beside: record.header.message)
        } else {
            spooled.setMessage(record.message)
        }
        return spooled
    }

    private func result(_ record: Record, _ outcome: Outcome) -> ItemResult {
        ItemResult(mail: record.header.mail, outcome: outcome, node: name)
    }
}
