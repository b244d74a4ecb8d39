// SPDX-License-Identifier: Apache-2.0
// One copy's line in the index, on its way from a storage to the DAL.

/// Where one copy of a mail lies, as the storage that keeps it says after its sync.
package struct Entry: Hashable, Sendable {
    package var location: Location
    package var position: Position
    /// Bytes of the record on disk.
    package var length: UInt64
    package var disk: DiskID
    package var host: String
    /// CRC-32C of the message section as stored.
    package var checksum: UInt32
    package var keepUntil: Day
    /// The position up to which the DAL must hold this node's entries before this one: whoever holds
    /// less has lost something, and says how much it has.
    package var after: Position
    /// Shipped before: travels beside the order and never moves the DAL's sequence.
    package var again: Bool

    package init(
        location: Location, position: Position, length: UInt64, disk: DiskID, host: String,
        checksum: UInt32, keepUntil: Day, after: Position = .none, again: Bool = false
    ) {
        self.location = location
        self.position = position
        self.length = length
        self.disk = disk
        self.host = host
        self.checksum = checksum
        self.keepUntil = keepUntil
        self.after = after
        self.again = again
    }
}

/// What a storage ships to the DAL for one record: the entry, and what the catalog shows and matches.
package struct IndexItem: Sendable {
    package var entry: Entry
    /// The record that was kept: its kind, ids, envelope, slip and summary; its message is not in it.
    package var record: Record
    /// The body's words, normalised.
    package var words: String

    package init(entry: Entry, record: Record, words: String) {
        self.entry = entry
        self.record = record
        self.words = words
    }
}

extension IndexItem {
    private enum Tag {
        static let node: UInt8 = 1
        static let segment: UInt8 = 2
        static let offset: UInt8 = 3
        static let position: UInt8 = 4
        static let length: UInt8 = 5
        static let disk: UInt8 = 6
        static let host: UInt8 = 7
        static let checksum: UInt8 = 8
        static let again: UInt8 = 9
        static let words: UInt8 = 10
        static let kind: UInt8 = 11
        static let keepUntil: UInt8 = 12
        static let after: UInt8 = 13
    }

    /// The item as it travels: the record with the entry in place of its message.
    package var encoded: Record {
        var fields = FieldWriter(capacity: words.utf8.count + 128)
        fields.write(Tag.node, entry.location.node.bytes)
        fields.write(Tag.segment, entry.location.segment)
        fields.write(Tag.offset, entry.location.offset)
        fields.write(Tag.position, entry.position.raw)
        fields.write(Tag.length, entry.length)
        fields.write(Tag.disk, entry.disk.number)
        fields.write(Tag.host, entry.host)
        fields.write(Tag.checksum, UInt64(entry.checksum))
        fields.write(Tag.again, entry.again ? 1 : 0)
        fields.write(Tag.words, words)
        fields.write(Tag.kind, UInt64(record.header.kind.rawValue))
        fields.write(Tag.keepUntil, UInt64(max(0, entry.keepUntil.number)))
        fields.write(Tag.after, entry.after.raw)
        var item = record
        item.setKind(.entry, mail: record.header.mail)
        item.setMessage(fields.bytes[...])
        return item
    }

    package init(decoding item: Record) throws(RecordError) {
        guard item.header.kind == .entry else { throw .malformed("not an entry") }
        var node: NodeID?
        var kind: RecordKind?
        var (segment, offset): (UInt64, UInt64) = (0, 0)
        words = ""
        entry = Entry(
            location: Location(node: NodeID(0), segment: 0, offset: 0), position: .none, length: 0,
            disk: DiskID(0), host: "", checksum: 0, keepUntil: Day(number: 0))
        var fields = FieldReader(item.message)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.node: node = NodeID(bytes: field.value)
            case Tag.segment: segment = try field.number
            case Tag.offset: offset = try field.number
            case Tag.position: entry.position = Position(raw: try field.number)
            case Tag.length: entry.length = try field.number
            case Tag.disk: entry.disk = DiskID(try field.number)
            case Tag.host: entry.host = field.text
            case Tag.checksum: entry.checksum = try UInt32(clamping: field.number)
            case Tag.again: entry.again = try field.number != 0
            case Tag.words: words = field.text
            case Tag.kind: kind = RecordKind(rawValue: try UInt8(clamping: field.number))
            case Tag.keepUntil: entry.keepUntil = Day(number: try Int32(clamping: field.number))
            case Tag.after: entry.after = Position(raw: try field.number)
            default: break
            }
        }
        guard let node, let kind else { throw .malformed("an entry without node or kind") }
        entry.location = Location(node: node, segment: segment, offset: offset)
        record = item
        record.setKind(kind, mail: item.header.mail)
        record.setMessage([])
    }
}
