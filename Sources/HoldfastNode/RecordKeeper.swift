// SPDX-License-Identifier: Apache-2.0
// What a storage keeps and what a gateway spools: segments and a ledger, with the threads for both.

package import HoldfastDisk
package import HoldfastLedger
package import HoldfastModel
package import HoldfastSegments
internal import Logging

/// Keeps records in a data folder: one sync for all that waits, then one ledger transaction.
///
/// Four threads own what blocks: one appends, one writes the ledger, one reads, and one reads what takes
/// long.
package final class RecordKeeper: Sendable {
    /// A record to be kept.
    package struct Offer: Sendable {
        package var item: Appendable
        package var keepClass: KeepClass
        /// What the ledger notes besides the header.
        package var sender: String
        package var subject: String
        package var messageID: String
        package var passesOn: Bool
        /// What the record, a note, says that a person wants.
        package var wish: Wish?
        /// Written although the mail is held: the new record stands for it from then on.
        package var replacesHeld = false
        /// Its id was just drawn by chance: nobody can hold it, and nobody needs to look.
        package var isFresh = false

        package init(
            _ item: Appendable, keepClass: KeepClass, sender: String = "", subject: String = "",
            messageID: String = "", passesOn: Bool = false, wish: Wish? = nil
        ) {
            self.wish = wish
            self.item = item
            self.keepClass = keepClass
            self.sender = sender
            self.subject = subject
            self.messageID = messageID
            self.passesOn = passesOn
        }
    }

    /// What became of an offer.
    package enum Kept: Sendable {
        /// Durable here now.
        case placed(Placed)
        /// Was durable here before.
        case held(Held)
    }

    package enum Problem: Error {
        /// More waits than may: try again in a moment (D10).
        case overloaded
        /// The folder is being left.
        case closing
    }

    package let folder: DataFolder
    package let ledger: Ledger
    package let store: SegmentStore
    package let reader: SegmentReader
    package let machine: Machine
    package let damage: Damage
    /// Records that the start found, and that come before what was shipped of the queue `index`.
    package let latecomers: [Position]
    /// Whether the start missed nothing of what should lie here.
    package let isWhole: Bool
    /// Notified when the ledger has new rows.
    package let arrivals = Signal()

    private let appendThread: DiskThread
    private let ledgerThread: DiskThread
    let readThread: DiskThread
    private let longThread: DiskThread
    private let claims = Claims()
    private let backlog = LedgerBacklog()
    private let appends: Batcher<[Offer], [Result<Placed, SegmentError>]>
    private let notes: Batcher<LedgerChange, Void>

    /// What goes into one batch, and what may wait for one, in bytes of records.
    private static let batchBytesMax = 8 << 20
    private static let waitingBytesMax = 96 << 20
    /// Rows that may wait for the ledger before nothing new is taken.
    private static let waitingRowsMax = 50_000
    private static let rowsATransaction = 4096

    init(
        folder: DataFolder, ledger: Ledger, store: SegmentStore, machine: Machine,
        keepsLostRows: Bool = false, damaged: [CopyPlace] = [], healed: [CopyPlace] = [],
        latecomers: [Position] = [], isWhole: Bool = true, name: String, logger: Logger
    ) {
        self.folder = folder
        self.ledger = ledger
        self.store = store
        self.machine = machine
        self.latecomers = latecomers
        self.isWhole = isWhole
        reader = SegmentReader(folder: store.folder, on: machine.disk)
        appendThread = machine.makeThread("append \(name)")
        ledgerThread = machine.makeThread("ledger \(name)")
        readThread = machine.makeThread("read \(name)")
        longThread = machine.makeThread("find \(name)")
        let clock = machine.clock
        let (arrivals, claims, backlog) = (arrivals, claims, backlog)
        let notes = Batcher<LedgerChange, Void>(
            on: ledgerThread, weightMax: Self.rowsATransaction
        ) { changes in
            let result = Result { try backlog.commit(changes, to: ledger, logger: logger) }
            arrivals.notify()
            return changes.map { _ in result }
        }
        self.notes = notes
        let damage = Damage(damaged, healed: healed) { place in
            logger.error(
                "Damaged record",
                metadata: [
                    "node": "\(name)", "segment": "\(place.segment)", "offset": "\(place.offset)",
                ])
            notes.submit(.damaged(place, keepsRow: keepsLostRows), weight: 1) { _ in }
        }
        self.damage = damage
        appends = Batcher(on: appendThread, weightMax: Self.batchBytesMax) { callers in
            let batch = AppendedBatch(callers, in: store, now: clock.now)
            // Rows are noted in the order of their positions, because they are from this thread.
            notes.submit(batch.change, weight: batch.count) { _ in
                damage.heal(asIn: ledger)
                claims.release(batch.mails)
            }
            for segment in store.takeSealed() {
                notes.submit(.complete(segment), weight: 1) { _ in }
            }
            return batch.results.map(Result.success)
        }
    }

    package var clock: MachineClock { machine.clock }

    /// Keeps the offers: on return each is durable, or was held before, or failed for itself.
    ///
    /// An id is known from the moment it is offered; a second offer waits for that commit (D6).
    package func keep(_ offers: [Offer]) async -> [Result<Kept, any Error>] {
        let weight = offers.reduce(0) { $0 + $1.weight }
        guard appends.waitingWeight + weight <= Self.waitingBytesMax || appends.waitingWeight == 0,
            notes.waitingWeight <= Self.waitingRowsMax
        else { return offers.map { _ in .failure(Problem.overloaded) } }
        if ledger.isDamaged {
            let error = LedgerError.damaged("nothing is kept until then")
            return offers.map { _ in .failure(error) }
        }
        if backlog.isBehind {
            // Asking again is what lets the ledger try again.
            do { try await note(.kept([], segments: [])) } catch {
                return offers.map { _ in .failure(error) }
            }
        }
        var results = [Result<Kept, any Error>?](repeating: nil, count: offers.count)
        var open = Array(offers.indices)
        while let first = open.first {
            let claimed = claims.claim(open.map { offers[$0].mail }).map { open[$0] }
            if claimed.isEmpty {
                await claims.released(offers[first].mail)
            } else {
                await keep(claimed, of: offers, &results)
            }
            open.removeAll { results[$0] != nil }
        }
        return results.map { $0 ?? .failure(Problem.closing) }
    }

    private func keep(
        _ claimed: [Int], of offers: [Offer], _ results: inout [Result<Kept, any Error>?]
    ) async {
        let mails = claimed.map { offers[$0].mail }
        let known = claimed.filter { !offers[$0].isFresh }.map { offers[$0].mail }
        var held: [MailID: Held] = [:]
        do {
            if !known.isEmpty {
                held = try await readThread.run { [ledger] in try ledger.held(known) }
            }
        } catch {
            for index in claimed { results[index] = .failure(error) }
            return claims.release(mails)
        }
        for index in claimed where !offers[index].replacesHeld {
            results[index] = held[offers[index].mail].map { .success(.held($0)) }
        }
        claims.release(claimed.filter { results[$0] != nil }.map { offers[$0].mail })
        let new = claimed.filter { results[$0] == nil }
        guard !new.isEmpty else { return }
        do {
            let batch = new.map { offers[$0] }
            let placed = try await appends.submit(batch, weight: batch.reduce(0) { $0 + $1.weight })
            for (index, place) in zip(new, placed) {
                results[index] = place.map(Kept.placed).mapError { $0 }
            }
        } catch {
            for index in new { results[index] = .failure(error) }
        }
    }

    /// Has something noted in the ledger, with others, some time soon.
    package func noteSoon(_ change: LedgerChange) {
        notes.submit(change, weight: 1) { _ in }
    }

    /// Has something noted in the ledger before it returns.
    package func note(_ change: LedgerChange) async throws {
        try await notes.submit(change, weight: 1)
    }

    /// Reads on the thread for reading.
    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (Ledger, SegmentReader) throws -> Result
    ) async throws -> Result {
        try await readThread.run { [ledger, reader] in try body(ledger, reader) }
    }

    /// Reads what takes long, while others read what mail waits for.
    package func readLong<Result: Sendable>(
        _ body: @escaping @Sendable (Ledger, SegmentReader) throws -> Result
    ) async throws -> Result {
        try await longThread.run { [ledger, reader] in try body(ledger, reader) }
    }

    /// Does something with the segments, between two batches.
    package func betweenBatches<Result: Sendable>(
        _ body: @escaping @Sendable (SegmentStore) throws -> Result
    ) async throws -> Result {
        try await appendThread.run { [store] in try body(store) }
    }

    /// Seals what is full, or of another day; with `all`, whatever is active.
    package func sealFinished(all: Bool = false, now: Timestamp) async throws {
        let sealed = try await betweenBatches { store in
            try store.sealFinished(all: all, now: now)
            return store.takeSealed()
        }
        for segment in sealed { try await note(.complete(segment)) }
    }

    /// Bytes that wait to be appended.
    package var waitingBytes: Int { appends.waitingWeight }

    /// Puts rows back of records that lie in a segment; false when the segment has gone meanwhile.
    ///
    /// Between two batches, as segments are dropped: the rows of one that is dropped afterwards go with
    /// it.
    package func restore(_ rows: [LedgerRow], of segment: SegmentNumber) async throws -> Bool {
        guard !rows.isEmpty else { return true }
        return try await betweenBatches { [notes, disk = machine.disk] store in
            let folder = SegmentFolder(store.folder, on: disk)
            guard let file = try folder.files().first(where: { $0.segment == segment }) else {
                return false
            }
            let header = try folder.header(of: file)
            let row = SegmentRow(
                segment: segment, day: header.day,
                dropDay: rows.reduce(header.dropDay) { max($0, $1.keepUntil) }, recordedUpTo: 0,
                records: rows.count, bytes: rows.reduce(0) { $0 + $1.length })
            notes.submit(.kept(rows, segments: [row]), weight: rows.count) { _ in }
            return true
        }
    }

    /// Removes a sealed segment with everything in it, and its rows.
    ///
    /// The rows go first, and for good: after a power cut a ledger that still had them would tell of
    /// mails that cannot be read any more. A file without rows is only followed once more.
    package func dropSegment(_ segment: SegmentNumber) async throws {
        try await note(.dropped(segment))
        try await ledgerThread.run { [ledger] in try ledger.sync() }
        try await betweenBatches { [reader, damage, disk = machine.disk] store in
            reader.forget(segment)
            damage.forget(segment)
            try SegmentFolder(store.folder, on: disk).drop(segment)
        }
    }

    /// Seals what is active and lets the threads end. Nothing may be offered any more.
    package func close() async throws {
        let now = clock.now
        try await betweenBatches { store in try store.sealFinished(all: true, now: now) }
        try await ledgerThread.run {}
        for thread in [appendThread, ledgerThread, readThread, longThread] { thread.stop() }
        folder.leave()
    }
}

extension RecordKeeper.Offer {
    package var mail: MailID { item.record.header.mail }

    /// A message that landed takes no memory while it waits: it weighs as much as a batch of its own.
    var weight: Int {
        let bytes = Int(clamping: item.record.header.recordBytes)
        return item.message == nil ? bytes : min(bytes, RecordKeeper.batchBytesMax)
    }
}
