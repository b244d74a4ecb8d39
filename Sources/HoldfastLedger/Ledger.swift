// SPDX-License-Identifier: Apache-2.0
// A node's one SQLite file: where each record lies, and how far its queues are.

internal import GRDB
package import HoldfastModel
internal import Synchronization

/// A node's local index and queues. All of it is derived from the segments and can be made again.
///
/// Every call blocks; writes are one transaction each and come from one thread. It is not synced at
/// each commit: after a power cut it is an earlier state of itself, and recovery catches up.
package final class Ledger: Sendable {
    let database: any DatabaseWriter
    let path: String?
    let damage = Atomic(false)
    /// A place that was damaged was healed since somebody asked.
    let hasHealed = Atomic(false)
    let hasPurges = Atomic(false)
    private let syncCount = Atomic(0)

    private static let cacheKibibytes = 8 << 10
    private static let readersMax = 4
    /// What has a lower number was made before the first release, and is made again.
    private static let schemaVersion = 4

    /// - Parameter path: nil keeps the ledger in memory, as a simulation does.
    package convenience init(path: String?) throws {
        try self.init(path: path, like: nil)
    }

    private init(path: String?, like other: Ledger?) throws {
        var configuration = Configuration()
        configuration.maximumReaderCount = Self.readersMax
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cache_size = -\(Self.cacheKibibytes)")
            if !database.configuration.readonly {
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
        }
        self.path = path
        do {
            database =
                if let path {
                    try DatabasePool(path: path, configuration: configuration)
                } else {
                    try DatabaseQueue(configuration: configuration)
                }
        } catch let error as DatabaseError where error.isDamage {
            throw LedgerError.damaged("\(error)")
        }
        if let other { try other.database.backup(to: database) }
        try write { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= Self.schemaVersion else { throw LedgerError.newer(version) }
            guard version == 0 || version == Self.schemaVersion else {
                throw LedgerError.damaged("it was made before the first release")
            }
            guard version == 0 else { return }
            try database.execute(sql: Self.schema)
            try database.execute(sql: "PRAGMA user_version = \(Self.schemaVersion)")
        }
        let hasPurges = try read { database in
            try Bool.fetchOne(database, sql: "SELECT 1 FROM wishes WHERE kind = 5 LIMIT 1") ?? false
        }
        self.hasPurges.store(hasPurges, ordering: .releasing)
    }

    /// Makes all that was committed durable: only then may something be lost that it no longer names.
    package func sync() throws {
        try watched {
            try database.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // A commit under FULL syncs the log, and with it all commits before.
                try database.execute(sql: "PRAGMA user_version = \(Self.schemaVersion)")
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
            }
        }
        syncCount.add(1, ordering: .relaxed)
    }

    /// How often it was synced: a power cut takes it back to no earlier state.
    package var syncs: Int { syncCount.load(ordering: .relaxed) }

    /// Another one in memory that holds the same.
    package func copy() throws -> Ledger {
        try Ledger(path: nil, like: self)
    }

    /// Lets go of cached pages, when nobody is about to use them.
    package func giveMemoryBack() {
        (database as? DatabasePool)?.releaseMemoryEventually()
    }

    private static let schema = """
        CREATE TABLE qt_files (
            mail_id BLOB NOT NULL PRIMARY KEY,
            position INTEGER NOT NULL,
            received INTEGER NOT NULL,
            size INTEGER NOT NULL,
            digest BLOB,
            keep_until INTEGER NOT NULL,
            sender TEXT NOT NULL,
            subject TEXT NOT NULL,
            message_id TEXT NOT NULL,
            slip BLOB
        ) WITHOUT ROWID;
        CREATE TABLE qt_files_entries (
            position INTEGER NOT NULL PRIMARY KEY,
            mail_id BLOB NOT NULL,
            kind INTEGER NOT NULL,
            segment INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            length INTEGER NOT NULL,
            passes_on INTEGER NOT NULL
        );
        CREATE INDEX qt_files_entries_passing_on
            ON qt_files_entries (position) WHERE passes_on;
        CREATE INDEX qt_files_entries_segment ON qt_files_entries (segment);
        CREATE TABLE segments (
            segment INTEGER NOT NULL PRIMARY KEY,
            day INTEGER NOT NULL,
            drop_day INTEGER NOT NULL,
            recorded_up_to INTEGER NOT NULL,
            records INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            is_bare INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE damaged (
            segment INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            mail_id BLOB,
            healed INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (segment, offset)
        ) WITHOUT ROWID;
        CREATE INDEX damaged_mail ON damaged (mail_id);
        -- Older records of mails of which a newer one stands here, until their segment is dropped.
        CREATE TABLE replaced (
            mail_id BLOB NOT NULL,
            position INTEGER NOT NULL,
            PRIMARY KEY (mail_id, position)
        ) WITHOUT ROWID;
        -- What people want of a mail, by the newest of its notes here.
        CREATE TABLE wishes (
            mail_id BLOB NOT NULL PRIMARY KEY,
            note_id BLOB NOT NULL,
            kind INTEGER NOT NULL,
            noted INTEGER NOT NULL,
            keep_until INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX wishes_held ON wishes (mail_id) WHERE kind = 3;
        -- Where bytes lie of mails that were purged, until their segment is dropped.
        CREATE TABLE purged (
            segment INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            day INTEGER NOT NULL,
            PRIMARY KEY (segment, offset)
        ) WITHOUT ROWID;
        CREATE TABLE days (
            day INTEGER NOT NULL,
            what TEXT NOT NULL,
            mails INTEGER NOT NULL,
            PRIMARY KEY (day, what)
        ) WITHOUT ROWID;
        CREATE TABLE marks (
            mark TEXT NOT NULL PRIMARY KEY,
            value INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE queues (
            queue TEXT NOT NULL PRIMARY KEY,
            next INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE unfinished (
            queue TEXT NOT NULL,
            position INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            buried INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (queue, position)
        ) WITHOUT ROWID;
        """
}

/// Why a ledger cannot be used.
package enum LedgerError: Error, Equatable {
    /// Made by a later version of Holdfast.
    case newer(Int)
    /// SQLite found it damaged: it must be set aside and made again from the segments.
    case damaged(String)
}

extension LedgerError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .newer(let version):
            "the ledger has version \(version), which needs a later version of Holdfast"
        case .damaged(let words):
            "the ledger is damaged and is made again at the next start (\(words))"
        }
    }
}

/// What the ledger notes of one record that was kept.
package struct LedgerRow: Sendable {
    package var mail: MailID
    package var kind: RecordKind
    package var position: Position
    package var segment: SegmentNumber
    package var offset: UInt64
    package var length: UInt64
    package var received: Timestamp
    package var size: UInt64
    /// Nil where only the segment's table was read: size and all that follows are not known yet.
    package var digest: Digest?
    package var keepUntil: Day
    package var sender: String
    package var subject: String
    package var messageID: String
    /// The record's slip wants copies that others must make.
    package var passesOn: Bool
    /// What a note says that a person wants; nil for all other records.
    package var wish: Wish?
    /// Another record of the mail may have a row; false where somebody has looked.
    package var mayReplace = true

    package init(
        header: RecordHeader, position: Position, segment: SegmentNumber, offset: UInt64,
        sender: String = "", subject: String = "", messageID: String = "", passesOn: Bool = false,
        wish: Wish? = nil
    ) {
        self.wish = wish
        mail = header.mail
        kind = header.kind
        self.position = position
        self.segment = segment
        self.offset = offset
        length = header.recordBytes
        received = header.received
        size = header.originalBytes
        digest = header.digest
        keepUntil = header.keepUntil
        self.sender = sender
        self.subject = subject
        self.messageID = messageID
        self.passesOn = passesOn
    }

    /// A record of which only the table at the end of its segment was read.
    ///
    /// - Parameter received: the best that is known; the record itself says when it was.
    package init(
        bare mail: MailID, kind: RecordKind, position: Position, segment: SegmentNumber,
        offset: UInt64, length: UInt64, received: Timestamp, keepUntil: Day
    ) {
        self.mail = mail
        self.kind = kind
        self.position = position
        self.segment = segment
        self.offset = offset
        self.length = length
        self.received = received
        size = 0
        digest = nil
        self.keepUntil = keepUntil
        (sender, subject, messageID) = ("", "", "")
        passesOn = false
    }
}

/// What the ledger knows of a mail that is held here.
package struct Held: Sendable {
    package var position: Position
    package var segment: SegmentNumber
    package var offset: UInt64
    /// Nil where the index was lost and the record was not read again yet.
    package var digest: Digest?
    package var keepUntil: Day
    /// The slip, where it was joined with another since the record was written.
    package var joinedSlip: Slip?
    package var received: Timestamp

    package init(
        position: Position, segment: SegmentNumber, offset: UInt64, digest: Digest?, keepUntil: Day,
        joinedSlip: Slip? = nil, received: Timestamp = Timestamp(milliseconds: 0)
    ) {
        self.position = position
        self.segment = segment
        self.offset = offset
        self.digest = digest
        self.keepUntil = keepUntil
        self.joinedSlip = joinedSlip
        self.received = received
    }
}

/// Something to be noted, together with others in one transaction.
package enum LedgerChange: Sendable {
    /// What was kept, and how far each segment has thereby been followed.
    case kept([LedgerRow], segments: [SegmentRow])
    case slip(Slip, of: MailID)
    /// The mail's record at this position shall be passed on again, with this slip.
    case passOn(Slip, of: MailID, Position)
    /// Records that are gone, and their mails where no later record stands for them. Where they lay is
    /// no damage any more.
    case gone([Position], as: DayCount = .gone)
    /// Something happened to mails of these days that leaves no row.
    case counted(DayCount, [Day: Int])
    /// A segment was sealed, and all its records have their rows.
    case complete(SegmentNumber)
    /// What is known of records whose rows were bare; with `last`, the whole segment's now.
    case filled([LedgerRow], of: SegmentNumber, last: Bool)
    /// A segment that was dropped, with all its records.
    case dropped(SegmentNumber)
    case queue(String, QueueBook.Changes)
    /// A copy that is damaged is none: its mail is not held any more, unless `keepsRow` says that it is
    /// not to be forgotten.
    case damaged(CopyPlace, keepsRow: Bool)
    case marks([String: Int64])
    /// What lies there is whole after all, or nothing depends on it any more.
    case healed(CopyPlace)
    /// Whose record lay at a damaged place, where the index did not know it.
    case named(CopyPlace, MailID)
}

/// How far the ledger has followed one segment.
package struct SegmentRow: Hashable, Sendable {
    package var segment: SegmentNumber
    /// The day on which all of it was taken in.
    package var day: Day
    /// The last day on which one of its records may have to be kept.
    package var dropDay: Day
    /// Everything below this offset, where a batch ends, has its rows here.
    package var recordedUpTo: UInt64
    package var records: Int
    package var bytes: UInt64
    /// Only the table at its end was read: its rows say where records lie, and little more.
    package var isBare: Bool

    package init(
        segment: SegmentNumber, day: Day, dropDay: Day, recordedUpTo: UInt64, records: Int,
        bytes: UInt64, isBare: Bool = false
    ) {
        self.segment = segment
        self.day = day
        self.dropDay = dropDay
        self.recordedUpTo = recordedUpTo
        self.records = records
        self.bytes = bytes
        self.isBare = isBare
    }

    /// What `recordedUpTo` is once the segment is sealed and followed to its end.
    package static let complete = UInt64(Int64.max)
}
