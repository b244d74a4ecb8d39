// SPDX-License-Identifier: Apache-2.0
// What a component offers on the wire, as its routes call it.

package import HoldfastModel

/// Reads a message that is too large to be held, piece by piece.
package typealias MessagePieces =
    @Sendable (_ from: UInt64, _ count: Int) async throws -> ArraySlice<UInt8>

/// A record that was leased out; its message may have to be read piece by piece.
package struct LeasedItem: Sendable {
    package var record: Record
    package var pieces: MessagePieces?

    package init(_ record: Record, pieces: MessagePieces? = nil) {
        precondition(record.messageIsBeside == (pieces != nil), "a message is in one place")
        self.record = record
        self.pieces = pieces
    }
}

/// What a helper got: carry these, then settle, before the lease lapses.
package struct Leased: Sendable {
    package var lease: UInt64
    package var seconds: Int64
    package var items: [LeasedItem]
    /// On so many storages each of these is to lie before it is settled, as far as it wants so many
    /// copies (D12).
    package var copies: Int

    package init(lease: UInt64, seconds: Int64, items: [LeasedItem], copies: Int = 1) {
        self.lease = lease
        self.seconds = seconds
        self.items = items
        self.copies = copies
    }
}

/// What a component answers to a delivery: a result for each item, in their order.
package struct Receipt: Sendable {
    package var results: [ItemResult]
    /// Up to which position the DAL now holds the entries of the storage that they came from.
    package var position: Position?

    package init(results: [ItemResult], position: Position? = nil) {
        self.results = results
        self.position = position
    }
}

/// The output queues of a component.
package protocol QueueSource: Sendable {
    /// Nil when there was nothing to lease in the time that the request allows.
    func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased?
    /// Takes what became of leased items; valid at any time, lease lapsed or not.
    func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws
    /// Offers buried items again, all or those of some mails; returns how many there were.
    func retry(_ queue: String, mails: [MailID]?) async throws -> Int
}

extension QueueSource {
    package func retry(_ queue: String, mails: [MailID]?) async throws -> Int {
        throw Refusal.absent("Nothing is ever buried in a queue \(queue) here.")
    }
}

/// The next piece of a message that is too large to be held; nil at its end.
package typealias NextPiece = () async throws -> ArraySlice<UInt8>?

/// The input queues of a component.
package protocol QueueTarget: Sendable {
    /// - Parameter node: whose entries these are, where that matters.
    func take(into queue: String, _ records: [Record], from node: NodeID?) async throws -> Receipt
    /// Takes one record whose message comes in pieces.
    func takeLarge(into queue: String, _ record: Record, _ next: NextPiece) async throws -> Receipt
}

extension QueueTarget {
    package func takeLarge(
        into queue: String, _ record: Record, _ next: NextPiece
    ) async throws -> Receipt {
        throw Refusal.tooLarge("a record of \(record.header.recordBytes) bytes")
    }
}

/// What a component throws when the answer is not a result: it becomes an HTTP status.
package enum Refusal: Error, Sendable {
    /// 404: there is no such queue, mail or segment here.
    case absent(String)
    /// 400: what was sent cannot be understood.
    case malformed(String)
    /// 409: another mail lies at the place, or the same id means other content.
    case conflict(String)
    /// 410: it was here, and is damaged: ask another copy.
    case damaged(String)
    /// 413: larger than the limit that it names.
    case tooLarge(String)
    /// 422: understood, and cannot be done.
    case refused(String)
    /// 429: more waits than may.
    case overloaded(String)
    /// 503: a needed part is away, or the node starts or ends.
    case unavailable(String)
    /// 507: the disk is nearly full.
    case full(String)
}
