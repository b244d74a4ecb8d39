// SPDX-License-Identifier: Apache-2.0
// Charset labels, as mail has them.

/// A charset that can be decoded.
///
/// Only what is listed here reaches iconv: a label is a stranger's word, and some of iconv's rarer
/// converters have been holes.
enum Charset: Hashable, Sendable {
    case utf8
    /// Windows-1252, which is what ASCII and Latin-1 mean when they hold more than they may.
    case latin
    /// ISO-2022-JP, in which mailers write more than the C library knows.
    case iso2022JP
    /// One of iconv's, by its name there.
    case iconv(String)

    /// Nil for a label that is not known.
    init?(label: Octets) {
        // RFC 2231 adds `*language`; a slash would be an option of iconv's.
        let end = label.firstIndex { $0 == 0x2a || $0 == 0x2f } ?? label.count
        let trimmed = label.upTo(end).trimmed
        guard trimmed.count <= 40 else { return nil }
        if trimmed.equals("utf-8") { self = .utf8; return }
        let key = trimmed.filter { $0.isLetter || $0.isDigit }.map(\.lowercased)
        guard let known = Self.known[String(decoding: key, as: UTF8.self)] else { return nil }
        self = known
    }

    /// By label in lower case, with letters and digits only.
    private static let known: [String: Charset] = {
        var known: [String: Charset] = [:]
        for name in ["utf8", "unicode11utf8", "utf8mb4", "cp65001", "xutf8"] { known[name] = .utf8 }
        for name in ["", "1", "2", "3", "ms"] { known["iso2022jp\(name)"] = .iso2022JP }
        for name in ["csiso2022jp", "cp50220", "cp50221"] { known[name] = .iso2022JP }
        for name in latinNames.split(separator: " ") { known[String(name)] = .latin }
        for line in iconvNames.split(separator: "\n") {
            let names = line.split(separator: " ")
            for name in names.dropFirst() { known[String(name)] = .iconv(String(names[0])) }
        }
        return known
    }()

    private static let latinNames = """
        usascii ascii ansix341968 ansix34 iso646us us 646 iso88591 iso8859 88591 latin1 latin l1 \
        cp819 ibm819 windows1252 cp1252 win1252 ansi xansi 1252 default unknown unknown8bit 8bit \
        7bit xunknown binary xuserdefined none
        """

    /// iconv's name, then the labels that mean it.
    private static let iconvNames = """
        GB18030 gb2312 eucgb2312cn gb18030 euccn gb23121980 csgb2312 chinese xgb2312 gb
        GBK gbk xgbk cp936 ms936 windows936
        BIG5-HKSCS big5 big5hkscs cnbig5 csbig5 xxbig5 cp950 big5hk big5eten
        EUC-TW euctw
        HZ hzgb2312
        ISO-2022-CN iso2022cn
        CP932 shiftjis sjis xsjis csshiftjis mskanji cp932 windows31j ms932
        EUC-JP-MS eucjp xeucjp eucjpms ujis
        CP949 ksc56011987 euckr ksc5601 cp949 uhc windows949 ksc56011989 korean ms949 xwindows949
        ISO-2022-KR iso2022kr
        JOHAB johab
        KOI8-R koi8r koi8 cskoi8r
        KOI8-U koi8u koi8ru
        WINDOWS-1250 windows1250 cp1250 win1250 1250
        WINDOWS-1251 windows1251 cp1251 win1251 win 1251
        WINDOWS-1253 windows1253 cp1253 1253
        WINDOWS-1254 windows1254 cp1254 iso88599 latin5 1254
        WINDOWS-1255 windows1255 cp1255 1255
        WINDOWS-1256 windows1256 cp1256 1256
        WINDOWS-1257 windows1257 cp1257 1257
        WINDOWS-1258 windows1258 cp1258 1258
        ISO-8859-2 iso88592 latin2 88592
        ISO-8859-3 iso88593 latin3
        ISO-8859-4 iso88594 latin4
        ISO-8859-5 iso88595 cyrillic
        ISO-8859-6 iso88596 iso88596i iso88596e arabic
        ISO-8859-7 iso88597 greek
        ISO-8859-8 iso88598 iso88598i iso88598e hebrew visual
        ISO-8859-10 iso885910 latin6
        CP874 tis620 windows874 cp874 iso885911
        ISO-8859-13 iso885913 latin7
        ISO-8859-14 iso885914 latin8
        ISO-8859-15 iso885915 latin9 885915
        ISO-8859-16 iso885916 latin10
        IBM437 ibm437 cp437 437
        IBM850 ibm850 cp850 850
        IBM852 ibm852 cp852 852
        IBM855 ibm855 cp855
        IBM866 ibm866 cp866 866
        MACINTOSH macintosh macroman xmacroman mac
        MAC-CYRILLIC xmaccyrillic maccyrillic
        TCVN5712-1 tcvn tcvn5712
        VISCII viscii
        UTF-7 utf7 unicode11utf7 xunicode20utf7 unicode20utf7
        UTF-16 utf16 unicode ucs2 iso10646ucs2
        UTF-16LE utf16le unicodelittle
        UTF-16BE utf16be unicodebig
        UTF-32 utf32 ucs4
        UTF-32LE utf32le
        UTF-32BE utf32be
        """
}

extension Charset {
    /// Appends the text of `octets` as UTF-8, whatever it takes.
    ///
    /// `charset` is what the message says, nil when it says nothing that is known.
    static func decode(_ octets: Octets, as charset: Charset?, into text: inout [UInt8]) {
        switch charset {
        case .iconv(let name):
            convert(octets, from: name, into: &text)
        case .iso2022JP:
            let unshifted = ISO2022JP.unshifted(octets)
            unshifted.withOctets { convert($0, from: "EUC-JP-MS", into: &text) }
        case .utf8:
            appendRepaired(octets, to: &text)
        case .latin, nil:
            guess(octets, into: &text)
        }
    }

    private static func convert(_ octets: Octets, from name: String, into text: inout [UInt8]) {
        guard let converter = Converter.borrow(name) else { return guess(octets, into: &text) }
        let rest = converter.convert(octets, into: &text)
        Converter.giveBack(converter)
        guess(octets.from(rest), into: &text)
    }

    /// UTF-8 if it is valid, else windows-1252: right for what bears no label, or a wrong one.
    private static func guess(_ octets: Octets, into text: inout [UInt8]) {
        if octets.isASCII || octets.isUTF8 { return text.append(octets) }
        text.reserveCapacity(text.count + octets.count * 2)
        for byte in octets {
            if byte < 0x80 { text.append(byte) } else { text.append(windows1252[Int(byte) - 0x80]) }
        }
    }

    private static func appendRepaired(_ octets: Octets, to text: inout [UInt8]) {
        if octets.isASCII || octets.isUTF8 { return text.append(octets) }
        text.append(contentsOf: String(decoding: octets.buffer, as: UTF8.self).utf8)
    }

    /// What windows-1252 has for 0x80 to 0xFF; its five holes stay what they are in Latin-1.
    static let windows1252: [Unicode.Scalar] = {
        let first = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ".unicodeScalars
        return Array(first) + (UInt8(0xa0)...0xff).map { Unicode.Scalar($0) }
    }()
}
