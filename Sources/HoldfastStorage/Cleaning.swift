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
            do {
                guard try await clean(segment) else {
                    logger.notice(
                        "A segment of purged mails waits until its damage is healed",
                        metadata: ["node": "\(name)", "segment": "\(segment)"])
                    continue
                }
                logger.notice(
                    "Segment of purged mails dropped",
                    metadata: ["node": "\(name)", "segment": "\(segment)"])
            } catch {
                logger.error(
                    "Segment of purged mails not dropped",
                    metadata: ["node": "\(name)", "segment": "\(segment)", "error": "\(error)"])
            }
        }
    }

    /// False where damage keeps it: a record that cannot be read may be the last of its mail.
    private func clean(_ segment: SegmentNumber) async throws -> Bool {
        let forwarding = Forwarding(keeper: keeper)
        // Known before, it is not copied from again and again; and some may be met only then.
        guard try await !forwarding.leavesDamage(in: segment, isNeeded: { $0 != nil }) else {
            return false
        }
        try await forwarding.copy(livingIn: segment, keepUntil: nil)
        guard try await !forwarding.leavesDamage(in: segment, isNeeded: { $0 != nil }) else {
            return false
        }
        try await keeper.dropSegment(segment)
        return true
    }
}
