// SPDX-License-Identifier: Apache-2.0
// What a storage holds and what the catalog tells of it, side by side.

import HoldfastModel
import HoldfastNode
import Testing

@testable import holdfast

@Suite("Copies side by side")
struct CopyDifferencesTests {
    private func copy(_ place: UInt64, mail: UInt64? = nil) -> ListedCopy {
        ListedCopy(
            mail: MailID(UInt128(mail ?? place)), segment: place / 10, offset: place % 10,
            position: place)
    }

    private func compared(
        _ kept: [ListedCopy], _ entered: [ListedCopy], until: UInt64 = 1000, held: UInt64 = 1000
    ) -> CopyDifferences {
        var (kept, entered) = (kept[...], entered[...])
        var differences = CopyDifferences()
        while let step = differences.take(
            kept.first, entered.first, until: Position(raw: until), held: Position(raw: held))
        {
            if step != .catalog { kept = kept.dropFirst() }
            if step != .storage { entered = entered.dropFirst() }
        }
        return differences
    }

    @Test("what both have is the same, and each is told of what only the other has")
    func both() {
        let found = compared([11, 12, 25, 31].map { copy($0) }, [12, 13, 25, 40].map { copy($0) })
        #expect(found.sameCount == 2)
        #expect(found.lost.map(\.position) == [13, 40])
        #expect(found.orphaned.map(\.position) == [11, 31])
        #expect(found.waitingCount == 0)
        #expect(compared([], []) == CopyDifferences())
    }

    @Test("another mail in a place is lost and orphaned at once")
    func otherMail() {
        let found = compared([copy(11, mail: 1)], [copy(11, mail: 2)])
        #expect(found.lost.map(\.mail) == [MailID(2)])
        #expect(found.orphaned.map(\.mail) == [MailID(1)])
    }

    @Test("what was kept after the beginning, or is still to be shipped, is no orphan")
    func later() {
        let found = compared([11, 12, 50].map { copy($0) }, [], until: 20, held: 11)
        #expect(found.orphaned.map(\.position) == [11])
        #expect(found.waitingCount == 1)
        let entered = compared([], [11, 50].map { copy($0) }, held: 20)
        #expect(entered.lost.map(\.position) == [11])
    }

    @Test("all are counted, and the first are named")
    func many() {
        let all = (1...2500).map { copy($0) }
        let found = compared([], all, held: 3000)
        #expect(found.lostCount == 2500)
        #expect(found.lost.count == NamedCopies.copiesMax)
    }
}
