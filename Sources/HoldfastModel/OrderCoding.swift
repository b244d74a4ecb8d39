// SPDX-License-Identifier: Apache-2.0
// Orders and notes as they lie in the summary section of a record.

extension Order {
    private enum Tag {
        static let mail: UInt8 = 1
        static let gateway: UInt8 = 2
        static let sender: UInt8 = 3
        static let recipient: UInt8 = 4
        static let flags: UInt8 = 5
        static let ordered: UInt8 = 6
        static let by: UInt8 = 7
        static let copy: UInt8 = 8
    }

    package var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.write(Tag.mail, mail.bytes)
        fields.write(Tag.gateway, gateway)
        fields.write(Tag.sender, sender)
        for recipient in recipients { fields.write(Tag.recipient, recipient) }
        fields.write(Tag.flags, UInt64((eightBit ? 1 : 0) | (utf8 ? 2 : 0) | (again ? 4 : 0)))
        fields.write(Tag.ordered, UInt64(bitPattern: ordered.milliseconds))
        fields.write(Tag.by, by)
        for copy in copies {
            let segment = withUnsafeBytes(of: copy.segment.bigEndian, Array.init)
            let offset = withUnsafeBytes(of: copy.offset.bigEndian, Array.init)
            fields.write(Tag.copy, copy.node.bytes + segment + offset)
        }
        return fields.bytes
    }

    package init(id: MailID, decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        self.init(
            id: id, mail: id, gateway: "", sender: "", recipients: [],
            ordered: Timestamp(milliseconds: 0), by: "")
        var fields = FieldReader(bytes)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.mail: mail = try field.mailID
            case Tag.gateway: gateway = field.text
            case Tag.sender: sender = field.text
            case Tag.recipient: recipients.append(field.text)
            case Tag.flags:
                eightBit = try field.number & 1 != 0
                utf8 = try field.number & 2 != 0
                again = try field.number & 4 != 0
            case Tag.ordered: ordered = Timestamp(milliseconds: Int64(bitPattern: try field.number))
            case Tag.by: by = field.text
            case Tag.copy: copies.append(try Self.copy(decoding: field.value))
            default: break
            }
        }
    }

    private static func copy(decoding value: ArraySlice<UInt8>) throws(RecordError) -> Location {
        guard value.count == 32, let node = NodeID(bytes: value.prefix(16)) else {
            throw .malformed("a location of \(value.count) bytes")
        }
        return Location(
            node: node, segment: value.dropFirst(16).prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            offset: value.dropFirst(24).reduce(0) { $0 << 8 | UInt64($1) })
    }
}

extension Order {
    /// The order as it travels; on its way to the gateway the octets join it.
    package var record: Record {
        var record = Record(
            RecordHeader(kind: .order, mail: id, received: ordered, keepUntil: ordered.day))
        record.setSummary(encoded[...])
        return record
    }
}

extension Note {
    private enum Tag {
        static let mail: UInt8 = 1
        static let order: UInt8 = 2
        static let at: UInt8 = 3
        static let by: UInt8 = 4
        static let sentTo: UInt8 = 5
        static let result: UInt8 = 6
        static let lineEndsChanged: UInt8 = 7
        static let kind: UInt8 = 8
        static let reason: UInt8 = 9
        static let until: UInt8 = 10
    }

    package var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.write(Tag.mail, mail.bytes)
        fields.write(Tag.order, order.bytes)
        fields.write(Tag.at, UInt64(bitPattern: at.milliseconds))
        fields.write(Tag.by, by)
        fields.write(Tag.sentTo, sentTo)
        for result in results {
            let texts = Array(result.recipient.utf8) + [0] + Array(result.reply.utf8)
            fields.write(Tag.result, [result.outcome.rawValue] + texts)
        }
        fields.write(Tag.lineEndsChanged, lineEndsChanged ? 1 : 0)
        if kind != .release { fields.write(Tag.kind, UInt64(kind.rawValue)) }
        fields.write(Tag.reason, reason)
        if let until { fields.write(Tag.until, UInt64(max(0, until.number))) }
        return fields.bytes
    }

    package init(id: MailID, decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        self.init(
            id: id, mail: id, order: id, at: Timestamp(milliseconds: 0), by: "", sentTo: "",
            results: [], lineEndsChanged: false)
        var fields = FieldReader(bytes)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.mail: mail = try field.mailID
            case Tag.order: order = try field.mailID
            case Tag.at: at = Timestamp(milliseconds: Int64(bitPattern: try field.number))
            case Tag.by: by = field.text
            case Tag.sentTo: sentTo = field.text
            case Tag.result: results.append(try Self.result(decoding: field.value))
            case Tag.lineEndsChanged: lineEndsChanged = try field.number != 0
            case Tag.kind: kind = try Self.kind(decoding: field.number)
            case Tag.reason: reason = field.text
            case Tag.until: until = Day(number: try Int32(clamping: field.number))
            default: break
            }
        }
    }

    private static func kind(decoding number: UInt64) throws(RecordError) -> Kind {
        guard let kind = Kind(rawValue: UInt8(clamping: number)) else {
            throw .malformed("a note of an unknown kind")
        }
        return kind
    }

    private static func result(
        decoding value: ArraySlice<UInt8>
    ) throws(RecordError) -> RecipientResult {
        guard let first = value.first, let outcome = RecipientResult.Outcome(rawValue: first) else {
            throw .malformed("a recipient's result of an unknown kind")
        }
        let recipient = value.dropFirst().prefix { $0 != 0 }
        let reply = value.dropFirst(recipient.count + 2)
        return RecipientResult(
            recipient: String(decoding: recipient, as: UTF8.self), outcome: outcome,
            reply: String(decoding: reply, as: UTF8.self))
    }
}

extension FieldReader.Field {
    fileprivate var mailID: MailID {
        get throws(RecordError) {
            guard let id = MailID(bytes: value) else {
                throw .malformed("an id of \(value.count) bytes")
            }
            return id
        }
    }
}
