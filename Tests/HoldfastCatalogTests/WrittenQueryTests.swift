// SPDX-License-Identifier: Apache-2.0
// Queries as people write them, against a reader of all mails.

import HoldfastCatalog
import HoldfastChance
import HoldfastModel
import Testing

@Suite("Written queries")
struct WrittenQueryTests {
    @Test(
        "what is written in any of the language's ways finds what was meant",
        arguments: Engine.allCases, Seeds.toTry())
    func findsWhatWasMeant(engine: Engine, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        try engine.withCatalog { catalog in
            let world = try World(catalog, &random, count: 100)
            var written = 0
            for _ in 0..<600 {
                let condition = random.condition(world.mails.map(\.sample))
                guard let text = random.text(condition), text.utf8.count < 600 else { continue }
                written += 1
                let query = try Query(parsing: text, now: now)
                let expected = Set(world.expected(condition))
                #expect(Set(world.expected(query.condition)) == expected, "seed \(seed): \(text)")
                let found = try catalog.search(query, limit: 1000, offset: 0, today: today)
                #expect(Set(found.map(\.id)) == expected, "seed \(seed): \(text)")
            }
            #expect(written > 100)
        }
    }

    @Test("values never become SQL, whatever stands in them", arguments: Engine.allCases)
    func explainsWithoutValues(engine: Engine) throws {
        try engine.withCatalog { catalog in
            var shipper = Shipper(1)
            try catalog.merge([shipper.ship(Sample(1))], from: shipper)
            let evil = "zq'\"); DROP TABLE qt_files; --"
            let conditions: [Condition] = [
                .words(Words([evil])), .words(Words([evil], in: .subject, prefix: true)),
                .attachmentType([evil]), .domain(Domain([evil], in: .people)), .messageID(evil),
                .kept(KeptAt(node: evil, segment: 7)), .kept(KeptAt(node: evil)),
            ]
            for condition in conditions {
                for whole in [condition, .not(condition), .any([condition, .short])] {
                    let query = Query(text: evil, condition: whole)
                    for key in SearchOrder.Key.allCases {
                        let plan = try catalog.explain(query, SearchOrder(key), today: today)
                        #expect(!plan.statements.isEmpty)
                        #expect(!plan.statements.contains { $0.sql.contains("zq") }, "\(whole)")
                    }
                    #expect(try catalog.count(query, today: today) <= 1)
                }
            }
            #expect(try catalog.counted("") == 1)
        }
    }

    @Test("an explanation shows the tree, the SQL and the index", arguments: Engine.allCases)
    func explains(engine: Engine) throws {
        try engine.withCatalog { catalog in
            var shipper = Shipper(1)
            try catalog.merge([shipper.ship(Sample(1))], from: shipper)
            func explained(_ text: String, _ key: SearchOrder.Key = .received) throws -> Explanation
            {
                try catalog.explain(
                    Query(parsing: text, now: now), SearchOrder(key), today: today)
            }
            let both = try explained("from:amy -(invoice OR size:>10K)")
            #expect(
                both.tree == [
                    "all of", "  word 'amy' in From", "  not", "    any of",
                    "      word 'invoice' anywhere", "      octets from 10001",
                ])
            #expect(both.index.contains("full text"))
            #expect(both.statements.allSatisfy { $0.sql.hasPrefix("SELECT") && !$0.plan.isEmpty })
            #expect(try explained("size:>1").index.contains("No index"))
            #expect(try explained("").index.contains("in their order"))
            #expect(try explained("id:0000").index.contains("mail ids"))
            #expect(try explained("is:short").index.contains("short"))
            #expect(try explained("subject", .size).index.contains("sort them by size"))
            #expect(try explained("received:>2030 received:<2020").statements.isEmpty)
            let leaves = try explained(
                """
                score:>=-1.5 expires:..2027-01-01 node:n segment:3 from:@a.bc* type:a/b is:held
                is:released is:short reason:spam has:attachment date:2026 copies:1 "a b" sha256:12345678
                """)
            #expect(leaves.tree.contains("  score from -1.500"))
            #expect(leaves.tree.contains("  keep-until day to 2027-01-01"))
            #expect(leaves.tree.contains("  address at exactly 'a.bc*' in From"))
        }
    }
}
