// SPDX-License-Identifier: Apache-2.0
// What is left in the spool's segments, and dropping those in which nothing is.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// Owns the count of what is done with in each segment of the spool.
final class Spool: Sendable {
    private struct State {
        var finished: [SegmentNumber: Int] = [:]
        /// For each active segment: how much it held when it was looked at, and when it changed last.
        var activity: [SegmentNumber: (records: Int, since: Int64)] = [:]
    }

    private let keeper: RecordKeeper
    private let logger: Logger
    private let state: Mutex<State>

    /// - Parameter left: how many records of each segment the ledger knows at the start.
    init(keeper: RecordKeeper, left: [SegmentNumber: Int], logger: Logger) throws {
        self.keeper = keeper
        self.logger = logger
        var state = State()
        for row in try keeper.ledger.segments() {
            state.finished[row.segment] = max(0, row.records - left[row.segment, default: 0])
        }
        self.state = Mutex(state)
    }

    /// These records are done with: their rows go, and are counted as this.
    func finish(
        _ entries: [(position: Position, segment: SegmentNumber)], as what: DayCount = .gone
    ) {
        guard !entries.isEmpty else { return }
        state.withLock { state in
            for entry in entries { state.finished[entry.segment, default: 0] += 1 }
        }
        keeper.noteSoon(.gone(entries.map(\.position), as: what))
    }

    /// Drops what can be dropped, and seals what can be dropped after that; returns what went.
    func tidy(_ releases: [SpoolRules.FinishedRelease]) async throws -> [SegmentNumber] {
        let segments = try await keeper.read { ledger, _ in
            try ledger.segments().map(SpoolRules.Segment.init)
        }
        let finished = state.withLock { $0.finished }
        var dropped: [SegmentNumber] = []
        for segment in SpoolRules.droppable(segments, finished: finished, releases: releases) {
            // The count says that nothing is left; the ledger must say so too.
            let ofReleases = releases.reduce(0) { $0 + $1.records.count { $0 == segment } }
            let rows = try await keeper.read { ledger, _ in try ledger.rows(of: segment) }
            guard rows <= ofReleases else { continue }
            try await keeper.dropSegment(segment)
            state.withLock { $0.finished[segment] = nil }
            dropped.append(segment)
            logger.debug("Segment dropped", metadata: ["segment": "\(segment)"])
        }
        if hasIdle(segments, releases) { try await seal() }
        return dropped
    }

    private func hasIdle(
        _ segments: [SpoolRules.Segment], _ releases: [SpoolRules.FinishedRelease]
    ) -> Bool {
        let now = keeper.clock.monotonicMilliseconds
        return state.withLock { state in
            let active = segments.filter { !$0.isComplete }
            state.activity = state.activity.filter { number, _ in
                active.contains { $0.number == number }
            }
            return active.contains { segment in
                var activity = state.activity[segment.number] ?? (records: 0, since: now)
                if activity.records != segment.records { activity = (segment.records, now) }
                state.activity[segment.number] = activity
                let ofReleases = releases.reduce(0) { count, release in
                    count + release.records.count { $0 == segment.number }
                }
                return SpoolRules.isIdle(
                    segment, finished: state.finished[segment.number, default: 0] + ofReleases,
                    unchangedFor: now - activity.since)
            }
        }
    }

    private func seal() async throws {
        let now = keeper.clock.now
        let sealed = try await keeper.betweenBatches { store in
            try store.sealFinished(all: true, now: now)
            return store.takeSealed()
        }
        for segment in sealed { try await keeper.note(.complete(segment)) }
    }
}

extension SpoolRules.Segment {
    fileprivate init(_ row: SegmentRow) {
        self.init(
            number: row.segment, isComplete: row.recordedUpTo == SegmentRow.complete,
            records: row.records)
    }
}
