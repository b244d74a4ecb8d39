// SPDX-License-Identifier: Apache-2.0
// The tables of a catalog in SQLite. The paper's two keep their names (R24).
//
// A row's `id` is made from the time of receipt (see Key), so that newest first is the order of the
// table, and a range of receipt is a range of rows. Columns with numbers come first, because a row
// is read only as far as the last column asked for. An empty text or list is NULL: it costs nothing.
//
// What each index is for, and its bytes a mail:
//   mail_id     28   one mail, one row; the id that people give
//   keep_until  15   what has expired, without reading what has not
//   date        18   `date:`, which for imported mail is another order than that of receipt
//   entries by segment  15 a copy   what a dropped segment takes along
//   short        9   mails with fewer copies than wanted, and no others
// Message-ID and SHA-256 have none: they are marks in the full text, which is written in order,
// while the pages of an index over random values would each be written again with every batch.

internal import GRDB

enum Schema {
    /// `HFCA`, in the header of the database file.
    private static let application = 0x4846_4341

    /// Each takes a catalog one version further, and is never changed once it was released.
    private static let versions = [version5]
    /// What was made before the first of them is made anew from the storages: none was ever released.
    private static let first = 5

    static var known: Int { first + versions.count - 1 }

    static func migrate(_ database: Database, path: String) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= known else {
            throw CatalogError.newerSchema(found: version, known: known)
        }
        try refuseStranger(database, version: version, path: path)
        guard version == 0 || version >= first else {
            throw CatalogError.damaged("it was made before the first release")
        }
        for (number, statements) in versions.enumerated() where first + number > version {
            try database.execute(sql: statements)
            try database.execute(sql: "PRAGMA application_id = \(application)")
            try database.execute(sql: "PRAGMA user_version = \(first + number)")
        }
    }

    private static func refuseStranger(
        _ database: Database, version: Int, path: String
    ) throws {
        let application = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        let isNew = version == 0 && application == 0 && tables == 0
        guard isNew || application == Self.application else {
            throw CatalogError.notACatalog(path: path)
        }
    }

    private static let version5 = """
        CREATE TABLE qt_nodes (
            id INTEGER PRIMARY KEY,
            node BLOB NOT NULL UNIQUE,
            name TEXT NOT NULL,
            position INTEGER NOT NULL,
            disk INTEGER NOT NULL,
            host TEXT NOT NULL,
            entries INTEGER NOT NULL,
            -- Whether its copies count; and, while that is news to its mails, up to where they know.
            counts INTEGER NOT NULL DEFAULT 1,
            gone INTEGER NOT NULL DEFAULT 0,
            walk_table INTEGER,
            walk_segment INTEGER NOT NULL DEFAULT 0,
            walk_file INTEGER NOT NULL DEFAULT 0
        ) STRICT;

        CREATE TABLE qt_files (
            id INTEGER PRIMARY KEY,
            keep_until INTEGER NOT NULL,
            date INTEGER,
            size INTEGER NOT NULL,
            -- All entries, whether they count or not.
            copies INTEGER NOT NULL,
            copies_wanted INTEGER NOT NULL,
            -- Copies that count: by nodes that count, kept as long as the mail (or held), each disk once
            -- where they must be independent.
            counted INTEGER NOT NULL,
            text_table INTEGER NOT NULL,
            -- What a spam scanner gave it, in thousandths of a point.
            score INTEGER,
            mail_id BLOB NOT NULL UNIQUE,
            sha256 BLOB NOT NULL,
            message_id TEXT,
            subject TEXT,
            from_text TEXT,
            to_texts TEXT,
            cc_texts TEXT,
            attachments TEXT,
            bcc_texts TEXT,
            reply_to_texts TEXT,
            sender TEXT,
            recipients TEXT,
            smtp_flags INTEGER,
            transport TEXT,
            client TEXT,
            greeting TEXT,
            verdicts TEXT,
            received INTEGER AS (id >> 20) VIRTUAL
        ) STRICT;
        CREATE INDEX qt_files_keep_until ON qt_files (keep_until);
        CREATE INDEX qt_files_date ON qt_files (date);
        CREATE INDEX qt_files_short ON qt_files (id) WHERE counted < copies_wanted;

        CREATE TABLE qt_files_entries (
            file INTEGER NOT NULL REFERENCES qt_files (id),
            node INTEGER NOT NULL REFERENCES qt_nodes (id),
            segment INTEGER NOT NULL,
            record_offset INTEGER NOT NULL,
            length INTEGER NOT NULL,
            position INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            keep_until INTEGER NOT NULL,
            -- When it was entered here: a catalog made anew knows only when that was.
            entered INTEGER NOT NULL,
            PRIMARY KEY (file, node)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX qt_files_entries_segment ON qt_files_entries (node, segment);

        CREATE TABLE qt_notes (
            id INTEGER PRIMARY KEY,
            note_id BLOB NOT NULL UNIQUE,
            mail_id BLOB NOT NULL,
            order_id BLOB NOT NULL,
            noted INTEGER NOT NULL,
            noted_by TEXT,
            sent_to TEXT,
            results TEXT NOT NULL,
            line_ends_changed INTEGER NOT NULL,
            sent INTEGER NOT NULL,
            copies_wanted INTEGER NOT NULL,
            counted INTEGER NOT NULL,
            keep_until INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            reason TEXT
        ) STRICT;
        CREATE INDEX qt_notes_mail ON qt_notes (mail_id, sent);
        CREATE INDEX qt_notes_short ON qt_notes (id) WHERE counted < copies_wanted;

        CREATE TABLE qt_notes_entries (
            file INTEGER NOT NULL REFERENCES qt_notes (id),
            node INTEGER NOT NULL REFERENCES qt_nodes (id),
            segment INTEGER NOT NULL,
            record_offset INTEGER NOT NULL,
            length INTEGER NOT NULL,
            position INTEGER NOT NULL,
            checksum INTEGER NOT NULL,
            keep_until INTEGER NOT NULL,
            -- When it was entered here: a catalog made anew knows only when that was.
            entered INTEGER NOT NULL,
            PRIMARY KEY (file, node)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX qt_notes_entries_segment ON qt_notes_entries (node, segment);

        CREATE TABLE qt_orders (
            order_id BLOB PRIMARY KEY,
            mail_id BLOB NOT NULL,
            gateway TEXT NOT NULL,
            stage TEXT NOT NULL,
            reason TEXT NOT NULL,
            since INTEGER NOT NULL,
            ordered INTEGER NOT NULL,
            ordered_by TEXT NOT NULL,
            encoded BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX qt_orders_mail ON qt_orders (mail_id);
        CREATE INDEX qt_orders_queued ON qt_orders (ordered) WHERE stage = 'queued';

        -- The full-text tables: each has the words of the mails of one week of keep-until days.
        CREATE TABLE qt_texts (
            number INTEGER PRIMARY KEY,
            keep_until INTEGER NOT NULL,
            oldest INTEGER NOT NULL,
            newest INTEGER NOT NULL,
            has_holes INTEGER NOT NULL
        ) STRICT;

        -- What became of the mails received on a day, when they are not there any more.
        CREATE TABLE qt_days (
            day INTEGER NOT NULL,
            what TEXT NOT NULL,
            mails INTEGER NOT NULL,
            PRIMARY KEY (day, what)
        ) STRICT, WITHOUT ROWID;

        -- What people want of a mail, by the newest of its notes; made again from the notes.
        CREATE TABLE qt_holds (
            mail_id BLOB PRIMARY KEY,
            order_id BLOB NOT NULL,
            noted INTEGER NOT NULL,
            held INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE qt_purges (
            mail_id BLOB PRIMARY KEY,
            order_id BLOB NOT NULL,
            noted INTEGER NOT NULL,
            keep_until INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX qt_purges_keep_until ON qt_purges (keep_until);
        -- Orders of people that a storage has not confirmed: its list of work, oldest first.
        CREATE TABLE qt_dues (
            node INTEGER NOT NULL REFERENCES qt_nodes (id),
            noted INTEGER NOT NULL,
            order_id BLOB NOT NULL,
            mail_id BLOB NOT NULL,
            kind INTEGER NOT NULL,
            noted_by TEXT NOT NULL,
            reason TEXT NOT NULL,
            keep_until INTEGER NOT NULL,
            PRIMARY KEY (node, noted, order_id, mail_id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX qt_dues_order ON qt_dues (order_id, mail_id);

        CREATE TABLE qt_marks (
            mark TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE qt_totals (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            mails INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            -- When somebody last wanted something held, or not any more; it never goes back.
            holds_number INTEGER NOT NULL,
            disks_may_be_shared INTEGER NOT NULL
        ) STRICT;
        INSERT INTO qt_totals VALUES (1, 0, 0, 0, 0);
        """
}
