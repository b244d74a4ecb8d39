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
    /// Of two orders for one mail the second must find the first.
    private let oneAtATime = Turn()

    init(name: String, keeper: RecordKeeper, releases: Releases, releasesMax: Int) {
        self.name = name
        self.keeper = keeper
        self.releases = releases
        self.releasesMax = releasesMax
    }

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
        await oneAtATime.take { await keep(record, in: landing) }
    }

    private func keep(_ record: Record, in landing: Landing?) async -> ItemResult {
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
        return order.again ? nil : collision(order)
    }

    /// Whoever made this order did not know of another by which somebody has the mail, may have it, or
    /// is about to get it: the catalog was made anew meanwhile.
    private func collision(_ order: Order) -> Outcome? {
        for release in releases.releases(of: order.mail) where release.order.id != order.id {
            guard let served = order.recipients.first(where: { release.serves(Recipient($0)) })
            else { continue }
            return .refused("The order \(release.order.id) is about \(served) already.")
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
