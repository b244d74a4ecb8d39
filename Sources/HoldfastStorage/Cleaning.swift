// SPDX-License-Identifier: Apache-2.0
// Taking the bytes of purged mails off the disk.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging

/// Copies the live neighbours of purged mails forward and drops the segment.
struct Cleaning: Sendable {
    let name: String
    let keeper: RecordKeeper
    let purgeDays: Int
    let logger: Logger

    /// Cleans the segments whose time has come.
    func run() async throws {
        let now = keeper.clock.now
        let day = HoldRules.purgedBy(now.day, purgeDays: purgeDays)
        let segments = try await keeper.read { ledger, _ in
            try ledger.segmentsToClean(purgedBy: day, today: now.day)
        }
        guard !segments.isEmpty else { return }
        let active = try await keeper.betweenBatches { store in store.active.map(\.segment) }
        if !Set(active).isDisjoint(with: segments) {
            try await keeper.sealFinished(all: true, now: now)
        }
        for segment in segments where !Task.isCancelled {
            // A damaged record may be the last of its mail: it is not left behind (D5).
            guard try await !isNeeded(segment) else {
                logger.notice(
                    "A segment of purged mails waits until its damage is healed",
                    metadata: ["node": "\(name)", "segment": "\(segment)"])
                continue
            }
            do { try await clean(segment) } catch {
                logger.error(
                    "Segment of purged mails not dropped",
                    metadata: ["node": "\(name)", "segment": "\(segment)", "error": "\(error)"])
            }
        }
    }

    /// Whether a damaged record lies there of a mail that is known, was not purged, and has no other record.
    private func isNeeded(_ segment: SegmentNumber) async throws -> Bool {
        try await keeper.read { ledger, _ in
            try ledger.damaged(in: segment).contains { damaged in
                try !damaged.isHealed && damaged.mail != nil
                    && !ledger.isPurged(segment: segment, offset: damaged.place.offset)
            }
        }
    }

    private func clean(_ segment: SegmentNumber) async throws {
        try await Forwarding(keeper: keeper).copy(livingIn: segment, keepUntil: nil)
        try await keeper.dropSegment(segment)
        logger.notice(
            "Segment of purged mails dropped",
            metadata: ["node": "\(name)", "segment": "\(segment)"])
    }
}
