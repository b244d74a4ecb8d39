// SPDX-License-Identifier: Apache-2.0
// When a storage that is being emptied may be retired.

import HoldfastNode
import Testing

@testable import holdfast

@Suite("Emptying a storage") struct DrainProgressTests {
    private static func known(
        copies: Int = 5, dependent: Int = 0, counts: Bool = false, recounting: Bool = false
    ) -> DependentsAnswer.Node {
        .init(
            node: "1", name: "s1", copies: copies, dependent: dependent, counts: counts, gone: true,
            recounting: recounting, orders: 0)
    }

    private static func left(
        _ records: Int = 5, unshipped: Int = 0, buried: Int = 0, end: UInt64 = 9, held: UInt64 = 9
    ) -> DrainProgress.Left {
        .init(records: records, unshipped: unshipped, buried: buried, end: end, held: held)
    }

    struct Case: Sendable {
        var what: String
        var known: DependentsAnswer.Node?
        var left: DrainProgress.Left
        var doubt: String?
        var isDone = false
        var says: String
    }

    @Test(
        "it may be retired when the catalog knows all that it has, and nothing depends on it",
        arguments: [
            Case(
                what: "its copies are elsewhere", known: known(), left: left(), isDone: true,
                says: "nothing depends on its 5 copies; it may be retired"),
            Case(
                what: "some are not", known: known(dependent: 2), left: left(),
                says: "2 copies have still to be made"),
            Case(what: "it counts", known: known(counts: true), left: left(), says: "counted"),
            Case(
                what: "it is recounted", known: known(recounting: true), left: left(),
                says: "counted"),
            Case(
                what: "it is empty and nobody knows it", known: nil, left: left(0, end: 0, held: 0),
                isDone: true, says: "holds nothing; it may be retired"),
            Case(
                what: "all that it had has gone", known: known(copies: 0), left: left(0, held: 0),
                isDone: true, says: "holds nothing"),
            Case(
                what: "what it has expired, and the catalog knows", known: known(copies: 0),
                left: left(), isDone: true, says: "holds nothing"),
            Case(
                what: "a lost catalog does not know it, and it believes that all is shipped",
                known: nil, left: left(held: 0), says: "on their way"),
            Case(
                what: "nobody knows it, and it has not found anything to ship", known: nil,
                left: left(end: 0, held: 0), says: "on their way"),
            Case(
                what: "an older catalog holds a part", known: known(), left: left(held: 8),
                says: "on their way"),
            Case(
                what: "entries are still to be shipped", known: known(), left: left(unshipped: 1),
                says: "on their way"),
            Case(
                what: "nobody took some entries", known: known(), left: left(buried: 1),
                says: "1 of its entries lie buried"),
            Case(
                what: "the catalog is being filled", known: known(), left: left(),
                doubt: "the catalog is being filled from s2", says: "being filled from s2"),
            Case(
                what: "the Registry has just begun", known: nil, left: left(0, end: 0, held: 0),
                doubt: "the Registry has just begun", says: "just begun"),
        ])
    func mayBeRetired(_ example: Case) {
        let progress = DrainProgress(
            example.known, example.left, doubt: example.doubt, name: "s1")
        #expect(progress.isDone == example.isDone, "\(example.what)")
        #expect(
            progress.text.hasPrefix("s1: ") && progress.text.contains(example.says),
            "\(example.what): \(progress.text)")
        #expect(progress.text.contains("may be retired") == progress.isDone)
    }
}
