// SPDX-License-Identifier: Apache-2.0
// What scanners wrote, in the forms in which they write it.

import HoldfastMIME
import Testing

@Suite("What scanners found")
struct JudgementTests {
    @Test(
        "reasons and scores are read from what scanners write",
        arguments: [
            (["X-Spam-Status: Yes, score=7.9 required=5.0 tests=A,B"], "spam", 7900),
            (["X-Spam-Status: No, hits=-2.3 required=5"], "", -2300),
            (["X-Spam-Status: Yes, score=12.345 tag=-999 kill=6.9"], "spam", 12_345),
            (["X-Spam-Flag: YES", "X-Spam-Score: 6"], "spam", 6000),
            (["X-Spam_score: 5.2"], "", 5200),
            (["X-Spam: Yes", "X-Rspamd-Score: 12.314971"], "spam", 12_314),
            (["X-Spamd-Result: default: False [4.50 / 15.00]; BAYES(1)[0]"], "", 4500),
            (["X-Spamd-Result: default: True [15.10 / 15.00];"], "spam", 15_100),
            (["X-Rspamd-Action: add header"], "spam", nil),
            (["X-Rspamd-Action: no action"], "", nil),
            (["X-Amavis-Alert: INFECTED, message contains virus: Eicar"], "virus", nil),
            (["X-Amavis-Alert: BANNED, message contains .exe"], "banned", nil),
            (["X-Amavis-Alert: BAD HEADER SECTION, Non-encoded"], "badheader", nil),
            (["X-Virus-Status: Infected (Eicar)"], "virus", nil),
            (["X-Virus-Status: Clean", "X-Virus-Scanned: amavis"], "", nil),
            (["X-Virus: Eicar-Test"], "virus", nil),
            (["X-Spam-Score: 1", "X-Spam-Score: 99"], "", 1000),
            (["X-Amavis-Alert: BANNED", "X-Spam-Flag: yes"], "spam banned", nil),
            (["X-Spam-Status: Yes, score=nan", "X-Spam-Score: 123456789012"], "spam", nil),
            (["Authentication-Results: mx; spf=pass", "no colon", ""], "", nil),
        ] as [([String], String, Int64?)])
    func reads(verdicts: [String], reasons: String, score: Int64?) {
        let judgement = Judgement(of: verdicts)
        #expect(judgement.reasons.map(\.rawValue).joined(separator: " ") == reasons)
        #expect(judgement.score == score)
    }

    @Test(
        "a score is a decimal number",
        arguments: [
            ("5", 5000), ("-1.25", -1250), ("+7.", 7000), (".5", 500), ("0.0009", 0),
            ("-0.5", -500), ("", nil), (".", nil), ("-", nil), ("1.2.3", nil), ("a", nil),
            ("1e3", nil), ("9999999999", nil), ("٣", nil),
        ] as [(String, Int64?)])
    func thousandths(text: String, expected: Int64?) {
        #expect(Judgement.thousandths(text) == expected)
    }
}
