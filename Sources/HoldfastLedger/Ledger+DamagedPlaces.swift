// SPDX-License-Identifier: Apache-2.0
// The places in segments that were found damaged (D5).

internal import Foundation
internal import GRDB
package import HoldfastModel
internal import Synchronization

extension Ledger {
    /// What is known to be damaged in a segment, healed or not.
    package func damaged(in segment: SegmentNumber) throws -> [DamagedCopy] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: "SELECT segment, offset, mail_id, healed FROM damaged WHERE segment = ?"),
                arguments: [Int64(bitPattern: segment)]
            ).map(DamagedCopy.init)
        }
    }

    /// What is damaged and was not healed, in the order of places.
    package func unhealed(after place: CopyPlace, limit: Int) throws -> [DamagedCopy] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT segment, offset, mail_id, healed FROM damaged
                        WHERE healed = 0 AND (segment, offset) > (?, ?)
                        ORDER BY segment, offset LIMIT ?
                        """),
                arguments: [
                    Int64(bitPattern: place.segment), Int64(clamping: place.offset), limit,
                ]
            ).map(DamagedCopy.init)
        }
    }

    /// All that is known to be damaged, in the order of places.
    ///
    /// - Parameter healed: whether another record stands for what lay there.
    package func damagedPlaces(healed: Bool) throws -> [CopyPlace] {
        try read { database in
            try Row.fetchAll(
                database.cachedStatement(
                    sql: """
                        SELECT segment, offset FROM damaged WHERE healed = ? ORDER BY segment, offset
                        """),
                arguments: [healed]
            ).map { row in
                CopyPlace(
                    segment: UInt64(bitPattern: row[0]), offset: UInt64(bitPattern: row[1]))
            }
        }
    }

    /// Whose record lay at a damaged place; what is known here stands.
    func name(_ damaged: CopyPlace, _ mail: MailID, in database: Database) throws {
        try database.execute(
            sql: """
                UPDATE damaged SET mail_id = ? WHERE segment = ? AND offset = ? AND mail_id IS NULL
                """,
            arguments: [
                mail.blob, Int64(bitPattern: damaged.segment), Int64(bitPattern: damaged.offset),
            ])
    }

    /// What lies there is whole after all, or nothing depends on it any more.
    func heal(_ damaged: CopyPlace, in database: Database) throws {
        try database.execute(
            sql: "UPDATE damaged SET healed = 1 WHERE segment = ? AND offset = ?",
            arguments: [Int64(bitPattern: damaged.segment), Int64(bitPattern: damaged.offset)])
    }

    /// True once after places were healed.
    package func takeHasHealed() -> Bool {
        hasHealed.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// - Parameter keepsRow: the mail is still looked for there, by whoever keeps no other copy.
    func note(_ damaged: CopyPlace, keepsRow: Bool, in database: Database) throws {
        let place: StatementArguments = [
            Int64(bitPattern: damaged.segment), Int64(bitPattern: damaged.offset),
        ]
        let mail = "(SELECT mail_id FROM qt_files_entries WHERE segment = ?1 AND offset = ?2)"
        try database.execute(
            sql:
                "INSERT OR IGNORE INTO damaged (segment, offset, mail_id) VALUES (?1, ?2, \(mail))",
            arguments: place)
        guard !keepsRow else { return }
        let position = "(SELECT position FROM qt_files_entries WHERE segment = ?1 AND offset = ?2)"
        let known = try Int64.fetchOne(database, sql: "SELECT \(position)", arguments: place)
        if let known {
            let positions = [Position(raw: UInt64(bitPattern: known))]
            try count(.gone, days(of: positions, in: database), in: database)
        }
        try database.execute(
            sql: "DELETE FROM qt_files WHERE mail_id = \(mail) AND position = \(position)",
            arguments: place)
        try database.execute(
            sql: "DELETE FROM qt_files_entries WHERE segment = ?1 AND offset = ?2",
            arguments: place)
    }

    /// Other records stand for these mails now: where they lay damaged is healed.
    func heal(_ mails: [MailID], in database: Database) throws {
        let isAny = try Bool.fetchOne(
            database.cachedStatement(sql: "SELECT 1 FROM damaged WHERE NOT healed LIMIT 1"))
        guard isAny == true else { return }
        let heal = try database.cachedStatement(
            sql: "UPDATE damaged SET healed = 1 WHERE mail_id = ? AND NOT healed")
        for mail in mails {
            try heal.execute(arguments: [mail.blob])
            if database.changesCount > 0 { hasHealed.store(true, ordering: .releasing) }
        }
    }
}

extension DamagedCopy {
    fileprivate init(_ row: Row) {
        let mail: Data? = row[2]
        self.init(
            place: CopyPlace(
                segment: UInt64(bitPattern: row[0]), offset: UInt64(bitPattern: row[1])),
            mail: mail.flatMap { MailID(bytes: $0) }, isHealed: row[3])
    }
}
