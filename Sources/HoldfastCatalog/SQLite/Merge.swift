// SPDX-License-Identifier: Apache-2.0
// Taking in what a storage ships: a summary once, an entry per copy.

internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func merge(
        _ items: [IndexItem], from node: NodeID, name: String, now: Timestamp, acks: AckRule
    ) throws(CatalogError) -> Merged {
        try write { database in
            let source = try SourceNode(
                database, node, name: name, newest: items.newest, now: now)
            var merge = Merge(database, from: source, today: now.day, acks: acks)
            for item in items { try merge.take(item) }
            return try merge.finish()
        }
    }
}

/// One batch on its way into the catalog, within one transaction.
struct Merge {
    let database: Database
    let today: Day
    var source: SourceNode
    var texts = NewTexts()
    var newMails = 0
    var newBytes: Int64 = 0
    let acks: AckRule
    private var merged: Merged
    /// Where in `merged.acks` a mail stands.
    private var acked: [MailID: Int] = [:]

    init(_ database: Database, from source: SourceNode, today: Day, acks: AckRule) {
        self.database = database
        self.source = source
        self.today = today
        self.acks = acks
        merged = Merged(position: source.position, acks: [], refused: [])
    }

    /// What cannot be read is passed over: the position moves on, and nobody waits for it forever.
    mutating func take(_ item: IndexItem) throws {
        let mail = item.record.header.mail
        do {
            guard item.entry.location.node == source.id else {
                throw HoldfastModel.RecordError.malformed("an entry of another node")
            }
            if !item.entry.again { source.position = max(source.position, item.entry.position) }
            let slip = try Slip(decoding: item.record.slip)
            guard let entered = try keep(item, slip) else { return }
            if isAcked(entered, again: item.entry.again) {
                let copies = entered.counting.counted(disksMayBeShared: acks.disksMayBeShared)
                let isMail = item.record.header.kind == .mail
                ack(
                    mail, for: slip.gateways, copies: copies,
                    received: isMail ? Key.received(entered.key) : nil)
            }
        } catch let error as HoldfastModel.RecordError {
            merged.refused.append(
                Merged.Refused(mail: mail, position: item.entry.position, reason: "\(error)"))
        }
    }

    /// Nil for a mail that was purged: it is not entered.
    private mutating func keep(_ item: IndexItem, _ slip: Slip) throws -> Entered? {
        switch item.record.header.kind {
        case .mail: return try keepMail(item, slip)
        case .note:
            let note = try Note(id: item.record.header.mail, decoding: item.record.summary)
            if note.kind == .purge, note.until ?? slip.keepUntil >= today {
                merged.purged.append(note.mail)
            }
            return try keepNote(note, item, slip)
        default: throw HoldfastModel.RecordError.malformed("neither a mail nor a note")
        }
    }

    /// A copy more than enough is no news; a copy shipped again asks for the ack again. What is not to be
    /// relied on as a copy is none here either: a gateway lets go by this.
    private func isAcked(_ entered: Entered, again: Bool) -> Bool {
        let needed = acks.needed(wanted: entered.copiesWanted)
        let shared = acks.disksMayBeShared
        guard entered.counting.counted(disksMayBeShared: shared) >= needed else { return false }
        let wereEnough = entered.countingBefore.counted(disksMayBeShared: shared) >= needed
        return again || !entered.isNew || !wereEnough
    }

    mutating func ack(
        _ mail: MailID, for gateways: [String], copies: Int, received: Timestamp?
    ) {
        guard !gateways.isEmpty else { return }
        guard let place = acked[mail] else {
            acked[mail] = merged.acks.count
            merged.acks.append(
                Merged.Ack(mail: mail, gateways: gateways, copies: copies, received: received))
            return
        }
        merged.acks[place].copies = max(merged.acks[place].copies, copies)
        for gateway in gateways where !merged.acks[place].gateways.contains(gateway) {
            merged.acks[place].gateways.append(gateway)
        }
    }

    mutating func finish() throws -> Merged {
        try texts.write(database)
        try source.write(database)
        try database.cachedStatement(
            sql: "UPDATE qt_totals SET mails = mails + ?, bytes = bytes + ?"
        ).execute(arguments: [newMails, newBytes])
        merged.position = source.position
        return merged
    }
}

/// The storage that ships a batch.
struct SourceNode {
    let id: NodeID
    /// Its row in qt_nodes.
    let row: Int64
    var position: Position
    /// Whether its copies count.
    let counts: Bool
    /// When its batch came.
    let now: Timestamp
    var newEntries = 0

    /// A node lies on one disk at a time: where its newest item lies, all of them do.
    init(
        _ database: Database, _ node: NodeID, name: String, newest: Entry?, now: Timestamp
    ) throws {
        id = node
        self.now = now
        try database.cachedStatement(
            sql: """
                INSERT INTO qt_nodes (node, name, position, disk, host, entries)
                VALUES (?, ?, 0, 0, '', 0)
                ON CONFLICT (node) DO UPDATE SET name = excluded.name WHERE name <> excluded.name
                    -- Who is not in the roster for a moment keeps the name that it had.
                    AND excluded.name <> substr(lower(hex(excluded.node)), 1, 8)
                """
        ).execute(arguments: [node.data, name])
        let found = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT id, position, counts FROM qt_nodes WHERE node = ?"),
            arguments: [node.data])
        guard let found else { throw CatalogError.damaged("a node's row is not there") }
        row = found[0]
        counts = found[2]
        position = Position(raw: UInt64(bitPattern: found[1]))
        guard let newest, newest.position >= position else { return }
        try database.cachedStatement(
            sql: """
                UPDATE qt_nodes SET disk = ?1, host = ?2
                WHERE id = ?3 AND (disk <> ?1 OR host <> ?2)
                """
        ).execute(arguments: [Int64(bitPattern: newest.disk.number), newest.host, row])
    }

    func write(_ database: Database) throws {
        try database.cachedStatement(
            sql: "UPDATE qt_nodes SET position = ?, entries = entries + ? WHERE id = ?"
        ).execute(arguments: [Int64(bitPattern: position.raw), newEntries, row])
    }
}

extension [IndexItem] {
    fileprivate var newest: Entry? {
        self.max { $0.entry.position < $1.entry.position }?.entry
    }
}
