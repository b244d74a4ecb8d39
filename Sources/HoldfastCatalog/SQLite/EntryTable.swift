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
    /// All of them, whether they count or not.
    var copies: Int
    /// Those of nodes whose copies count, that are kept as long as what they are of.
    var counting: CopyCount
    /// The same without the entry's own.
    var countingBefore: CopyCount
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
        let mail = "(SELECT o.mail_id FROM \(owner) o WHERE o.id = ?1)"
        count = """
            SELECT count(*), count(*) FILTER (WHERE counts), count(DISTINCT disk) FILTER (WHERE counts),
                count(*) FILTER (WHERE counts AND node <> ?2),
                count(DISTINCT disk) FILTER (WHERE counts AND node <> ?2)
            FROM (SELECT e.node AS node, n.disk AS disk,
                    n.counts AND \(Self.lasts(until: "?3", mail: mail)) AS counts
                FROM \(name) e JOIN qt_nodes n ON n.id = e.node WHERE e.file = ?1)
            """
    }

    /// Whether the copy of an entry `e` is kept as long as the mail or note that it is of, as SQL: one that
    /// goes earlier is none for the time after. What is held stays, whatever its day.
    static func lasts(until keepUntil: String, mail: String) -> String {
        """
        (e.keep_until >= \(keepUntil)
        OR EXISTS (SELECT 1 FROM qt_holds h WHERE h.mail_id = \(mail) AND h.held))
        """
    }

    /// The same where a row of the owner is at hand.
    func lasts(as owner: String) -> String {
        Self.lasts(until: "\(owner).keep_until", mail: "\(owner).mail_id")
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
            key: key, isNew: true, copies: 1, counting: source.counts ? one : none,
            countingBefore: none,
            copiesWanted: wanted)
    }

    /// A node's later word about its copy replaces its earlier one, in whichever order they come.
    ///
    /// - Parameter keepUntil: the day until which what it is of is kept, by this word too.
    func enter(
        _ entry: Entry, of key: Int64, from source: inout SourceNode, wanted: Int,
        keepUntil: Int64, _ database: Database
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
        guard let counts = try Row.fetchOne(count, arguments: [key, source.row, keepUntil]) else {
            throw CatalogError.damaged("entries cannot be counted")
        }
        return Entered(
            key: key, isNew: known == nil, copies: counts[0],
            counting: CopyCount(nodes: counts[1], disks: counts[2]),
            countingBefore: CopyCount(nodes: counts[3], disks: counts[4]), copiesWanted: wanted)
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
