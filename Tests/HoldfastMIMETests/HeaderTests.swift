// SPDX-License-Identifier: Apache-2.0
// Header values: encoded words, raw octets, addresses, dates.

import HoldfastMIME
import HoldfastModel
import Testing

@Suite("Header values")
struct HeaderTests {
    @Test(
        "encoded words are decoded, also broken ones",
        arguments: [
            ("=?utf-8?Q?caf=C3=A9?=", "café"),
            ("=?UTF-8?q?a_b?= c", "a b c"),
            ("=?utf-8?B?w6k=?= =?utf-8?B?w6k=?=", "éé"),
            ("=?utf-8?Q?=E2=82?=\r\n =?utf-8?Q?=AC?=", "€"),
            ("=?utf-8?B?4o?= =?utf-8?B?Ks?=", "€"),
            ("=?iso-8859-1*de?Q?=FC?=", "ü"),
            ("=?gb2312?B?xOO6ww==?=", "你好"),
            ("=?ks_c_5601-1987?B?x9GxuQ==?=", "한국"),
            ("=?shift_jis?B?k/qWew==?=", "日本"),
            ("=?iso-2022-jp?B?GyRCLSEbKEI=?=", "①"),
            ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
            ("=?windows-1251?Q?=CF=F0?=", "Пр"),
            ("=?utf-7?Q?+AOk-?=", "é"),
            ("=?big5?B?pKQ=?=", "中"),
            ("=?no-such-set?Q?caf=E9?=", "café"),
            ("=?no-such-set?Q?caf=C3=A9?=", "café"),
            ("=?utf-8?Q?with spaces in it?=", "with spaces in it"),
            ("=?utf-8?Q?bad=GGpair?=", "bad=GGpair"),
            ("=?utf-8?Q?broken=C3?= x", "broken\u{fffd} x"),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("=?utf-8?Q?never ended", "=?utf-8?Q?never ended"),
            ("a=?utf-8?Q?b?=c", "abc"),
            ("=?us-ascii?Q?a?= =?utf-8?Q?b?=", "ab"),
            ("one\r\n\ttwo", "one two"),
            ("bell\u{7} and nul\u{0} \u{202e}turned", "bell and nul turned"),
        ])
    func encodedWords(written: String, text: String) {
        #expect(summary(header: Array("Subject: \(written)".utf8)).subject == text)
    }

    @Test(
        "raw octets are UTF-8, or the message's charset, or windows-1252",
        arguments: [
            ([0xc3, 0xa9] as [UInt8], "", "é"),
            ([0xe9], "", "é"),
            ([0x93, 0x61, 0x94], "", "“a”"),
            ([0xc1, 0xe2, 0xe8], "\r\nContent-Type: text/plain; charset=windows-1251", "Бви"),
            ([0xc4, 0xe3], "\r\nContent-Type: text/plain; charset=\"gbk\"", "你"),
        ])
    func rawOctets(written: [UInt8], rest: String, text: String) {
        #expect(
            summary(header: Array("Subject: ".utf8) + written + Array(rest.utf8)).subject == text)
    }

    @Test(
        "addresses are read as they come",
        arguments: [
            ("jane@example.com", ["|jane@example.com"]),
            ("Jane Doe <jane@example.com>", ["Jane Doe|jane@example.com"]),
            ("\"Doe, Jane\" <jane@example.com>, b@x", ["Doe, Jane|jane@example.com", "|b@x"]),
            ("\"a \\\"b\\\" c\" <a@x>", ["a \"b\" c|a@x"]),
            ("jane@example.com (Jane (J.) Doe)", ["Jane (J.) Doe|jane@example.com"]),
            ("friends: a@x, B <b@x>;, c@x", ["|a@x", "B|b@x", "|c@x"]),
            ("undisclosed-recipients:;", []),
            ("<@relay.example,@other.example:jane@example.com>", ["|jane@example.com"]),
            ("Jane jane@example.com", ["Jane|jane@example.com"]),
            ("Jane <jane@example.com", ["Jane|jane@example.com"]),
            ("A <a@x, B <b@x>", ["A|a@x", "B|b@x"]),
            ("A <a@x> B <b@x>", ["A|a@x", "B|b@x"]),
            ("a@x; b@x", ["|a@x", "|b@x"]),
            ("\"john doe\"@example.com", ["|\"john doe\"@example.com"]),
            ("<\"john doe\"@example.com>", ["|\"john doe\"@example.com"]),
            ("pete(his account)@silly.test", ["his account|pete@silly.test"]),
            ("P <pete(his)@silly.test(host)>", ["P|pete@silly.test"]),
            ("jdoe@test   . example", ["|jdoe@test.example"]),
            ("=?utf-8?Q?Doe,_J=C3=B6rg?= <j@x>", ["Doe, Jörg|j@x"]),
            ("\"=?utf-8?B?SsO2cmc=?=\" <j@x>", ["Jörg|j@x"]),
            ("=?utf-8?Q?J=C3=B6rg_<j@x>?=", ["Jörg|j@x"]),
            ("Nobody", ["Nobody|"]),
            ("<>", []),
            ("<MAILER-DAEMON>", ["|MAILER-DAEMON"]),
            ("\"never closed <a@x>", ["never closed|a@x"]),
            ("(never closed <a@x>", ["(never closed|a@x"]),
            (",,,", []),
            ("", []),
        ])
    func addresses(written: String, addresses: [String]) {
        let found = summary(header: Array("From: \(written)".utf8)).from
        #expect(found.map { "\($0.name)|\($0.address)" } == addresses)
    }

    @Test(
        "dates are read in many forms",
        arguments: [
            ("Mon, 23 Nov 2026 05:24:15 +0100", "2026-11-23T04:24:15Z"),
            ("23 Nov 2026 05:24 -0330", "2026-11-23T08:54:00Z"),
            ("Mon,23 nov 2026 05:24:15 GMT (comment (nested))", "2026-11-23T05:24:15Z"),
            ("Mon, 23 NOV 26 05:24:15 EST", "2026-11-23T10:24:15Z"),
            ("23 Nov 98 05:24:15 Z", "1998-11-23T05:24:15Z"),
            ("23 Nov 126 05:24:15 UT", "2026-11-23T05:24:15Z"),
            ("Thu, 22 Aug 0102 12:07:35 +0800", "2002-08-22T04:07:35Z"),
            ("Mon Nov 23 05:24:15 2026", "2026-11-23T05:24:15Z"),
            ("Mon Nov 23 05:24:15 PST 2026", "2026-11-23T13:24:15Z"),
            ("2026-11-23 05:24:15 +0000", "2026-11-23T05:24:15Z"),
            ("2026-11-23T05:24:15Z", "2026-11-23T05:24:15Z"),
            ("23-Nov-2026 05:24:15.250 +00:00", "2026-11-23T05:24:15Z"),
            ("Wed 29 May 2019 06:09:22 PM EDT", "2019-05-29T22:09:22Z"),
            ("Mon, 23 Nov 2026 23:59:60 +0000", "2026-11-24T00:00:00Z"),
            ("Mon, 21 Aug 95 13:30:57 -600", "1995-08-21T19:30:57Z"),
            ("Mon, 23 Nov 2026 05:24:15 (EDT) -0400", "2026-11-23T09:24:15Z"),
            ("30 Feb 2026 05:24:15 +0000", nil),
            ("Mon, 23 Nov 99999 05:24:15 +0000", nil),
            ("yesterday", nil),
            ("", nil),
        ])
    func dates(written: String, date: String?) {
        #expect(summary(header: Array("Date: \(written)".utf8)).date?.iso8601 == date)
    }

    @Test(
        "a message id is what stands between the brackets",
        arguments: [
            ("<a@x>", "a@x"), ("  a@x ", "a@x"), ("<a@x", "a@x"), ("\r\n <a@x> (c)", "a@x"),
            ("", ""),
        ])
    func messageID(written: String, id: String) {
        #expect(summary(header: Array("Message-Id: \(written)".utf8)).messageID == id)
    }

    @Test("only the first subject counts, and all senders")
    func repeated() {
        let found = summary("Subject: one\nSubject: two\nFrom: a@x\nFrom: b@x\n\n")
        #expect(found.subject == "one")
        #expect(found.from.map(\.address) == ["a@x", "b@x"])
    }

    @Test(
        "verdicts are kept, other headers are not",
        arguments: [
            ("X-Spam-Flag: YES", true), ("X-Spamd-Result: default", true),
            ("X-Rspamd-Action: reject", true),
            ("X-Virus-Status: Clean", true), ("X-Amavis-Alert: INFECTED", true),
            ("X-Quarantine-ID: <a>", true),
            ("Received-SPF: pass", true), ("X-Mailer: z", false), ("Received: from x", false),
        ])
    func verdicts(header: String, isKept: Bool) {
        #expect(summary(header: Array(header.utf8)).verdicts == (isKept ? [header] : []))
    }
}
