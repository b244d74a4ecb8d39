// SPDX-License-Identifier: Apache-2.0
// The books of a day are written with what they count.

import HoldfastLedger
import HoldfastModel
import Testing

@Suite("The books of a day")
struct DayTests {
    private static let day = Day(number: 20_000)

    private func row(
        _ number: UInt32, mail: UInt128, segment: UInt64 = 1, day: Day = Self.day,
        kind: RecordKind = .mail
    ) -> LedgerRow {
        let header = RecordHeader(
            kind: kind, mail: MailID(mail),
            received: Timestamp(milliseconds: day.start.milliseconds + Int64(number)),
            keepUntil: day.advanced(by: 9), digest: Digest(words: (1, 2, 3, 4)))
        return LedgerRow(
            header: header, position: Position(run: 1, number: number), segment: segment,
            offset: UInt64(number) * 4096)
    }

    private func book(_ ledger: Ledger, _ day: Day = Self.day) throws -> DayBook {
        try ledger.dayBook(of: day, queue: "tasks")
    }

    @Test("what was kept is live, gone or dropped, whatever is done twice")
    func balances() throws {
        let ledger = try Ledger(path: nil)
        let rows = (1...6).map { row($0, mail: UInt128($0), segment: $0 > 4 ? 2 : 1) }
        let other = row(9, mail: 9, day: Self.day.advanced(by: 1))
        let note = row(10, mail: 10, kind: .note)
        let segments = [
            LedgerTests.segment(1, upTo: 9, records: 6),
            LedgerTests.segment(2, upTo: 9, records: 2),
        ]
        try ledger.commit([.kept(rows + [other, note], segments: segments)])
        // As a recovery does that finds what is known.
        try ledger.commit([.kept(rows, segments: [])])
        #expect(try book(ledger).counts == [.kept: 6])
        #expect(try book(ledger).live == 6)
        try ledger.commit([
            .gone([Position(run: 1, number: 1)]),
            .gone([Position(run: 1, number: 2)], as: .joined),
        ])
        try ledger.commit([.gone([Position(run: 1, number: 1)])])
        try ledger.commit([.dropped(2), .dropped(2)])
        try ledger.commit([.counted(.known, [Self.day: 2])])
        let book = try book(ledger)
        #expect(
            book.counts == [.kept: 6, .gone: 1, .joined: 1, .dropped: 2, .known: 2])
        #expect(book.live == 2)
        #expect(try self.book(ledger, Self.day.advanced(by: 1)).counts == [.kept: 1])
    }

    @Test("a record of which only the table was read is counted on its own day when it is read")
    func bare() throws {
        let ledger = try Ledger(path: nil)
        let eve = Self.day.advanced(by: -1)
        let full = row(1, mail: 1)
        let bare = LedgerRow(
            bare: full.mail, kind: .mail, position: full.position, segment: 1, offset: full.offset,
            length: full.length, received: eve.start, keepUntil: full.keepUntil)
        var segment = LedgerTests.segment(1, upTo: 9, records: 1)
        segment.isBare = true
        try ledger.commit([.kept([bare], segments: [segment])])
        #expect(try ledger.filling() == (1, 1))
        #expect(try ledger.held([full.mail])[full.mail]?.digest == nil)
        #expect(try book(ledger, eve).counts == [.kept: 1])
        for _ in 1...2 { try ledger.commit([.filled([full], of: 1, last: true)]) }
        #expect(try ledger.filling() == (0, 1))
        #expect(try ledger.held([full.mail])[full.mail]?.digest == full.digest)
        #expect(try book(ledger, eve).counts[.kept] == 0)
        #expect(try book(ledger).counts == [.kept: 1])
    }

    @Test("D11: the counts of the newest days are kept, and no more")
    func limit() throws {
        let ledger = try Ledger(path: nil)
        for number in 0..<UInt32(Ledger.daysMax + 5) {
            let day = Self.day.advanced(by: Int(number))
            try ledger.commit([
                .kept([row(number + 1, mail: UInt128(number), day: day)], segments: [])
            ])
        }
        #expect(try book(ledger, Self.day.advanced(by: 4)).counts == [:])
        #expect(try book(ledger, Self.day.advanced(by: 5)).counts == [.kept: 1])
    }
}
