// SPDX-License-Identifier: Apache-2.0
// Bodies: transfer encodings, charsets, HTML.

import HoldfastMIME
import Testing

@Suite("Bodies")
struct BodyTests {
    private func text(_ header: String, _ body: [UInt8]) -> String {
        MessageReader.readable(of: Array("\(header)\r\n\r\n".utf8) + body).text
    }

    @Test(
        "transfer encodings are undone, garbage passed over",
        arguments: [
            ("base64", "SGVsbG8=", "Hello"),
            ("BASE64", "SGVs\r\nbG8", "Hello"),
            ("base64", "S*G V!s-b_G8=", "Hel\u{fffd}\u{fffd}|"),
            ("base64", "SGk=SGk=", "HiHi"),
            ("base64", "=", ""),
            ("quoted-printable", "caf=C3=A9 =\r\nend=", "café end"),
            ("quoted-printable", "a=ZZb=3", "a=ZZb=3"),
            ("quoted-printable", "soft=  \r\nbreak", "softbreak"),
            ("x-uuencode", "begin 644 a\r\n#0V%T\r\n`\r\nend", "Cat"),
            ("8bit", "café", "café"),
            ("nonsense", "as it is", "as it is"),
        ])
    func encodings(encoding: String, body: String, expected: String) {
        let found = text("Content-Transfer-Encoding: \(encoding)", Array(body.utf8))
        if expected.hasSuffix("|") {
            #expect(found.hasPrefix("Hel"))
        } else {
            #expect(found == expected)
        }
    }

    @Test(
        "charsets are decoded, and nothing after a broken byte is lost",
        arguments: [
            ("utf-8", [0x61, 0xff, 0x62] as [UInt8], "a\u{fffd}b"),
            ("iso-8859-1", [0x80, 0xfc], "€ü"),
            ("us-ascii", [0xfc], "ü"),
            ("iso-8859-15", [0xa4], "€"),
            ("iso-8859-2", [0xb1], "ą"),
            ("gb2312", [0xc4, 0xe3, 0xff, 0x61], "你\u{fffd}a"),
            ("euc-kr", [0xc7, 0xd1], "한"),
            ("Shift_JIS", [0x87, 0x40, 0xb6], "①ｶ"),
            ("utf-16le", [0x61, 0, 0xac, 0x20], "a€"),
            ("\"utf8\"", [0xc3, 0xa9], "é"),
            ("x-unknown", [0xc3, 0xa9], "é"),
            ("x-unknown", [0xe9], "é"),
            ("../../etc/passwd//TRANSLIT", [0x61], "a"),
        ])
    func charsets(label: String, body: [UInt8], expected: String) {
        #expect(text("Content-Type: text/plain; charset=\(label)", body) == expected)
    }

    @Test(
        "HTML is read as a browser shows it",
        arguments: [
            ("V<b>ia</b>gra", "Viagra"),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("<td>a</td><td>b</td>", "a b"),
            ("a &lt;b&gt; &amp;&nbsp;&quot;c&quot; &#8364;&#x20AC;&#128;", "a <b> & \"c\" €€€"),
            ("AT&T &unknown; &copy 2026", "AT&T &unknown; © 2026"),
            ("&#0;&#55296;&#99999999;x", "\u{fffd}\u{fffd}x"),
            ("a<!-- <b> hidden --> b", "a b"),
            ("a<!-- never ended> b", "a b"),
            ("<style>x{}</STYLE>a<script>1 < 2</script>b", "ab"),
            ("<style>never ended", "never ended"),
            ("<a title=\"1 > 0\" href='x'>link</a>", "link"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("<a title=\"never>rest", "rest"),
            ("<", "<"),
            ("a\n\n  b", "a b"),
        ])
    func html(body: String, expected: String) {
        #expect(text("Content-Type: text/html; charset=utf-8", Array(body.utf8)) == expected)
    }

    @Test("a page may name its own charset")
    func metaCharset() {
        let page = Array("<meta charset=\"windows-1251\"><p>".utf8) + [0xcf, 0xf0]
        #expect(text("Content-Type: text/html", page) == "Пр")
    }
}
