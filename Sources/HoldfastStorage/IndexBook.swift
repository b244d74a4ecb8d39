// SPDX-License-Identifier: Apache-2.0
// Where the DAL stands with the entries of a storage, and what is shipped next.

package import HoldfastLedger
package import HoldfastModel

/// The rules of the queue `index`: one lease at a time, in the order of positions, and what is shipped
/// again beside it. Time is that of a clock that never jumps, in milliseconds.
package struct IndexBook: Sendable {
    /// What one lease may ship.
    package struct Claim: Hashable, Sendable {
        package var lease: UInt64
        /// The DAL must hold everything up to here before it takes what follows.
        package var held: Position
        package var from: Position
        /// At most so many items, of which these are shipped again.
        package var itemsMax: Int
        package var again: [Position]
    }

    /// What the DAL said it holds.
    package private(set) var held: Position
    /// Entries that nobody will take as they are, or that cannot be read, and why (until a person has
    /// looked).
    package private(set) var buried: [Position: String]
    /// Up to here nothing that follows `held` is to be shipped.
    private var passedOver = Position.none
    private var lease: UInt64 = 0
    private var leasedUntil = Int64.min
    private var again: Set<Position> = []
    /// Dug up: they are shipped beside the order, as if for the first time.
    private var dugUp: Set<Position> = []
    /// When the last entry is shipped once more, to find out whether the DAL still holds it.
    private var probeAt = Int64.min
    /// How often an entry was refused that the DAL did not go on behind.
    private var refusals: [Position: Int] = [:]
    /// A whole batch was refused by somebody who did not say up to where it holds entries: one entry
    /// travels by itself, until it is known which is at fault.
    private var isAlone = false
    /// What the ledger must write down.
    private var touched: Set<Position> = []

    /// Entries that may wait to be shipped again; beyond, an ack is made late, by a later offer.
    package static let againMax = 100_000
    package static let leaseMilliseconds: Int64 = 30_000
    package static let probeMilliseconds: Int64 = 600_000
    package static let refusalsMax = 5
    /// What was refused by itself is not tried again before this.
    package static let restMilliseconds: Int64 = 5_000

    /// - Parameter book: as the ledger has it: its `next` is what the DAL holds.
    package init(_ book: QueueBook) {
        held = book.next
        buried = book.unfinished.filter { $0.value.state == .buried }.mapValues(\.reason)
    }

    /// How many wait to be shipped again.
    package var againCount: Int { again.count + dugUp.count }

    /// The first position that is still to be shipped in order.
    package var next: Position { max(held, passedOver).next }

    /// When the lease lapses that keeps others waiting.
    package var lapse: Int64? { leasedUntil > .min ? leasedUntil : nil }

    /// Ships the entry of a record again, beside the order; false when that comes anyway, or there are
    /// too many.
    @discardableResult
    package mutating func shipAgain(_ position: Position) -> Bool {
        guard position <= held, buried[position] == nil, again.count < Self.againMax else {
            return false
        }
        return again.insert(position).inserted
    }

    /// Ships the entry of a record that the DAL may never have had, with its words; false when that
    /// comes anyway.
    @discardableResult
    package mutating func shipAsNew(_ position: Position) -> Bool {
        guard position <= held, buried[position] == nil, dugUp.count < Self.againMax else {
            return false
        }
        return dugUp.insert(position).inserted
    }

    /// Has the next lease find out what the DAL holds.
    package mutating func probe() { probeAt = .min }

    /// Takes the lease, if nobody has it: whoever comes second finds it taken while the first still
    /// reads.
    package mutating func claim(itemsMax: Int, now: Int64) -> Claim? {
        guard leasedUntil <= now else { return nil }
        lease += 1
        leasedUntil = now + Self.leaseMilliseconds
        if probeAt <= now, held > .none {
            shipAgain(held)
            probeAt = now + Self.probeMilliseconds
        }
        let againMax = isAlone ? 1 : itemsMax / 4
        let wanted = Array(dugUp.prefix(againMax)) + again.prefix(againMax)
        return Claim(
            lease: lease, held: held, from: next, itemsMax: isAlone ? 1 : itemsMax,
            again: Array(wanted.prefix(againMax)))
    }

    /// The lease ends without anything shipped.
    package mutating func giveBack(_ lease: UInt64) {
        if self.lease == lease { leasedUntil = .min }
    }

    /// Whether the words of an entry must go along, although it is shipped beside the order.
    package func isNew(_ position: Position) -> Bool { dugUp.contains(position) }

    /// Nothing of this can be shipped: the queue goes on behind it.
    package mutating func passOver(through position: Position?, again positions: [Position]) {
        if let position { passedOver = max(passedOver, position) }
        again.subtract(positions)
        dugUp.subtract(positions)
    }

    /// Keeps an entry aside until a person has looked.
    package mutating func bury(_ position: Position, reason: String) {
        buried[position] = reason
        touched.insert(position)
        refusals[position] = nil
        again.remove(position)
        dugUp.remove(position)
    }

    /// Takes what became of a lease.
    ///
    /// What was refused is buried when the DAL went on behind it, since nobody would ship it again, or
    /// when it was refused too often.
    ///
    /// - Parameter position: up to which the DAL holds entries, which may be further back than what
    ///   was shipped (a restored catalog heals itself); nil when nobody looked into the batch.
    package mutating func settle(_ results: [ItemResult], position: Position?, now: Int64) {
        leasedUntil = .min
        if let position { goOn(from: position) }
        var refused: [(position: Position, reason: String)] = []
        for result in results {
            switch result.outcome {
            case .refused(let reason): refused.append((result.position, reason))
            case .kept, .alreadyHeld:
                again.remove(result.position)
                dugUp.remove(result.position)
                refusals[result.position] = nil
            case .notHere, .later: break
            }
        }
        guard position != nil || refused.count <= 1 else {
            isAlone = true
            return
        }
        for (place, reason) in refused {
            if position != nil, place <= held {
                bury(place, reason: reason)
            } else {
                refuse(place, reason, now: now)
            }
        }
    }

    private mutating func goOn(from position: Position) {
        if position < held {
            passedOver = .none
            // What the DAL holds no more comes in its order again: shipped beside it, it would seem to
            // follow what has not been shipped yet.
            again = again.filter { $0 <= position }
            dugUp = dugUp.filter { $0 <= position }
        }
        held = position
        isAlone = false
    }

    /// An entry was refused, or the disk does not give it: that may pass, so it is tried some times,
    /// slowly, before it is buried.
    package mutating func refuse(_ position: Position, _ reason: String, now: Int64) {
        refusals[position, default: 0] += 1
        if refusals[position, default: 0] >= Self.refusalsMax {
            bury(position, reason: reason)
        } else {
            // A lease that nobody has.
            lease += 1
            leasedUntil = now + Self.restMilliseconds
        }
    }

    /// Has buried entries shipped again; returns which of these were.
    package mutating func digUp(_ positions: [Position]) -> [Position] {
        let found = positions.filter { buried.removeValue(forKey: $0) != nil }
        touched.formUnion(found)
        // What lies behind the DAL's position comes in its order again.
        dugUp.formUnion(found.filter { $0 <= held })
        passedOver = .none
        return found
    }

    /// What changed since the last call, for the ledger.
    package mutating func takeChanges() -> QueueBook.Changes {
        var changes = QueueBook.Changes(next: held)
        for position in touched {
            if let reason = buried[position] {
                changes.unfinished[position] = QueueBook.Item(
                    state: .buried, attempts: 0, reason: reason)
            } else {
                changes.finished.append(position)
            }
        }
        touched = []
        return changes
    }
}
