// SPDX-License-Identifier: Apache-2.0
// Reading again what a lost ledger knew of each record, while the storage serves.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// Fills the rows of segments of which only the table was read at the start, newest first.
final class Filler: Sendable {
    private let name: String
    private let keeper: RecordKeeper
    private let logger: Logger
    private let thread: DiskThread
    private let left: Mutex<(bare: Int, all: Int)>

    private static let rowsAtATime = 2_000
    private static let retryMilliseconds: Int64 = 60_000

    init(name: String, keeper: RecordKeeper, logger: Logger) throws {
        self.name = name
        self.keeper = keeper
        self.logger = logger
        thread = keeper.machine.makeThread("fill \(name)")
        left = Mutex(try keeper.ledger.filling())
    }

    /// What people are told; nil when everything is known.
    var notice: String? {
        let (bare, all) = left.withLock { $0 }
        guard bare > 0 else { return nil }
        let share = (all - bare) * 100 / max(1, all)
        return "the lost index is being made again: \(share) % of \(all) records are read"
    }

    func stop() { thread.stop() }

    /// Reads until nothing is bare, or it is cancelled.
    func run() async {
        while !Task.isCancelled, left.withLock({ $0.bare }) > 0 {
            do {
                try await fillAll()
            } catch is CancellationError {
                return
            } catch {
                logger.error(
                    "Index not filled", metadata: ["node": "\(name)", "error": "\(error)"])
                await keeper.clock.sleep(milliseconds: Self.retryMilliseconds)
            }
        }
    }

    private func fillAll() async throws {
        let bare = try await keeper.read { ledger, _ in try ledger.segments().filter(\.isBare) }
        for segment in bare.reversed() {
            try Task.checkCancellation()
            try await fill(segment.segment)
            let now = try await keeper.read { ledger, _ in try ledger.filling() }
            left.withLock { $0 = now }
        }
        logger.notice("Index filled", metadata: ["node": "\(name)"])
        left.withLock { $0.bare = 0 }
    }

    /// Reads the header sections of one segment's records; damage is left to the check of all.
    private func fill(_ segment: SegmentNumber) async throws {
        let isStopped = Atomic(false)
        try await withTaskCancellationHandler {
            try await thread.run { [keeper] in
                let folder = SegmentFolder(keeper.store.folder, on: keeper.machine.disk)
                var rows: [LedgerRow] = []
                if let file = try folder.files().first(where: { $0.segment == segment }) {
                    _ = try folder.sections(of: file) { found in
                        if isStopped.load(ordering: .acquiring) { throw CancellationError() }
                        rows.append(
                            try LedgerRow(
                                found.record, segment: segment, offset: found.place.offset))
                        guard rows.count >= Self.rowsAtATime else { return }
                        keeper.noteSoon(.filled(rows, of: segment, last: false))
                        rows.removeAll(keepingCapacity: true)
                    }
                }
                keeper.noteSoon(.filled(rows, of: segment, last: true))
            }
        } onCancel: {
            isStopped.store(true, ordering: .releasing)
        }
        // The next one is not begun before this one is noted: what waits stays bounded.
        try await keeper.note(.kept([], segments: []))
    }
}
