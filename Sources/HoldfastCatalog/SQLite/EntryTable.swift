// SPDX-License-Identifier: Apache-2.0
// Entries: one row a copy, of mails and, in a table of their own, of notes.

internal import GRDB
internal import HoldfastModel

/// What came of an entry, and how many copies there are with and without it.
struct Entered {
    /// The row of the mail or note.
    var key: Int64
    /// The node had no copy of this before.
    var isNew: Bool
    var copies: CopyCount
    var copiesBefore: CopyCount
    /// Those of nodes whose copies count.
    var counting: CopyCount
    var copiesWanted: Int
}

/// Copies of one mail, counted both ways.
struct CopyCount {
    var nodes: Int
    var disks: Int

    func counted(disksMayBeShared: Bool) -> Int {
        disksMayBeShared ? nodes : disks
    }
}

/// One of the two tables of entries. Every statement is written out once, here.
struct EntryTable {
    let name: String
    /// What the entries are of.
    let owner: String
    /// The owner's column with the id that people know.
    let ownerID: String
    /// Where a node's recount stands, as a number.
    let number: Int64
    private let select: String
    private let insert: String
    private let update: String
    private let count: String

    static let files = EntryTable(name: "qt_files_entries", of: "qt_files", number: 0)
    static let notes = EntryTable(name: "qt_notes_entries", of: "qt_notes", number: 1)
    static let all = [files, notes]

    private init(name: String, of owner: String, number: Int64) {
        self.name = name
        self.owner = owner
        ownerID = owner == "qt_files" ? "mail_id" : "note_id"
        self.number = number
        select = "SELECT position FROM \(name) WHERE file = ? AND node = ?"
        insert = """
            INSERT INTO \(name) (file, node, segment, record_offset, length, position, checksum,
                keep_until, entered) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        update = """
            UPDATE \(name) SET segment = ?, record_offset = ?, length = ?, position = ?,
                checksum = ?, keep_until = ?, entered = ? WHERE file = ? AND node = ?
            """
        count = """
            SELECT count(*), count(DISTINCT n.disk), count(*) FILTER (WHERE e.node <> ?2),
                count(DISTINCT n.disk) FILTER (WHERE e.node <> ?2),
                count(*) FILTER (WHERE n.counts), count(DISTINCT n.disk) FILTER (WHERE n.counts)
            FROM \(name) e JOIN qt_nodes n ON n.id = e.node WHERE e.file = ?1
            """
    }

    /// The first copy of what has just been given this number.
    func enterFirst(
        _ entry: Entry, of key: Int64, from source: inout SourceNode, wanted: Int,
        _ database: Database
    ) throws -> Entered {
        try add(entry, of: key, at: source, database)
        source.newEntries += 1
        let one = CopyCount(nodes: 1, disks: 1)
        let none = CopyCount(nodes: 0, disks: 0)
        return Entered(
            key: key, isNew: true, copies: one, copiesBefore: none,
            counting: source.counts ? one : none,
            copiesWanted: wanted)
    }

    /// A node's later word about its copy replaces its earlier one, in whichever order they come.
    func enter(
        _ entry: Entry, of key: Int64, from source: inout SourceNode, wanted: Int,
        _ database: Database
    ) throws -> Entered {
        let select = try database.cachedStatement(sql: select)
        let known = try Int64.fetchOne(select, arguments: [key, source.row])
        switch known {
        case nil:
            try add(entry, of: key, at: source, database)
            source.newEntries += 1
        case let known? where UInt64(bitPattern: known) < entry.position.raw:
            try replace(entry, of: key, at: source, database)
        default: break
        }
        let count = try database.cachedStatement(sql: count)
        guard let counts = try Row.fetchOne(count, arguments: [key, source.row]) else {
            throw CatalogError.damaged("entries cannot be counted")
        }
        return Entered(
            key: key, isNew: known == nil, copies: CopyCount(nodes: counts[0], disks: counts[1]),
            copiesBefore: CopyCount(nodes: counts[2], disks: counts[3]),
            counting: CopyCount(nodes: counts[4], disks: counts[5]), copiesWanted: wanted)
    }

    private func add(
        _ entry: Entry, of key: Int64, at node: SourceNode, _ database: Database
    ) throws {
        let insert = try database.cachedStatement(sql: insert)
        insert.setUncheckedArguments([
            key, node.row, Int64(clamping: entry.location.segment),
            Int64(clamping: entry.location.offset),
            Int64(clamping: entry.length), Int64(bitPattern: entry.position.raw),
            Int64(entry.checksum), Int64(entry.keepUntil.number), node.now.milliseconds,
        ])
        try insert.execute()
    }

    private func replace(
        _ entry: Entry, of key: Int64, at node: SourceNode, _ database: Database
    ) throws {
        let update = try database.cachedStatement(sql: update)
        update.setUncheckedArguments([
            Int64(clamping: entry.location.segment), Int64(clamping: entry.location.offset),
            Int64(clamping: entry.length), Int64(bitPattern: entry.position.raw),
            Int64(entry.checksum), Int64(entry.keepUntil.number), node.now.milliseconds, key,
            node.row,
        ])
        try update.execute()
    }
}
