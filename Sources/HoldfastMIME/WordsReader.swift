// SPDX-License-Identifier: Apache-2.0
// Parts into searchable words.

struct WordsReader: PartReader {
    private var writer: WordWriter
    private let limits: Limits
    private var budget: Int

    init(limits: Limits) {
        self.limits = limits
        budget = limits.bodyBytesMax
        writer = WordWriter(bytesMax: limits.wordsBytesMax)
    }

    var isFull: Bool { writer.isFull || budget <= 0 }

    mutating func finish() -> String {
        String(decoding: writer.finish(), as: UTF8.self)
    }

    mutating func take(_ part: Part, isNested: Bool) {
        switch part.kind {
        case .message where isNested: writeHeader(part)
        case .message, .holder: break
        case .leaf: writeBody(part)
        }
    }

    /// Subject and addresses of a message inside the message; those of its own are in its summary.
    private mutating func writeHeader(_ part: Part) {
        for field in part.header.fields {
            switch field.name {
            case .subject, .from, .to, .cc:
                var text: [UInt8] = []
                let value = field.value.upTo(limits.valueBytesMax)
                EncodedWords.decode(value, charset: part.headerCharset, into: &text)
                text.withOctets { writer.write($0) }
            default: break
            }
        }
    }

    private mutating func writeBody(_ part: Part) {
        let type = part.type.kind
        guard type == .plain || type == .html || type == .multipart else { return }
        var writer = self.writer
        self.writer = WordWriter(bytesMax: 0)
        let textMax = limits.wordsBytesMax * 2
        BodyText.with(part, budget: &budget) { text in
            if type == .html {
                HTMLText.text(text, bytesMax: textMax).withOctets { writer.write($0) }
            } else {
                Self.write(text, without: part, to: &writer)
            }
        }
        self.writer = writer
    }

    /// Writes a plain text without the files that it may hold in uuencode.
    private static func write(_ text: Octets, without part: Part, to writer: inout WordWriter) {
        var place = 0
        while let file = UUEncoding.next(in: text, from: place) {
            writer.write(text[place..<file.range.lowerBound])
            place = file.range.upperBound
        }
        writer.write(text.from(place))
    }
}
