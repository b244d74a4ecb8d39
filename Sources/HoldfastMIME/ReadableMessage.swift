// SPDX-License-Identifier: Apache-2.0
// A message as `holdfast show` prints it.

package import HoldfastModel

/// What a person reads of a message: decoded, without controls that could drive a terminal.
package struct ReadableMessage: Hashable, Sendable {
    /// One line of the header.
    package struct Line: Hashable, Sendable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// From, To, Cc, Date, Subject and a few more, in the message's own order.
    package var header: [Line] = []
    /// The plain texts; where there are none, the HTML as text. Lines end with a line feed.
    package var text = ""
    package var attachments: [Attachment] = []
}

/// Parts into readable text.
struct ReadableReader: PartReader {
    private var header: [ReadableMessage.Line] = []
    private var plain: [UInt8] = []
    private var html: [UInt8] = []
    private var hasPlain = false
    private var attachments: SummaryReader
    private let limits: Limits
    private var budget: Int

    init(limits: Limits) {
        self.limits = limits
        budget = limits.bodyBytesMax
        attachments = SummaryReader(limits: limits)
    }

    var isFull: Bool { false }

    func finish() -> ReadableMessage {
        var text = HeaderText.clean(hasPlain ? plain : html, keepingLines: true)
        HeaderText.cut(&text, at: limits.readableBytesMax)
        while let last = text.last, last.isBlank { text.removeLast() }
        return ReadableMessage(
            header: header, text: String(decoding: text, as: UTF8.self),
            attachments: attachments.summary.attachments)
    }

    mutating func take(_ part: Part, isNested: Bool) {
        attachments.take(part, isNested: isNested)
        switch part.kind {
        case .message where !isNested: header = lines(part)
        case .message: appendHeader(part)
        case .holder: break
        case .leaf: appendBody(part)
        }
    }

    private func lines(_ part: Part) -> [ReadableMessage.Line] {
        var lines: [ReadableMessage.Line] = []
        for field in part.header.fields where lines.count < limits.parametersMax {
            guard let name = Self.shown(field.name) else { continue }
            var text: [UInt8] = []
            let value = field.value.upTo(limits.valueBytesMax)
            EncodedWords.decode(value, charset: part.headerCharset, into: &text)
            lines.append(.init(name: name, value: HeaderText.oneLine(text, bytesMax: text.count)))
        }
        return lines
    }

    private static func shown(_ name: FieldName) -> String? {
        switch name {
        case .from: "From"
        case .sender: "Sender"
        case .replyTo: "Reply-To"
        case .to: "To"
        case .cc: "Cc"
        case .bcc: "Bcc"
        case .date: "Date"
        case .subject: "Subject"
        case .messageID: "Message-ID"
        default: nil
        }
    }

    /// A message inside the message begins with its own few lines.
    private mutating func appendHeader(_ part: Part) {
        guard plain.count + html.count < limits.readableBytesMax else { return }
        var block = "\n"
        for line in lines(part) { block += "\(line.name): \(line.value)\n" }
        append(Array("\(block)\n".utf8), to: &plain)
        append(Array("\(block)\n".utf8), to: &html)
    }

    private mutating func appendBody(_ part: Part) {
        let type = part.type.kind
        guard type == .plain || type == .html || type == .multipart else { return }
        guard !part.disposition(limits).value.equals("attachment") else { return }
        let bytesMax = limits.readableBytesMax
        let isHTML = type == .html
        guard (isHTML ? html : plain).count < bytesMax else { return }
        let text = BodyText.with(part, budget: &budget) { text in
            isHTML ? HTMLText.text(text, bytesMax: bytesMax) : Array(text.upTo(bytesMax))
        }
        if isHTML { return append(text, to: &html) }
        append(text, to: &plain)
        hasPlain = hasPlain || text.contains { !$0.isBlank }
    }

    private func append(_ text: [UInt8], to bytes: inout [UInt8]) {
        if let last = bytes.last, last != 0x0a { bytes.append(0x0a) }
        bytes.append(contentsOf: text)
    }
}
