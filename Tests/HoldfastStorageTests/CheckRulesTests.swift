// SPDX-License-Identifier: Apache-2.0
// What a check makes of what it read, and when a scrub goes on.

import HoldfastLedger
import HoldfastModel
import Testing

@testable import HoldfastStorage

@Suite("Checks")
struct CheckRulesTests {
    private func row(_ offset: UInt64, replaced: Bool = false) -> CheckedRow {
        CheckedRow(
            mail: MailID(UInt128(offset)), position: Position(raw: offset), offset: offset,
            isReplaced: replaced)
    }

    private func bad(_ offset: UInt64) -> SegmentFindings.Bad {
        .init(mail: MailID(UInt128(offset)), offset: offset)
    }

    private func known(_ offset: UInt64, mail: MailID?, healed: Bool = false) -> DamagedCopy {
        DamagedCopy(
            place: CopyPlace(segment: 7, offset: offset), mail: mail, isHealed: healed)
    }

    private func reading(
        _ whole: [UInt64], damaged: [Range<UInt64>] = [], end: UInt64 = 1000
    ) -> SegmentReading {
        var reading = SegmentReading(end: end)
        for offset in whole { reading.whole[offset] = MailID(UInt128(offset)) }
        reading.damaged = damaged
        return reading
    }

    @Test("a record that is not whole is bad, unless another stands for its mail")
    func bad() {
        let findings = CheckRules.findings(
            reading([10]), rows: [row(10), row(20), row(30, replaced: true)], known: [])
        #expect(findings.bad == [bad(20)])
        #expect(findings.healed == [30])
        #expect(findings.undocumented == [])
    }

    @Test("another mail in a row's place is no copy of it")
    func otherMail() {
        var there = reading([10])
        there.whole[10] = MailID(99)
        #expect(CheckRules.findings(there, rows: [row(10)], known: []).bad == [bad(10)])
    }

    @Test("what was damaged is healed when it can be read, or when nothing depends on it")
    func healed() {
        let findings = CheckRules.findings(
            reading([10], damaged: [40..<50, 60..<70]), rows: [row(10), row(60)],
            known: [
                known(10, mail: MailID(10)), known(20, mail: MailID(20), healed: true),
                known(60, mail: MailID(60)),
            ])
        #expect(findings.healed == [10, 20, 40])
        #expect(findings.bad == [bad(60)])
    }

    @Test("what was damaged stays bad as long as somebody may depend on it, also without its row")
    func unhealed() {
        let findings = CheckRules.findings(
            reading([10], damaged: [20..<30, 40..<50], end: 100), rows: [row(10)],
            known: [
                known(40, mail: nil), known(20, mail: MailID(20)), known(200, mail: MailID(200)),
            ])
        #expect(findings.bad == [bad(20), .init(mail: nil, offset: 40)])
        #expect(findings.healed.isEmpty)
    }

    @Test("a whole record without a row is put back; what came after the reading is left alone")
    func undocumented() {
        let findings = CheckRules.findings(
            reading([10, 20], end: 100), rows: [row(10), row(200)], known: [])
        #expect(findings == SegmentFindings(bad: [], healed: [], undocumented: [20]))
    }

    @Test("a scrub goes from segment to segment, and begins again behind the last")
    func rounds() {
        var state = ScrubState()
        var order: [SegmentNumber] = []
        for _ in 0..<2 {
            while let next = state.next(of: [3, 1, 7]) {
                order.append(next)
                state.note(next, bad: next == 3 ? 1 : 0, healed: 2)
            }
            state.finish(at: Timestamp(milliseconds: 5))
        }
        #expect(order == [1, 3, 7, 1, 3, 7])
        #expect(state.last == .init(finished: Timestamp(milliseconds: 5), bad: 1, healed: 6))
        #expect(state == ScrubState(state.marks), "as the ledger gives it back")
    }

    @Test("a scrub rests so that a round takes its days, and never for ever")
    func rests() {
        let day: Int64 = 86_400_000
        #expect(ScrubRules.rest(after: 1, of: 300, took: 1000, days: 30) == day / 10 - 1000)
        #expect(ScrubRules.rest(after: 1, of: 1, took: 0, days: 30) == 6 * 3_600_000)
        #expect(ScrubRules.rest(after: 1, of: 300, took: day, days: 30) == 1000)
        #expect(ScrubRules.rest(after: 0, of: 0, took: 0, days: 0) == 1000)
    }
}
