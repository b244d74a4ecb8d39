// SPDX-License-Identifier: Apache-2.0
// The one normalisation: what a search treats as equal.

import HoldfastChance
import HoldfastMIME
import Testing

@Suite("Search text")
struct SearchTextTests {
    @Test(
        "words are folded and separated",
        arguments: [
            ("Hello, World!", "hello world"),
            ("  ", ""),
            ("", ""),
            ("jane.doe@Acme.COM", "jane doe acme com"),
            ("Isenböck", "isenbock"),
            ("Isenbo\u{308}ck", "isenbock"),
            ("STRASSE straße STRAẞE", "strasse strasse strasse"),
            ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
            ("İstanbul ıstanbul", "istanbul istanbul"),
            ("Søren Łódź Ærø Đặng", "soren lodz aero dang"),
            ("ﬁnde ＡＢＣ１２３", "finde abc123"),
            ("𝓥𝓲𝓪𝓰𝓻𝓪 Ⓥⓘⓐⓖⓡⓐ 🅥🅘🅐🅖🅡🅐", "viagra viagra viagra"),
            ("Vi\u{200b}a\u{ad}gra", "viagra"),
            ("Microsoft™ m²", "microsoft m2"),
            ("Съешь ЁЖ", "съешь еж"),
            ("שָׁלוֹם مُحَمَّد", "שלום محمد"),
            ("สวัสดี नमस्ते", "สวัสดี नमस्ते"),
            ("don’t don't", "don t don t"),
            ("a_b-c/d", "a b c d"),
            ("½ ℀ …", "1 2 a c"),
            ("😀ok😀", "ok"),
        ])
    func folds(text: String, words: String) {
        #expect(SearchText.words(text) == words)
    }

    @Test(
        "scripts without blanks become overlapping pairs",
        arguments: [
            ("日本語", "日本 本語 語"),
            ("日", "日"),
            ("日本", "日本 本"),
            ("abc日本語def", "abc 日本 本語 語 def"),
            ("日 本", "日 本"),
            ("日本\r\n語", "日本 本語 語"),
            ("が か\u{3099} ｶﾞ パーティー", "が が ガ パー ーテ ティ ィー ー"),
            ("ｶﾞｷﾞ", "ガギ ギ"),
            ("한국어", "한국 국어 어"),
            ("\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}", "한국 국"),
            ("㍿", "株式 式会 会社 社"),
            ("\u{f900}", "豈"),
            ("𠀀𠀁", "𠀀𠀁 𠀁"),
        ])
    func pairs(text: String, words: String) {
        #expect(SearchText.words(text) == words)
    }

    @Test(
        "what is looked for may go on: the end of a run is the beginning of a pair",
        arguments: [
            ("日本語", "日本 本語", false), ("日本", "日本", false), ("日", "日", true),
            ("日 日本", "日 日本", false), ("日本 本", "日本 本 本", true),
            ("日本a", "日本 本 a", false), ("a日", "a 日", true), ("word", "word", false),
            ("本本", "本本", false), ("", "", false), ("か\u{3099}", "が", true),
        ])
    func phrases(text: String, words: String, isBeginning: Bool) {
        let phrase = SearchText.phrase(text)
        #expect(phrase.terms.joined(separator: " ") == words)
        #expect(phrase.isBeginning == isBeginning)
    }

    @Test("a word is cut between characters, and its rest is no word")
    func cuts() {
        #expect(SearchText.words(String(repeating: "a", count: 100) + " b").utf8.count == 66)
        let cut = SearchText.words(String(repeating: "я", count: 40) + "xyz b")
        #expect(cut == String(repeating: "я", count: 32) + " b")
        let odd = SearchText.words("a" + String(repeating: "я", count: 40) + "b")
        #expect(odd == "a" + String(repeating: "я", count: 31))
    }

    @Test("long and short runs of ASCII give the same words")
    func pathsAgree() {
        let text = "The quick, brown fox -- jumps over 13 lazy dogs; x@y.example <z>\r\n\r\n  End."
        let whole = SearchText.words(String(repeating: text, count: 200))
        let single = text.split(separator: " ").map { SearchText.words(String($0)) }
        let words = single.filter { !$0.isEmpty }.joined(separator: " ")
        let expected = Array(repeating: words, count: 200).joined(separator: " ")
        #expect(whole == expected)
    }

    @Test("the hot path gives the words that a plain one gives", arguments: 1...300)
    func hotPath(round: UInt64) {
        var random = SplitMix64(seed: round)
        let alphabet = Array("aZ09 .,\r\n@{`[/:".utf8)
        // Few kinds of byte make long words, all kinds make short ones.
        let kinds = Int.random(in: 1...alphabet.count, using: &random)
        let length = Int.random(in: 0...5000, using: &random)
        let text = (0..<length).map { _ in alphabet[Int.random(in: 0..<kinds, using: &random)] }
        let plain = String(decoding: text, as: UTF8.self).lowercased().utf8
            .split { !(0x30...0x39).contains($0) && !(0x61...0x7a).contains($0) }
            .map { String(decoding: $0.prefix(64), as: UTF8.self) }
        #expect(SearchText.terms(String(decoding: text, as: UTF8.self)) == plain)
    }

    @Test("the limit leaves whole words only", arguments: 0...30)
    func limit(bytesMax: Int) {
        let all = "one zwei drei 日本語 fünf"
        var bytes: [UInt8] = []
        SearchText.append(all, to: &bytes, bytesMax: bytesMax)
        #expect(bytes.count <= bytesMax)
        let words = SearchText.terms(all)
        let kept = String(decoding: bytes, as: UTF8.self).split(separator: " ").map(String.init)
        #expect(kept == Array(words.prefix(kept.count)))
    }

    @Test("appended words do not touch")
    func appends() {
        var bytes: [UInt8] = []
        for text in ["One", "", "Two three", "!"] {
            SearchText.append(text, to: &bytes, bytesMax: 100)
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "one two three")
    }

    @Test("broken UTF-8 separates and is never written")
    func broken() {
        let octets: [UInt8] = [
            0x61, 0xff, 0x62, 0xc3, 0x20, 0xe2, 0x82, 0x63, 0xed, 0xa0, 0x80, 0xf4, 0xbf,
        ]
        var bytes: [UInt8] = []
        octets.withUnsafeBytes { SearchText.append(utf8: $0, to: &bytes, bytesMax: 100) }
        #expect(String(decoding: bytes, as: UTF8.self) == "a b c")
    }

    @Test("every scalar of Unicode gives what the index can read, and gives it again")
    func everyScalar() {
        var wrong: [UInt32] = []
        for value in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let words = SearchText.words(String(Character(scalar)))
            let isClean = words.utf8.allSatisfy { byte in
                byte >= 0x80 || byte == 0x20 || (0x30...0x39).contains(byte)
                    || (0x61...0x7a).contains(byte)
            }
            // Pairs of ideographs would be taken apart once more.
            let isPaired = words.utf8.contains(0x20) && words.utf8.contains { $0 >= 0x80 }
            if !isClean || (!isPaired && SearchText.words(words) != words) { wrong.append(value) }
        }
        #expect(wrong.prefix(20) == [])
    }
}
