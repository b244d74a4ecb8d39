// SPDX-License-Identifier: Apache-2.0

import HoldfastLedger
import HoldfastModel
import Testing

@Suite("The ledger")
struct LedgerTests {
    static func row(
        _ number: UInt32, mail: UInt128, segment: UInt64 = 1, passesOn: Bool = false
    ) -> LedgerRow {
        let header = RecordHeader(
            kind: .mail, mail: MailID(mail), received: Timestamp(milliseconds: Int64(number)),
            keepUntil: Day(number: 100), digest: Digest(words: (1, 2, 3, UInt64(number))))
        return LedgerRow(
            header: header, position: Position(run: 1, number: number), segment: segment,
            offset: UInt64(number) * 4096, subject: "subject", passesOn: passesOn)
    }

    static func segment(_ number: UInt64, upTo: UInt64, records: Int) -> SegmentRow {
        SegmentRow(
            segment: number, day: Day(number: 40), dropDay: Day(number: 100), recordedUpTo: upTo,
            records: records, bytes: 1000)
    }

    @Test("what is noted is found by its mail and by its position")
    func held() throws {
        let ledger = try Ledger(path: nil)
        let rows = (1...5).map { Self.row($0, mail: UInt128($0) + 100, passesOn: $0 > 3) }
        try ledger.commit([.kept(rows, segments: [Self.segment(1, upTo: 9999, records: 5)])])
        let held = try ledger.held([MailID(103), MailID(999)])
        #expect(held.count == 1)
        #expect(held[MailID(103)]?.position == Position(run: 1, number: 3))
        #expect(held[MailID(103)]?.digest == Digest(words: (1, 2, 3, 3)))
        let from = Position(run: 1, number: 4)
        #expect(
            try ledger.entries(from: from, limit: 10).map(\.mail) == [MailID(104), MailID(105)])
        #expect(
            try ledger.entries(from: .none, passingOn: true, limit: 1).map(\.mail) == [MailID(104)])
        #expect(try ledger.count(from: .none, passingOn: true) == 2)
        #expect(try ledger.totals().mails == 5)
    }

    @Test("a record that replaces another stands for the mail; the old one can go")
    func replaced() throws {
        let ledger = try Ledger(path: nil)
        try ledger.commit([.kept([Self.row(1, mail: 7)], segments: [])])
        try ledger.commit([.slip(Slip(copiesWanted: 3, keepUntil: Day(number: 101)), of: MailID(7))]
        )
        #expect(try ledger.held([MailID(7)])[MailID(7)]?.joinedSlip?.copiesWanted == 3)
        try ledger.commit([.kept([Self.row(2, mail: 7, segment: 2)], segments: [])])
        try ledger.commit([.gone([Position(run: 1, number: 1)])])
        let held = try #require(try ledger.held([MailID(7)])[MailID(7)])
        #expect(held.segment == 2)
        #expect(held.joinedSlip == nil)
    }

    @Test("a slip makes nothing last longer, and one of a record that was replaced is not taken")
    func slipDays() throws {
        let ledger = try Ledger(path: nil)
        try ledger.commit([.kept([Self.row(1, mail: 7)], segments: [])])
        for (day, copies) in [(99, 1), (100, 2), (101, 2)] as [(Int32, Int)] {
            let slip = Slip(copiesWanted: copies, keepUntil: Day(number: day))
            try ledger.commit([.slip(slip, of: MailID(7))])
            let held = try #require(try ledger.held([MailID(7)])[MailID(7)])
            #expect(held.keepUntil == Day(number: 100))
            #expect(held.joinedSlip?.copiesWanted == (day < 100 ? nil : copies))
        }
    }

    @Test("whatever the order in which segments are read again, the later record stands")
    func rebuiltInAnyOrder() throws {
        let ledger = try Ledger(path: nil)
        try ledger.commit([.kept([Self.row(2, mail: 7, segment: 1)], segments: [])])
        try ledger.commit([.kept([Self.row(1, mail: 7, segment: 2)], segments: [])])
        #expect(try ledger.held([MailID(7)])[MailID(7)]?.position == Position(run: 1, number: 2))
        #expect(try ledger.rows(of: 1) == 1)
    }

    @Test("a dropped segment takes its mails along, but not those that were written again since")
    func dropped() throws {
        let ledger = try Ledger(path: nil)
        try ledger.commit([
            .kept(
                [Self.row(1, mail: 7), Self.row(2, mail: 8)],
                segments: [Self.segment(1, upTo: 5, records: 2)]),
            .kept(
                [Self.row(3, mail: 8, segment: 2)], segments: [Self.segment(2, upTo: 5, records: 1)]
            ),
            .dropped(1),
        ])
        #expect(Set(try ledger.held([MailID(7), MailID(8)]).keys) == [MailID(8)])
        #expect(try ledger.segments().map(\.segment) == [2])
        #expect(try ledger.totals().mails == 1)
    }

    @Test("how far a segment is followed only grows")
    func following() throws {
        let ledger = try Ledger(path: nil)
        try ledger.commit([.kept([], segments: [Self.segment(1, upTo: 500, records: 2)])])
        try ledger.commit([.kept([], segments: [Self.segment(1, upTo: 300, records: 1)])])
        #expect(try ledger.segments().first?.recordedUpTo == 500)
        #expect(try ledger.segments().first?.records == 3)
        try ledger.commit([.complete(1)])
        #expect(try ledger.segments().first?.recordedUpTo == SegmentRow.complete)
    }
}
