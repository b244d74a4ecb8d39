// SPDX-License-Identifier: Apache-2.0
// HTML as a person would read it.

/// Takes the tags out of HTML, in one pass over UTF-8.
///
/// Tags inside a word leave the word whole, as a browser shows it; block tags end a line. Styles,
/// scripts and comments are dropped; one that never ends is only a tag.
struct HTMLText {
    private let html: Octets
    private let bytesMax: Int
    private var place = 0
    private(set) var text: [UInt8] = []
    /// Ends that were searched for in vain: no need to search again.
    private var missing: Set<String> = []

    /// The text of `html`, at most about `bytesMax` bytes of it, lines kept.
    static func text(_ html: Octets, bytesMax: Int) -> [UInt8] {
        var reader = HTMLText(html: html, bytesMax: bytesMax)
        reader.read()
        return reader.text
    }

    private init(html: Octets, bytesMax: Int) {
        self.html = html
        self.bytesMax = bytesMax
        text.reserveCapacity(html.count / 2)
    }

    private mutating func read() {
        while place < html.count, text.count < bytesMax {
            switch html[place] {
            case 0x3c: readTag()
            case 0x26: readEntity()
            case let byte:
                if byte.isBlank { appendBlank() } else { text.append(byte) }
                place += 1
            }
        }
    }

    private mutating func appendBlank() {
        if let last = text.last, last != 0x20, last != 0x0a { text.append(0x20) }
    }

    private mutating func appendLine() {
        if text.last == 0x20 { text.removeLast() }
        guard let last = text.last else { return }
        let before = text.count > 1 ? text[text.count - 2] : 0
        if last != 0x0a || before != 0x0a { text.append(0x0a) }
    }

    private mutating func readTag() {
        let rest = html.from(place)
        if rest.hasPrefix("<!--") { return skip(past: "-->") }
        var nameStart = 1
        let isClosing = rest.count > 1 && rest[1] == 0x2f
        if isClosing { nameStart = 2 }
        guard nameStart < rest.count, rest[nameStart].isLetter || rest[1] == 0x21 || rest[1] == 0x3f
        else {
            text.append(0x3c)
            place += 1
            return
        }
        let name = Self.name(rest.from(nameStart))
        skipTag(rest)
        if Self.blocks.contains(where: { name.equals($0) }) { appendLine() }
        if Self.cells.contains(where: { name.equals($0) }) { appendBlank() }
        guard !isClosing else { return }
        if name.equals("style") { skip(past: "</style") }
        if name.equals("script") { skip(past: "</script") }
    }

    private static func name(_ rest: Octets) -> Octets {
        let longest = rest.upTo(12)
        return longest.upTo(longest.firstIndex { !$0.isLetter && !$0.isDigit } ?? longest.count)
    }

    /// Moves behind the `>` of a tag, passing those in quotation marks; a tag is not too long.
    private mutating func skipTag(_ rest: Octets) {
        let tag = rest.upTo(Self.tagBytesMax)
        var quote: UInt8 = 0
        for (offset, byte) in tag.enumerated() {
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == 0x3e {
                place += offset + 1
                return
            } else if byte == 0x22 || byte == 0x27, offset > 0, tag[offset - 1] == 0x3d {
                quote = byte
            }
        }
        // A quotation mark that is never closed: the first `>` will do; without one, all is a tag.
        place += (tag.find(0x3e) ?? tag.count - 1) + 1
    }

    private static let tagBytesMax = 16 << 10

    /// Moves behind `end`, or, if there is none, by one tag.
    private mutating func skip(past end: StaticString) {
        let key = "\(end)"
        if !missing.contains(key), let found = findIgnoringCase(end) {
            place = found + end.utf8CodeUnitCount
            if html.from(place - 1).hasPrefix(">") { return }
            place = (html.find(0x3e, from: place) ?? html.count - 1) + 1
            return
        }
        missing.insert(key)
        guard html.from(place).hasPrefix("<") else { return }
        place = (html.find(0x3e, from: place) ?? html.count - 1) + 1
    }

    private func findIgnoringCase(_ end: StaticString) -> Int? {
        let length = end.utf8CodeUnitCount
        var start = place
        while let found = html.find(end.utf8Start[0], from: start) {
            if html[found..<(found + length)].equals(end) { return found }
            start = found + 1
        }
        return nil
    }

    private static let blocks: [StaticString] = [
        "p", "br", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
        "blockquote", "pre", "title", "dt", "dd", "center", "section", "article", "header",
        "footer",
        "body", "head",
    ]
    private static let cells: [StaticString] = ["td", "th", "option", "button", "img"]
}

extension HTMLText {
    private mutating func readEntity() {
        let rest = html.from(place).upTo(34)
        guard let scalar = Self.entity(rest, &place) else {
            text.append(0x26)
            place += 1
            return
        }
        if scalar == 0xa0 || scalar == 0x20 { return appendBlank() }
        if let scalar = Unicode.Scalar(scalar), scalar.value >= 0x20 { text.append(scalar) }
    }

    /// The scalar of the entity at the beginning of `rest`; its semicolon may be missing.
    private static func entity(_ rest: Octets, _ place: inout Int) -> UInt32? {
        guard rest.count > 2 else { return nil }
        let isNumber = rest[1] == 0x23
        let isHex = isNumber && rest[2].lowercased == .ascii("x")
        let start = isHex ? 3 : isNumber ? 2 : 1
        let body = rest.from(start)
        let isPart: (UInt8) -> Bool =
            isHex ? { $0.hexDigit != nil } : isNumber ? \.isDigit : { $0.isLetter || $0.isDigit }
        let end = body.firstIndex { !isPart($0) } ?? body.count
        let digits = body.upTo(end)
        let hasEnd = end < body.count && body[end] == 0x3b
        guard !digits.isEmpty,
            let scalar = isNumber ? number(digits, isHex ? 16 : 10) : named(digits)
        else { return nil }
        // `&copy=1` in a link is no entity, and most names need their semicolon.
        guard isNumber || hasEnd || scalar < 0x100 else { return nil }
        place += start + end + (hasEnd ? 1 : 0)
        return scalar
    }

    private static func number(_ digits: Octets, _ radix: UInt32) -> UInt32 {
        var value: UInt32 = 0
        for digit in digits {
            value = min(value * radix + UInt32(digit.hexDigit ?? 0), 0x110000)
        }
        // Windows' characters by their bytes, as browsers read them; what is no character shows so.
        if (0x80..<0xa0).contains(value) { return Charset.windows1252[Int(value) - 0x80].value }
        return Unicode.Scalar(value) == nil ? 0xfffd : value
    }

    private static func named(_ name: Octets) -> UInt32? {
        entities[String(decoding: name.buffer, as: UTF8.self)]
    }

    /// Those of HTML 4 that mail uses: Latin-1 in order from U+00A0, then single ones.
    private static let entities: [String: UInt32] = {
        var entities: [String: UInt32] = [:]
        for (offset, name) in latin.split(separator: " ").enumerated() {
            entities[String(name)] = 0xa0 + UInt32(offset)
        }
        for (offset, name) in greek.split(separator: " ").enumerated() where name != "-" {
            entities[name.capitalizedFirst] = 0x391 + UInt32(offset)
            entities[String(name)] = 0x3b1 + UInt32(offset)
        }
        for pair in single.split(separator: " ") {
            let halves = pair.split(separator: "=")
            if halves.count == 2 { entities[String(halves[0])] = UInt32(halves[1], radix: 16) }
        }
        return entities
    }()

    private static let latin = """
        nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg \
        plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest \
        Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute \
        Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc \
        Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute \
        ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide \
        oslash ugrave uacute ucirc uuml yacute thorn yuml
        """
    private static let greek = """
        alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho - \
        sigma tau upsilon phi chi psi omega
        """
    private static let single = """
        amp=26 AMP=26 lt=3c LT=3c gt=3e GT=3e quot=22 QUOT=22 apos=27 OElig=152 oelig=153 \
        Scaron=160 scaron=161 Yuml=178 fnof=192 circ=2c6 tilde=2dc ensp=20 emsp=20 thinsp=20 \
        zwnj=200c zwj=200d ndash=2013 mdash=2014 lsquo=2018 rsquo=2019 sbquo=201a ldquo=201c \
        rdquo=201d bdquo=201e dagger=2020 Dagger=2021 bull=2022 hellip=2026 permil=2030 prime=2032 \
        Prime=2033 lsaquo=2039 rsaquo=203a euro=20ac trade=2122 larr=2190 uarr=2191 rarr=2192 \
        darr=2193 harr=2194 rArr=21d2 minus=2212 infin=221e ne=2260 le=2264 ge=2265 hearts=2665 \
        check=2713 sigmaf=3c2 nbsp=20 colon=3a comma=2c period=2e excl=21 num=23 dollar=24 \
        percnt=25 commat=40 lpar=28 rpar=29 sol=2f NewLine=20 Tab=20 equals=3d quest=3f lowbar=5f \
        hyphen=2010 zwsp=200b ZeroWidthSpace=200b
        """
}

extension Substring {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
