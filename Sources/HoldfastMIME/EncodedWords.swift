// SPDX-License-Identifier: Apache-2.0
// RFC 2047: `=?charset?encoding?text?=`, as it should be and as it comes.

/// Decodes encoded words in a header value.
///
/// Neighbours in the same charset are joined before they are decoded, because mailers cut between
/// the bytes of one character, and even between the digits of one base64 group.
struct EncodedWords {
    private let value: Octets
    /// Of what stands in no encoded word.
    private let charset: Charset?
    private var text: [UInt8]
    /// Decoded octets that wait for the rest of their charset's run.
    private var pending: [UInt8] = []
    private var pendingLabel = Octets.empty
    private var base64: Base64Decoder?

    /// The parts of one word.
    private struct Word {
        let label: Octets
        let isBase64: Bool
        let content: Octets
        let end: Int
    }

    /// Appends `value` as UTF-8, folds still in it.
    static func decode(_ value: Octets, charset: Charset?, into text: inout [UInt8]) {
        guard value.find("=?") != nil else {
            if value.isASCII { return text.append(value) }
            return Charset.decode(value, as: charset, into: &text)
        }
        var words = EncodedWords(value: value, charset: charset, text: text)
        text = []
        words.decode()
        text = words.text
    }

    private init(value: Octets, charset: Charset?, text: [UInt8]) {
        self.value = value
        self.charset = charset
        self.text = text
    }

    private mutating func decode() {
        var place = 0
        var search = 0
        var searched = 0
        while let sign = value.find("=?", from: search) {
            guard let word = Self.word(in: value, at: sign, searched: &searched) else {
                search = sign + 2
                continue
            }
            let between = value[place..<sign]
            if pendingLabel.isEmpty || !between.allSatisfy(\.isBlank) { plain(between) }
            take(word)
            place = word.end
            search = place
        }
        plain(value.from(place))
    }

    private mutating func plain(_ octets: Octets) {
        flush()
        if octets.isASCII {
            text.append(octets)
        } else {
            Charset.decode(octets, as: charset, into: &text)
        }
    }

    private mutating func take(_ word: Word) {
        if !pendingLabel.isEmpty, !Self.isSame(pendingLabel, word.label) { flush() }
        pendingLabel = word.label
        if word.isBase64 {
            var decoder = base64 ?? Base64Decoder()
            decoder.decode(word.content, into: &pending)
            base64 = decoder
        } else {
            base64 = nil
            Self.decodeQ(word.content, into: &pending)
        }
    }

    private mutating func flush() {
        guard !pendingLabel.isEmpty else { return }
        let known = Charset(label: pendingLabel)
        pending.withOctets { Charset.decode($0, as: known, into: &text) }
        pending.removeAll(keepingCapacity: true)
        pendingLabel = .empty
        base64 = nil
    }

    private static func isSame(_ left: Octets, _ right: Octets) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0.lowercased == $1.lowercased }
    }

    /// The encoded word that begins at `start`, whose text may break the rules and hold blanks.
    ///
    /// Up to `searched` it is known that no word ends, so that many beginnings without an end cost
    /// one search in all.
    private static func word(in value: Octets, at start: Int, searched: inout Int) -> Word? {
        let label = value[(start + 2)..<(start + 2 + labelBytesMax)]
        guard let mark = label.find(0x3f), mark > 0 else { return nil }
        let after = start + 2 + mark + 1
        guard after + 1 < value.count, value[after + 1] == 0x3f else { return nil }
        let encoding = value[after].lowercased
        guard encoding == .ascii("b") || encoding == .ascii("q") else { return nil }
        let first = after + 2
        let end = Swift.min(first + contentBytesMax, value.count)
        guard let stop = value.upTo(end).find("?=", from: Swift.max(first, searched)) else {
            searched = Swift.max(searched, end - 1)
            return nil
        }
        return Word(
            label: label.upTo(mark), isBase64: encoding == .ascii("b"),
            content: value[first..<stop],
            end: stop + 2)
    }

    /// Where the encoded word ends that begins at `start`; nil when there is none.
    static func end(of value: Octets, at start: Int, searched: inout Int) -> Int? {
        word(in: value, at: start, searched: &searched)?.end
    }

    private static let labelBytesMax = 60
    /// RFC 2047 allows 75; some write a whole subject into one.
    private static let contentBytesMax = 4000

    private static func decodeQ(_ text: Octets, into bytes: inout [UInt8]) {
        var place = 0
        while place < text.count {
            let byte = text[place]
            place += 1
            switch byte {
            case 0x5f: bytes.append(0x20)
            case 0x3d:
                if place + 1 < text.count, let high = text[place].hexDigit,
                    let low = text[place + 1].hexDigit
                {
                    bytes.append(high << 4 | low)
                    place += 2
                } else {
                    bytes.append(byte)
                }
            case 0x0d, 0x0a: break
            default: bytes.append(byte)
            }
        }
    }
}
