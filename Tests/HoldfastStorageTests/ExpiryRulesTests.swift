// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastStorage
import Testing

@Suite("Expiry")
struct ExpiryRulesTests {
    static let now = Timestamp(milliseconds: 1_795_000_000_000)

    static func evidence(
        walked: Int64 = 1000, running: Int64 = 1000, newest: Int64? = nil, ahead: Int64? = 0,
        history: ClockHistory? = ClockHistory(
            seen: now, steadyMilliseconds: ClockHistory.steadyEnough)
    ) -> ClockEvidence {
        ClockEvidence(
            now: now, started: Timestamp(milliseconds: now.milliseconds - walked),
            runningMilliseconds: running,
            newestRecord: newest.map { Timestamp(milliseconds: now.milliseconds + $0) },
            registryAheadMilliseconds: ahead, history: history)
    }

    @Test("D8: a clock that agrees with everyone is believed")
    func believed() {
        #expect(Self.evidence(newest: -5).doubt == nil)
    }

    @Test(
        "D8: nothing is dropped on the word of a clock that may be wrong",
        arguments: [
            evidence(walked: 365 * 86_400_000), evidence(walked: -7_200_000), evidence(newest: 1),
            evidence(ahead: 601_000), evidence(ahead: -601_000), evidence(ahead: nil),
            evidence(history: nil),
        ])
    func doubted(evidence: ClockEvidence) {
        #expect(evidence.doubt != nil)
    }

    @Test("D8: a segment goes the day after the last day of its class, and only when it is sealed")
    func expired() {
        let today = Self.now.day
        let rows = [-1, 0, 1].flatMap { days in
            [SegmentRow.complete, 5000].map { upTo in
                SegmentRow(
                    segment: UInt64(10 + days), day: today, dropDay: today.advanced(by: days),
                    recordedUpTo: upTo, records: 1, bytes: 1)
            }
        }
        let expired = ExpiryRules.expired(rows, on: today)
        #expect(expired.map(\.segment) == [9])
        #expect(expired.map(\.recordedUpTo) == [SegmentRow.complete])
    }
}
