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

/// Owns where the DAL stands, reads what is shipped, and tells the ledger.
final class IndexQueue: Sendable {
    static let name = "index"

    private let keeper: RecordKeeper
    private let disk: DiskID
    private let host: String
    private let logger: Logger
    private let book: Mutex<IndexBook>
    private let given: Mutex<GivenPositions>
    private let isOlder: @Sendable () -> Bool
    private let changed = Signal()

    /// - Parameter isOlder: whether its folder is an older state of itself: then nothing is shipped.
    init(
        keeper: RecordKeeper, disk: DiskID, host: String, logger: Logger,
        isOlder: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.isOlder = isOlder
        self.keeper = keeper
        self.disk = disk
        self.host = host
        self.logger = logger
        var book = IndexBook(try keeper.ledger.queue(Self.name))
        for position in keeper.latecomers { book.shipAsNew(position) }
        let last = max(book.held, try keeper.ledger.lastPosition())
        // A ledger that was made anew does not know of what has expired.
        let isSure = keeper.isWhole && book.held > .none
        given = Mutex(
            GivenPositions(run: keeper.folder.run, lastBefore: isSure ? last : nil))
        self.book = Mutex(book)
    }

    var buriedCount: Int { book.withLock { $0.buried.count } }

    /// Ships the entry of a record again, beside the order.
    func shipAgain(_ position: Position) {
        if book.withLock({ $0.shipAgain(position) }) { changed.notify() }
    }

    /// Ships the entry of a record that the DAL may never have had.
    func shipAsNew(_ position: Position) {
        if book.withLock({ $0.shipAsNew(position) }) { changed.notify() }
    }

    /// Asks the DAL soon whether it still holds what it held.
    func probe() {
        book.withLock { $0.probe() }
        changed.notify()
    }

    func lease(_ request: LeaseRequest) async throws -> Leased? {
        try await request.wait(for: keeper.arrivals, changed, by: keeper.clock) {
            if isOlder() { return .nothing(until: nil) }
            if let leased = try await leaseNow(request) { return .work(leased) }
            return .nothing(until: book.withLock { $0.lapse })
        }
    }

    private func leaseNow(_ request: LeaseRequest) async throws -> Leased? {
        let now = keeper.clock.monotonicMilliseconds
        guard let claim = book.withLock({ $0.claim(itemsMax: request.itemsMax, now: now) }) else {
            return nil
        }
        let items: [LeasedItem]
        do {
            items = try await self.items(of: claim, bytesMax: request.bytesMax)
        } catch {
            book.withLock { $0.giveBack(claim.lease) }
            throw error
        }
        guard !items.isEmpty else {
            book.withLock { $0.giveBack(claim.lease) }
            return nil
        }
        return Leased(lease: claim.lease, seconds: QueueDesk.leaseSeconds, items: items)
    }

    private func items(of claim: IndexBook.Claim, bytesMax: Int) async throws -> [LeasedItem] {
        let buried = book.withLock { $0.buried }
        let reading = try await keeper.read { ledger, reader in
            try Reading(claim, besides: buried, bytesMax: bytesMax, ledger, reader)
        }
        change { book in
            for (entry, error) in reading.unreadable {
                // The DAL goes on without it; another copy is indexed by its own holder.
                book.bury(entry.position, reason: "\(error)")
            }
            book.passOver(
                through: reading.records.isEmpty ? reading.lastNew : nil, again: reading.gone)
        }
        for (entry, error) in reading.unreadable {
            keeper.damage.note(error)
            logger.error(
                "Entry not shipped", metadata: ["mail": "\(entry.mail)", "error": "\(error)"])
        }
        if let (entry, error) = reading.delayed, reading.records.isEmpty {
            let now = keeper.clock.monotonicMilliseconds
            change { $0.refuse(entry.position, "\(error)", now: now) }
            throw error
        }
        given.withLock { given in
            given.ship(
                Dictionary(reading.records.map { ($0.entry.position, $0.entry.mail) }) { $1 })
        }
        var items: [LeasedItem] = []
        for (entry, record) in reading.records {
            let item = try await item(
                entry, record, after: claim.held, isAgain: entry.position <= claim.held)
            items.append(LeasedItem(item.encoded))
        }
        return items
    }

    /// Changes the book, and lets the ledger know in the same order.
    private func change<Result>(_ body: (inout IndexBook) -> Result) -> Result {
        book.withLock { book in
            let (before, result) = (book.held, body(&book))
            let changes = book.takeChanges()
            if !changes.isEmpty || book.held != before {
                keeper.noteSoon(.queue(Self.name, changes))
            }
            return result
        }
    }

    private func item(
        _ entry: QueueEntry, _ record: Record, after held: Position, isAgain: Bool
    ) async throws -> IndexItem {
        let location = Location(
            node: NodeID(keeper.folder.node), segment: entry.segment, offset: entry.offset)
        var shown = record
        shown.setMessage([])
        // The DAL has the words of what it has taken once.
        let isKnown = isAgain && !book.withLock { $0.isNew(entry.position) }
        return IndexItem(
            entry: Entry(
                location: location, position: entry.position, length: entry.length, disk: disk,
                host: host, checksum: record.header.message.checksum,
                keepUntil: record.header.keepUntil, after: held, again: isAgain),
            record: shown, words: isKnown ? "" : try await words(of: record, entry))
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
        let pieces = keeper.pieces(of: record, segment: entry.segment, offset: entry.offset)
        var octets: [UInt8] = []
        var offset: UInt64 = 0
        while octets.count < Self.largeOctetsMax, offset < record.header.message.bytes {
            let piece = try await pieces(offset, Wire.pieceBytes)
            guard !piece.isEmpty else { break }
            try decoder.add(piece) { octets.append(contentsOf: $0) }
            offset += UInt64(piece.count)
        }
        return octets
    }

    private static let largeOctetsMax = 8 << 20

    /// The DAL's word: it holds everything up to this position. What was never given here is not gone on
    /// from.
    ///
    /// - Returns: whether a later state of this folder gave it.
    func settle(_ results: [ItemResult], position: Position?) -> Bool {
        let now = keeper.clock.monotonicMilliseconds
        let verdict = position.map { position in
            given.withLock { $0.judge(position, answering: results) }
        }
        let believed = verdict == .known ? position : nil
        change { $0.settle(results, position: believed, now: now) }
        for result in results {
            guard case .refused(let reason) = result.outcome else { continue }
            logger.error(
                "Entry refused", metadata: ["mail": "\(result.mail)", "reason": "\(reason)"])
        }
        changed.notify()
        return verdict == .later
    }

    /// Ships again what is buried, all or that of some mails; returns how many.
    func retry(_ mails: [MailID]?) async throws -> Int {
        var wanted = book.withLock { $0.buried.keys.sorted() }
        if let mails = mails.map(Set.init) {
            let entries = try await keeper.read { [wanted] ledger, _ in
                try ledger.entries(at: wanted)
            }
            wanted = entries.filter { mails.contains($0.mail) }.map(\.position)
        }
        let dugUp = change { [wanted] book in book.digUp(wanted) }
        changed.notify()
        return dugUp.count
    }

    /// Up to where the DAL will hold entries when it has all that can be shipped now.
    func end() async throws -> Position {
        let last = try await keeper.read { ledger, _ in try ledger.lastPosition() }
        return book.withLock { $0.buried[last] == nil ? last : $0.held }
    }

    /// What is left to ship, and since when the oldest of it waits.
    func backlog() async throws -> (count: Int, oldest: Timestamp?) {
        let (from, again) = book.withLock { ($0.next, $0.againCount) }
        return try await keeper.read { ledger, _ in
            (try ledger.count(from: from) + again, try ledger.received(from: from))
        }
    }
}
