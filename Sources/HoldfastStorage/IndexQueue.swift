// SPDX-License-Identifier: Apache-2.0
// The Index Queue of a storage: its entries, in order, until the DAL has them.

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastMIME
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// Owns where the DAL stands: one lease at a time, in the order of positions; what is shipped again
/// travels beside.
final class IndexQueue: Sendable {
    private struct State {
        /// What the DAL said it holds.
        var held: Position
        /// Up to here nothing that follows `held` could be read.
        var passedOver = Position.none
        var lease: UInt64 = 0
        var leasedUntil: Int64 = 0
        var again: Set<Position> = []
        /// When the last entry is shipped once more, to find out whether the DAL still holds it.
        var probeAt: Int64 = 0
    }

    /// What one lease may ship.
    private struct Claim {
        var lease: UInt64
        var held: Position
        var from: Position
        var again: [Position]
    }

    static let name = "index"
    /// Entries that may wait to be shipped again; beyond, an ack is made late, by a later offer.
    private static let againMax = 100_000
    private static let probeMilliseconds: Int64 = 600_000

    private let keeper: RecordKeeper
    private let disk: DiskID
    private let host: String
    private let logger: Logger
    private let state: Mutex<State>
    private let changed = Signal()

    init(keeper: RecordKeeper, disk: DiskID, host: String, logger: Logger) throws {
        self.keeper = keeper
        self.disk = disk
        self.host = host
        self.logger = logger
        state = Mutex(State(held: try keeper.ledger.queue(Self.name).next))
    }

    /// Ships the entry of a record again, beside the order.
    func shipAgain(_ position: Position) {
        state.withLock { state in
            guard position <= state.held, state.again.count < Self.againMax else { return }
            state.again.insert(position)
        }
        changed.notify()
    }

    func lease(_ request: LeaseRequest) async throws -> Leased? {
        let deadline = keeper.clock.monotonicMilliseconds + Int64(request.waitSeconds) * 1000
        while true {
            let (arrived, changed) = (keeper.arrivals.generation, changed.generation)
            if let leased = try await leaseNow(request) { return leased }
            let now = keeper.clock.monotonicMilliseconds
            guard now < deadline, !Task.isCancelled else { return nil }
            let lapse = state.withLock { $0.leasedUntil } - now
            let wait = lapse > 0 ? min(lapse, deadline - now) : deadline - now
            await keeper.arrivals.wait(
                after: arrived, or: self.changed, after: changed, milliseconds: wait)
        }
    }

    private func leaseNow(_ request: LeaseRequest) async throws -> Leased? {
        let now = keeper.clock.monotonicMilliseconds
        // The lease is taken first: whoever comes second finds it taken while this one still reads.
        let claimed = state.withLock { state -> Claim? in
            guard state.leasedUntil <= now else { return nil }
            state.lease += 1
            state.leasedUntil = now + QueueDesk.leaseSeconds * 1000
            if state.probeAt <= now, state.held > .none {
                state.again.insert(state.held)
                state.probeAt = now + Self.probeMilliseconds
            }
            return Claim(
                lease: state.lease, held: state.held, from: max(state.held, state.passedOver).next,
                again: Array(state.again.prefix(request.itemsMax / 4)))
        }
        guard let claimed else { return nil }
        let items: [LeasedItem]
        do {
            items = try await self.items(of: claimed, request)
        } catch {
            giveBack(claimed.lease)
            throw error
        }
        guard !items.isEmpty else {
            giveBack(claimed.lease)
            return nil
        }
        return Leased(lease: claimed.lease, seconds: QueueDesk.leaseSeconds, items: items)
    }

    private func giveBack(_ lease: UInt64) {
        state.withLock { state in
            if state.lease == lease { state.leasedUntil = 0 }
        }
    }

    private func items(of claim: Claim, _ request: LeaseRequest) async throws -> [LeasedItem] {
        let logger = logger
        let (seen, records) = try await keeper.read { ledger, reader in
            let old = claim.again.isEmpty ? [] : try ledger.entries(at: claim.again)
            let new = try ledger.entries(from: claim.from, limit: request.itemsMax - old.count)
            var bytes = 0
            let fitting = (old.map { ($0, true) } + new.map { ($0, false) }).prefix { entry, _ in
                // What is read now is held until it is shipped.
                bytes += Int(clamping: min(entry.length, SegmentReader.wholeMessageBytesMax))
                return bytes <= request.bytesMax || bytes == Int(clamping: entry.length)
            }
            let records = fitting.compactMap { entry, isAgain -> (QueueEntry, Record, Bool)? in
                do throws(SegmentError) {
                    let record = try reader.record(
                        segment: entry.segment, offset: entry.offset, mail: entry.mail)
                    return (entry, record, isAgain)
                } catch {
                    // The DAL goes on without it; another copy is indexed by its own holder.
                    logger.error("Entry not shipped", metadata: ["error": "\(error)"])
                    return nil
                }
            }
            return (fitting.map { ($0.0.position, $0.1) }, records)
        }
        if records.isEmpty { passOver(seen) }
        var items: [LeasedItem] = []
        for (entry, record, isAgain) in records {
            let item = try await item(entry, record, after: claim.held, isAgain: isAgain)
            items.append(LeasedItem(item.encoded))
        }
        return items
    }

    /// Nothing of these can be read: the queue goes on behind them.
    private func passOver(_ entries: [(position: Position, isAgain: Bool)]) {
        state.withLock { state in
            for entry in entries {
                state.again.remove(entry.position)
                if !entry.isAgain { state.passedOver = max(state.passedOver, entry.position) }
            }
        }
    }

    private func item(
        _ entry: QueueEntry, _ record: Record, after held: Position, isAgain: Bool
    ) async throws -> IndexItem {
        let location = Location(
            node: NodeID(keeper.folder.node), segment: entry.segment, offset: entry.offset)
        var shown = record
        shown.setMessage([])
        return IndexItem(
            entry: Entry(
                location: location, position: entry.position, length: entry.length, disk: disk,
                host: host, checksum: record.header.message.checksum,
                keepUntil: record.header.keepUntil, after: held, again: isAgain),
            record: shown, words: isAgain ? "" : try await words(of: record, entry))
    }

    /// The body's words: from the message where it lies in the plain, else from the summary.
    private func words(of record: Record, _ entry: QueueEntry) async throws -> String {
        guard record.header.kind == .mail else { return "" }
        guard !record.header.encrypted else {
            return try Summary(decoding: record.summary).words ?? ""
        }
        do {
            let octets =
                record.messageIsBeside
                ? try await firstOctets(of: record, entry) : try SummaryMaker.octets(of: record)
            return MessageReader.words(of: octets)
        } catch {
            logger.error(
                "Words not read", metadata: ["mail": "\(entry.mail)", "error": "\(error)"])
            return ""
        }
    }

    /// Enough of a large message for the words that are indexed of it.
    private func firstOctets(of record: Record, _ entry: QueueEntry) async throws -> [UInt8] {
        var decoder = MessageDecoder(
            mail: record.header.mail, compression: record.header.compression, key: nil)
        var octets: [UInt8] = []
        var offset: UInt64 = 0
        while octets.count < Self.largeOctetsMax, offset < record.header.message.bytes {
            let start = offset
            let piece = try await keeper.read { _, reader in
                try reader.messagePart(
                    of: record, segment: entry.segment, offset: entry.offset, from: start,
                    count: Wire.pieceBytes)
            }
            guard !piece.isEmpty else { break }
            try decoder.add(piece) { octets.append(contentsOf: $0) }
            offset += UInt64(piece.count)
        }
        return octets
    }

    private static let largeOctetsMax = 8 << 20

    /// The DAL's word: it holds everything up to this position, which may be further back than what
    /// was shipped (a restored catalog heals itself).
    func settle(_ results: [ItemResult], position: Position?) {
        let next = state.withLock { state -> Position in
            for result in results { state.again.remove(result.position) }
            if let position {
                if position < state.held { state.passedOver = .none }
                state.held = position
            }
            state.leasedUntil = 0
            return state.held
        }
        for result in results {
            guard case .refused(let reason) = result.outcome else { continue }
            logger.error(
                "Entry refused", metadata: ["mail": "\(result.mail)", "reason": "\(reason)"])
        }
        keeper.noteSoon(.queue(Self.name, QueueBook.Changes(next: next)))
        changed.notify()
    }

    /// What is left to ship, and since when the oldest of it waits.
    func backlog() async throws -> (count: Int, oldest: Timestamp?) {
        let (from, again) = state.withLock { ($0.held.next, $0.again.count) }
        return try await keeper.read { ledger, _ in
            (try ledger.count(from: from) + again, try ledger.received(from: from))
        }
    }
}
