// SPDX-License-Identifier: Apache-2.0
// Mails of which only a part was read.

import HoldfastCatalog
import HoldfastChance
import HoldfastModel
import Testing

@Suite("Mails read in part")
struct MailViewTests {
    @Test(
        "what is said of a mail read in part is so when all of it is read", arguments: Seeds.toTry()
    )
    func partsAgree(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let mails = (0..<60).map { Matchable(sample: random.mail($0)) }
        var (said, silent) = (0, 0)
        for _ in 0..<600 {
            let condition = random.condition(mails.map(\.sample))
            let mail = mails[random.below(mails.count)]
            #expect(mail.whole.matches(condition) != nil)
            for part in [mail.fromLedger, mail.withoutWords] {
                guard let answer = part.matches(condition) else {
                    silent += 1
                    continue
                }
                said += 1
                #expect(answer == mail.whole.matches(condition), "seed \(seed): \(condition)")
            }
        }
        #expect(said > 100 && silent > 100)
    }

    @Test("what only a catalog knows is named")
    func needsCatalog() throws {
        func needed(_ text: String) throws -> [String] {
            try Query(parsing: text, now: now, offset: 0).condition.needingCatalog
        }
        #expect(try needed("from:amy subject:x after:2026-01-01 size>10K") == [])
        #expect(try needed("a OR (b -is:released) copies:2") == ["is:released", "copies:"])
        #expect(try needed("node:a segment:1 expires:<3d") == ["node:", "segment:", "expires:"])
    }

    @Test("the days of receipt are read out of a query, and never narrowed too far")
    func bounds() throws {
        let query = try Query(
            parsing: "x received:2026-01-02..2026-01-05 after:2026-01-03", now: now, offset: 0)
        let bounds = query.condition.receivedBounds
        #expect(bounds.from?.iso8601.hasPrefix("2026-01-03") == true, "\(bounds)")
        #expect(bounds.until?.iso8601.hasPrefix("2026-01-06") == true, "\(bounds)")
        let either = try Query(parsing: "after:2026-01-03 OR x", now: now, offset: 0)
        #expect(either.condition.receivedBounds == TimeRange())
    }
}
