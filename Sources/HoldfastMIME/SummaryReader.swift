// SPDX-License-Identifier: Apache-2.0
// Parts into a summary.

import HoldfastModel

struct SummaryReader: PartReader {
    private(set) var summary = Summary()
    private let limits: Limits
    private var hasBody = false

    init(limits: Limits) {
        self.limits = limits
    }

    /// Later parts may always be attachments; their number is bounded by the walk.
    var isFull: Bool { summary.attachments.count >= limits.attachmentsMax }

    mutating func take(_ part: Part, isNested: Bool) {
        switch part.kind {
        case .message where !isNested: readHeader(part)
        case .message: break
        case .holder, .leaf: readAttachment(part)
        }
    }

    private mutating func readHeader(_ part: Part) {
        let charset = part.headerCharset
        for field in part.header.fields {
            switch field.name {
            case .subject: readSubject(field.value, charset)
            case .from: readAddresses(field.value, charset, \.from)
            case .to: readAddresses(field.value, charset, \.to)
            case .cc: readAddresses(field.value, charset, \.cc)
            case .bcc: readAddresses(field.value, charset, \.bcc)
            case .replyTo: readAddresses(field.value, charset, \.replyTo)
            case .date: summary.date = summary.date ?? DateText.timestamp(field.value)
            case .messageID: readMessageID(field.value, charset)
            default: break
            }
        }
        summary.verdicts = Verdicts.texts(part.header, charset: charset, limits: limits)
    }

    private mutating func readSubject(_ value: Octets, _ charset: Charset?) {
        guard summary.subject.isEmpty else { return }
        summary.subject = HeaderText.decode(value, charset: charset, limits: limits)
    }

    private mutating func readAddresses(
        _ value: Octets, _ charset: Charset?, _ list: WritableKeyPath<Summary, [Address]>
    ) {
        AddressList.read(value, charset: charset, limits: limits, into: &summary[keyPath: list])
    }

    /// What stands between the angle brackets; all of it where there are none.
    private mutating func readMessageID(_ value: Octets, _ charset: Charset?) {
        guard summary.messageID.isEmpty else { return }
        var bare = value
        if let open = value.find(0x3c) {
            let rest = value.from(open + 1)
            bare = rest.upTo(rest.find(0x3e) ?? rest.count)
        }
        summary.messageID = HeaderText.decode(bare, charset: charset, limits: limits)
    }
}

extension SummaryReader {
    private mutating func readAttachment(_ part: Part) {
        let disposition = part.disposition(limits)
        let name = part.name(disposition, limits: limits)
        if isAttachment(part, disposition, isNamed: !name.isEmpty) {
            append(name, part.type.text)
        } else {
            hasBody = true
            readInlineFiles(part)
        }
    }

    /// What is not there to be read at once: what says so, what is no text, and a text with a file
    /// name, unless it is the mail's first.
    private func isAttachment(
        _ part: Part, _ disposition: ParameterizedValue, isNamed: Bool
    ) -> Bool {
        if disposition.value.equals("attachment") { return true }
        switch part.type.kind {
        case .message, .other: return true
        case .plain, .html: return isNamed && (hasBody || !disposition.value.isEmpty)
        case .multipart: return false
        }
    }

    /// Files that the text holds in uuencode.
    private mutating func readInlineFiles(_ part: Part) {
        guard part.type.kind == .plain, case .identity = part.encoding else { return }
        var place = 0
        while !isFull, let file = UUEncoding.next(in: part.body, from: place) {
            append(
                HeaderText.decode(file.name, charset: part.charset, limits: limits),
                "application/octet-stream")
            place = file.range.upperBound
        }
    }

    private mutating func append(_ name: String, _ type: String) {
        guard !isFull else { return }
        summary.attachments.append(Attachment(name: name, type: type))
    }
}
