// SPDX-License-Identifier: Apache-2.0
// What a storage is ordered to do with a record that it holds: pass on again, hold, unhold, purge.

/// An order to one storage about one mail or note. Doing it twice is doing it once.
package struct StorageOrder: Hashable, Sendable {
    /// What is to be done; a release (1) goes to a gateway and is an `Order`.
    package enum Kind: UInt8, CaseIterable, Sendable {
        /// Copies are missing: these are the holders that count, pass it on until there are enough.
        case passOn = 2
        /// A person wants the mail kept beyond its day.
        case hold = 3
        /// A person does not want that any more.
        case unhold = 4
        /// A person wants the mail gone before its day.
        case purge = 5
    }

    /// The order's id, the same for each storage that gets it; for a person's order also its note's.
    package var id: MailID
    package var kind: Kind
    /// The mail (or, to be passed on, the note) that it is about.
    package var mail: MailID
    /// The storage that it is for; an order never goes to another.
    package var node: NodeID
    package var ordered: Timestamp
    /// Who ordered it, and why.
    package var by: String
    package var reason: String
    /// Who holds a copy that counts; what else is on the slip does not count any more.
    package var holders: [Holder]
    package var copiesWanted: Int
    /// Until when the note of a person's order is kept, or what is to be passed on.
    package var keepUntil: Day

    package init(
        id: MailID, kind: Kind, mail: MailID, node: NodeID, ordered: Timestamp, by: String = "",
        reason: String = "", holders: [Holder] = [], copiesWanted: Int = 1,
        keepUntil: Day = Day(number: 0)
    ) {
        self.id = id
        self.kind = kind
        self.mail = mail
        self.node = node
        self.ordered = ordered
        self.by = by
        self.reason = reason
        self.holders = holders
        self.copiesWanted = copiesWanted
        self.keepUntil = keepUntil
    }

    /// The id of this storage's part of the order: one order goes to several storages.
    package var delivery: MailID { MailID(id.number ^ node.number) }
}

extension StorageOrder {
    // 1 to 8 mean what they mean in an `Order`.
    private enum Tag {
        static let mail: UInt8 = 1
        static let ordered: UInt8 = 6
        static let by: UInt8 = 7
        static let kind: UInt8 = 9
        static let node: UInt8 = 10
        static let holder: UInt8 = 11
        static let copiesWanted: UInt8 = 12
        static let reason: UInt8 = 13
        static let keepUntil: UInt8 = 14
        static let id: UInt8 = 15
    }

    /// The order as it travels.
    package var record: Record {
        var fields = FieldWriter()
        fields.write(Tag.mail, mail.bytes)
        fields.write(Tag.ordered, UInt64(bitPattern: ordered.milliseconds))
        fields.write(Tag.by, by)
        fields.write(Tag.kind, UInt64(kind.rawValue))
        fields.write(Tag.node, node.bytes)
        for holder in holders { fields.write(Tag.holder, holder.bytes) }
        fields.write(Tag.copiesWanted, UInt64(copiesWanted))
        fields.write(Tag.reason, reason)
        fields.write(Tag.keepUntil, UInt64(max(0, keepUntil.number)))
        fields.write(Tag.id, id.bytes)
        var record = Record(
            RecordHeader(kind: .order, mail: delivery, received: ordered, keepUntil: ordered.day))
        record.setSummary(fields.bytes[...])
        return record
    }

    /// Nil for an order of another kind: a release.
    package init?(decoding record: Record) throws(RecordError) {
        guard record.header.kind == .order else { throw .malformed("not an order") }
        var kind: UInt64 = 0
        var node: NodeID?
        var (mail, id): (MailID?, MailID?)
        self.init(
            id: MailID(0), kind: .passOn, mail: MailID(0), node: NodeID(0),
            ordered: record.header.received)
        var fields = FieldReader(record.summary)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.mail: mail = MailID(bytes: field.value)
            case Tag.ordered: ordered = Timestamp(milliseconds: Int64(bitPattern: try field.number))
            case Tag.by: by = field.text
            case Tag.kind: kind = try field.number
            case Tag.node: node = NodeID(bytes: field.value)
            case Tag.holder: holders.append(try Holder(decoding: field.value))
            case Tag.copiesWanted: copiesWanted = try Int(clamping: field.number)
            case Tag.reason: reason = field.text
            case Tag.keepUntil: keepUntil = Day(number: try Int32(clamping: field.number))
            case Tag.id: id = MailID(bytes: field.value)
            default: break
            }
        }
        if kind == 0 { return nil }
        guard let known = Kind(rawValue: UInt8(clamping: kind)), let node, let mail, let id,
            Slip.copiesRange.contains(copiesWanted)
        else { throw .malformed("an order that says too little") }
        (self.kind, self.node, self.mail, self.id) = (known, node, mail, id)
    }
}
