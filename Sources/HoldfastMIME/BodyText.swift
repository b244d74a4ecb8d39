// SPDX-License-Identifier: Apache-2.0
// A text part's octets as UTF-8.

enum BodyText {
    /// Lends the decoded text of a part to `body`: still HTML if it was HTML.
    ///
    /// Plain UTF-8, which most mail is, is not copied. `budget` is what may yet be decoded.
    static func with<Result>(_ part: Part, budget: inout Int, _ body: (Octets) -> Result) -> Result
    {
        let written = part.body.upTo(budget)
        budget -= written.count
        if case .identity = part.encoding { return inCharset(written, part, body) }
        var decoded: [UInt8] = []
        part.encoding.decode(written, into: &decoded)
        return decoded.withOctets { inCharset($0, part, body) }
    }

    private static func inCharset<Result>(
        _ octets: Octets, _ part: Part, _ body: (Octets) -> Result
    ) -> Result {
        var charset = part.charset
        if charset == nil, part.type.kind == .html { charset = declared(in: octets) }
        if isUTF8Already(octets, charset) { return body(octets) }
        var text: [UInt8] = []
        Charset.decode(octets, as: charset, into: &text)
        return text.withOctets(body)
    }

    private static func isUTF8Already(_ octets: Octets, _ charset: Charset?) -> Bool {
        switch charset {
        case .iconv, .iso2022JP: false
        case .utf8, .latin, nil: octets.isASCII || octets.isUTF8
        }
    }

    /// What a page says of itself: `<meta charset=…>`.
    private static func declared(in html: Octets) -> Charset? {
        let head = html.upTo(2000)
        guard let mark = head.find("charset=") else { return nil }
        let rest = head.from(mark + 8)
        let start = rest.first == 0x22 || rest.first == 0x27 ? 1 : 0
        let label = rest.from(start).upTo(40)
        return Charset(label: label.upTo(label.firstIndex { !isLabelPart($0) } ?? label.count))
    }

    private static func isLabelPart(_ byte: UInt8) -> Bool {
        byte.isLetter || byte.isDigit || byte == 0x2d || byte == 0x5f
    }
}
