// SPDX-License-Identifier: Apache-2.0
// Mail in every language: from the octets of a message to what finds it.

import Foundation
import HoldfastCatalog
import HoldfastChance
import HoldfastMIME
import HoldfastModel
import Testing

/// A text in some charset, as base64.
private struct Written {
    let charset: String
    let text: String
    let finds: [String]

    init(_ charset: String, _ text: String, finds: [String]) {
        (self.charset, self.text, self.finds) = (charset, text, finds)
    }

    var message: [UInt8] {
        Array(
            """
            From: someone@example.com\r
            Content-Type: text/plain; charset=\(charset)\r
            Content-Transfer-Encoding: base64\r
            \r
            \(text)\r

            """.utf8)
    }
}

private let writings = [
    Written(#"gb2312"#, "sbG+qbTz0ae3osax", finds: ["北京", "大学", "票"]),
    Written(#"GBK"#, "1uzpRrv5z8jJ+g==", finds: ["镕基"]),
    Written(#"gb18030"#, "gTnuOc7Elfg=", finds: ["文書"]),
    Written(#"Big5"#, "pXjGV7Vvsrw=", finds: ["發票", "灣"]),
    Written(#"ISO-2022-JP"#, "GyRCRnxLXDhsJE5AQTVhPXEbKEI=", finds: ["請求書", "日本"]),
    Written(#"Shift_JIS"#, "lFuVaY+RgsaDSoNeg0qDaQ==", finds: ["カタカナ", "納品"]),
    Written(#"euc-jp"#, "uKvA0b3x", finds: ["見積"]),
    Written(#"EUC-KR"#, "x9Gxub7uILy8sd2w6LvqvK0=", finds: ["세금", "계산서"]),
    Written(#"KOI8-R"#, "896j1CDGwcvU1dLB", finds: ["счет", "ФАКТУРА"]),
    Written(#"windows-1250"#, "o/Nknw==", finds: ["lodz"]),
    Written(#"windows-1251"#, "x+Dq4Oc=", finds: ["заказ"]),
    Written(#"Windows-1252"#, "SXNlbmL2Y2s=", finds: ["isenbock", "ISENBÖCK"]),
    Written(#"windows-1253"#, "1Ons7+v84+nv", finds: ["τιμολογιο"]),
    Written(#"windows-1254"#, "SfBk/XI=", finds: ["igdir"]),
    Written(#"windows-1255"#, "5/nh5fDp+g==", finds: ["חשבונית"]),
    Written(#"windows-1256"#, "3cfK5tHJ", finds: ["فاتورة"]),
    Written(#"windows-1257"#, "c+Bza2FpdGE=", finds: ["saskaita"]),
    Written(#"windows-1258"#, "aG/h", finds: ["hoa"]),
    Written(#""utf8""#, "Q3LDqG1lIGJyw7tsw6ll", finds: ["creme"]),
    Written(#"x-unknown"#, "bmHDr3ZldMOp", finds: ["naivete"]),
    Written(#"ISO_8859-1"#, "xnL4", finds: ["aero"]),
    Written(#"cp-1252"#, "nHV2cmU=", finds: ["oeuvre"]),
    Written(#"'gb2312'"#, "t6K79bWl", finds: ["发货"]),
    Written(#"default"#, "WvxyaWNo", finds: ["zurich"]),
]

@Test(
    "mail is found in every charset that it comes in, also when its label is broken",
    arguments: Engine.allCases)
func findsEveryCharset(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        for (number, written) in writings.enumerated() {
            let sample = Sample(number) {
                $0.words = MessageReader.words(of: written.message)
                $0.summary.subject = ""
            }
            try catalog.merge([shipper.ship(sample)], from: shipper)
        }
        for (number, written) in writings.enumerated() {
            for text in written.finds {
                let found = try catalog.found("body:\(text)")
                #expect(found.contains(id(number)), "\(written.charset): \(text)")
            }
        }
    }
}

@Test(
    "any piece of a Chinese, Japanese or Korean text finds it, one character too",
    arguments: Engine.allCases, Seeds.toTry())
func findsEveryPiece(engine: Engine, seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let characters = Array("京都大学北한국어のカ")
    let texts = (0..<60).map { _ in
        String((0..<1 + random.below(7)).map { _ in random.one(of: characters) })
    }
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        for (number, text) in texts.enumerated() {
            let sample = Sample(number) {
                $0.summary.subject = "a \(text) b"
                $0.words = SearchText.words(text)
            }
            try catalog.merge([shipper.ship(sample)], from: shipper)
        }
        for _ in 0..<150 {
            let text = Array(random.one(of: texts))
            let start = random.below(text.count)
            let piece = String(text[start...].prefix(1 + random.below(4)))
            let expected = texts.indices.filter { texts[$0].contains(piece) }.map(id)
            #expect(Set(try catalog.found(piece)) == Set(expected), "seed \(seed): \(piece)")
            let quoted = "subject:\"a \(piece)\""
            let atStart = texts.indices.filter { texts[$0].hasPrefix(piece) }.map(id)
            #expect(Set(try catalog.found(quoted)) == Set(atStart), "seed \(seed): \(quoted)")
        }
    }
}

@Test("case, accents and forms of letters are one", arguments: Engine.allCases)
func folds(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let sample = Sample(1) { $0.summary.subject = "Straße ＦＵＬＬ Ångström ﬁle isenböck Łódź" }
        try catalog.merge([shipper.ship(sample)], from: shipper)
        for text in [
            "strasse", "STRASSE", "full", "angstrom", "ÅNGSTRÖM", "file", "isenbock", "isenböck",
            "isenbo\u{308}ck", "lodz", "ange*  OR ang*",
        ] {
            #expect(try catalog.found(text) == [sample.id], "\(text)")
        }
    }
}

@Test(
    "parts of an address find it, and a domain behind @ is that one only",
    arguments: Engine.allCases)
func findsAddresses(engine: Engine) throws {
    try engine.withCatalog { catalog in
        var shipper = Shipper(1)
        let addresses = [
            "smith@acme.com", "smith@mail.acme.com", "acme.com@example.net", "jo.smith@acme.com.br",
            "smith@büro.example", "jo@例え.テスト",
        ]
        for (number, address) in addresses.enumerated() {
            let sample = Sample(number) {
                $0.received = now.advanced(bySeconds: -Int64(number))
                $0.summary.from = [Address(name: number == 2 ? "Smith, Jo" : "", address: address)]
                $0.envelope = Envelope(
                    sender: "b@acme.com", recipients: ["c@acme.com", "d@other.com"])
            }
            try catalog.merge([shipper.ship(sample)], from: shipper)
        }
        let expected: [(String, [Int])] = [
            ("from:smith", [0, 1, 2, 3, 4]), ("from:acme.com", [0, 1, 2, 3]),
            ("from:@acme.com", [0]), ("from:@mail.acme.com", [1]), ("from:@ACME.com", [0]),
            ("from:@acme.com*", [0, 3]), ("from:@buro.example", [4]), ("from:@com", []),
            ("from:@例え.テスト", [5]), ("from:@例え", []), ("from:@例え*", [5]), ("from:テスト", [5]),
            ("from:smith@acme.com", [0, 3]), ("-from:@acme.com from:acme.com", [1, 2, 3]),
            ("from:(@acme.com OR @example.net)", [0, 2]),
            ("mailfrom:@acme.com", [0, 1, 2, 3, 4, 5]),
            ("rcpt:@other.com -with:@acme.com", []), ("with:@example.net", [2]),
            ("in:@other.com from:@acme.com", [0]), ("rcpt:@acm*", [0, 1, 2, 3, 4, 5]),
        ]
        for (text, numbers) in expected {
            #expect(try catalog.found(text) == numbers.map(id), "\(text)")
        }
    }
}
