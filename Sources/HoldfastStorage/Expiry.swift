// SPDX-License-Identifier: Apache-2.0
// Dropping segments whole when everything in them has expired (R26).

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// Seals what is of another day, finds what has expired, and drops it.
final class Expiry: Sendable {
    let name: String
    let keeper: RecordKeeper
    let holds: Holds
    let logger: Logger
    let clock: ClockWatch
    private let lastRefusal = Mutex<String?>(nil)

    init(
        name: String, keeper: RecordKeeper, holds: Holds, surroundings: Surroundings
    ) throws {
        self.name = name
        self.holds = holds
        self.keeper = keeper
        logger = surroundings.logger
        clock = ClockWatch(surroundings.clock) { [roster = surroundings.roster] in
            roster.clockAhead
        }
        clock.begin(ClockHistory(marks: try keeper.ledger.marks()))
    }

    /// Why what has expired was not dropped when it was last to be; nil when all was well.
    var refused: String? { lastRefusal.withLock { $0 } }

    /// What would be dropped today, and what speaks against it.
    func plan() async throws -> ExpiryAnswer {
        let today = keeper.clock.now.day
        let (segments, newest) = try await keeper.read { ledger, _ in
            (try ledger.segments(), try ledger.newestReceived())
        }
        let expired = ExpiryRules.expired(segments, on: today)
        return ExpiryAnswer(
            day: today.description, segments: expired.map(ExpiredSegment.init),
            refused: expired.isEmpty ? nil : clock.doubt(newest: newest))
    }

    /// Drops what has expired; returns what went.
    func drop() async throws -> ExpiryAnswer {
        let now = keeper.clock.now
        try await keeper.sealFinished(now: now)
        var plan = try await plan()
        var held: Set<MailID> = []
        defer { lastRefusal.withLock { [reason = plan.refused] in $0 = reason } }
        guard !plan.segments.isEmpty else { return plan }
        if plan.refused == nil {
            do throws(Holds.Doubt) { held = try await holds.all() } catch {
                plan.refused = error.reason
            }
        }
        guard plan.refused == nil else {
            logger.notice(
                "Expiry refused", metadata: ["node": "\(name)", "why": "\(plan.refused ?? "")"])
            plan.segments = []
            return plan
        }
        var dropped: [ExpiredSegment] = []
        for segment in plan.segments {
            do {
                try await forward(held, from: segment.segment, today: now.day)
                try await drop(segment)
                dropped.append(segment)
            } catch {
                // It stays, and the others make room.
                logger.error(
                    "Segment not dropped",
                    metadata: [
                        "node": "\(name)", "segment": "\(segment.segment)", "error": "\(error)",
                    ])
            }
        }
        plan.segments = dropped
        return plan
    }

    /// Writes again what is held, and what people did to it, before its segment goes.
    private func forward(
        _ held: Set<MailID>, from segment: SegmentNumber, today: Day
    ) async throws {
        guard !held.isEmpty else { return }
        let forwarding = Forwarding(keeper: keeper)
        try await forwarding.copy(
            livingIn: segment, keepUntil: today.advanced(by: HoldRules.holdDays), about: held)
        // It may be the last record of what is held.
        let isNeeded = try await forwarding.leavesDamage(in: segment) { mail in
            mail.map(held.contains) ?? true
        }
        guard !isNeeded else {
            throw Forwarding.Failed(description: "a damaged record of a held mail lies in it")
        }
    }

    private func drop(_ segment: ExpiredSegment) async throws {
        try await keeper.dropSegment(segment.segment)
        logger.notice(
            "Segment dropped",
            metadata: [
                "node": "\(name)", "segment": "\(segment.segment)", "records": "\(segment.records)",
            ])
    }
}

extension ExpiredSegment {
    fileprivate init(_ row: SegmentRow) {
        self.init(
            segment: row.segment, records: row.records, bytes: row.bytes,
            drop_day: row.dropDay.description)
    }
}
