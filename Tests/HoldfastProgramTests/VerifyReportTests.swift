// SPDX-License-Identifier: Apache-2.0
// What a verification proves, and what it does not.

import HoldfastModel
import HoldfastNode
import Testing

@testable import holdfast

@Suite("What a verification came to") struct VerifyReportTests {
    private func report(_ change: (inout VerifyReport) -> Void = { _ in }) -> VerifyReport {
        var report = VerifyReport(storages: [.init(name: "s1"), .init(name: "s2")])
        change(&report)
        return report
    }

    @Test("all is well when nothing is missing, and nothing may be missing that nobody knows of")
    func wellness() {
        #expect(report().isWell && report().text.hasSuffix("All is well.\n"))
        let incomplete = report { $0.incomplete = "the catalog is being filled from s1" }
        #expect(!incomplete.isWell)
        #expect(
            incomplete.text.contains("may not all be known: the catalog is being filled from s1"))
        let waiting = report { $0.storages[1].waiting = 5 }
        #expect(!waiting.isWell && waiting.text.hasSuffix("Not all is well.\n"))
        #expect(waiting.text.contains("s2: 5 entries are still on their way to the catalog"))
        for change in [
            { $0.short = 1 }, { $0.storages[0].bad = 1 }, { $0.storages[0].lost = 1 },
            { $0.storages[1].orphaned = 1 }, { $0.storages[1].problem = "away" },
            { $0.away = [.init(name: "s3", node: "3", entries: 1, gone: nil)] },
        ] as [(inout VerifyReport) -> Void] {
            #expect(!report(change).isWell)
        }
        #expect(
            report {
                $0.away = [.init(name: "s3", node: "3", entries: 1, gone: true)]
                $0.storages[0].healed = 1
            }.isWell)
    }

    @Test(
        "only the verification that was ordered counts, and only when it came to its end",
        arguments: [
            (number: 3, state: .reading, isWhole: false),
            (number: 3, state: .done, isWhole: true), (number: 3, state: .failed, isWhole: nil),
            // Another one, or the storage began anew.
            (number: 4, state: .reading, isWhole: nil), (number: 4, state: .done, isWhole: nil),
            (number: 1, state: .done, isWhole: nil), (number: 1, state: .reading, isWhole: nil),
        ] as [(number: Int, state: VerificationAnswer.State, isWhole: Bool?)])
    func whole(number: Int, state: VerificationAnswer.State, isWhole: Bool?) throws {
        var answer = VerificationAnswer()
        (answer.number, answer.state) = (number, state)
        guard let isWhole else {
            #expect(throws: Failure.self) { try answer.isWhole(asOrdered: 3) }
            return
        }
        #expect(try answer.isWhole(asOrdered: 3) == isWhole)
    }

    @Test("what is on its way is a difference, and is waited for")
    func waits() {
        var differences = CopyDifferences()
        #expect(differences.isEmpty)
        let kept = ListedCopy(mail: MailID(1), segment: 1, offset: 1, position: 5)
        _ = differences.take(kept, nil, until: Position(raw: 9), held: Position(raw: 4))
        #expect(!differences.isEmpty && differences.waitingCount == 1)
    }
}
