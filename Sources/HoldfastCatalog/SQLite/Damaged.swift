// SPDX-License-Identifier: Apache-2.0
// Whether anything depends on copies that are damaged.

internal import Foundation
internal import GRDB
package import HoldfastModel

extension SQLiteCatalog {
    package func known(
        _ damaged: [DamagedCopy], at node: NodeID
    ) throws(CatalogError) -> [DamagedCopy] {
        try read { database in
            let row = try Self.row(of: node, database)
            return try damaged.compactMap { copy in
                var known = copy
                if known.mail == nil, let row {
                    known.mail = try Self.mail(at: copy.place, of: row, database)
                }
                if let mail = known.mail {
                    known.isHealed = try Self.needsNothing(mail, at: copy.place, row, database)
                }
                return known == copy ? nil : known
            }
        }
    }

    private static func mail(
        at place: CopyPlace, of node: Int64, _ database: Database
    ) throws -> MailID? {
        for table in EntryTable.all {
            let select = try database.cachedStatement(
                sql: """
                    SELECT \(table.ownerID) FROM \(table.owner) WHERE id =
                        (SELECT file FROM \(table.name)
                        WHERE node = ? AND segment = ? AND record_offset = ?)
                    """)
            let found = try Data.fetchOne(
                select,
                arguments: [node, Int64(clamping: place.segment), Int64(clamping: place.offset)])
            if let found { return MailID(bytes: found) }
        }
        return nil
    }

    /// It was purged, or has its copies, none of them at this place.
    private static func needsNothing(
        _ mail: MailID, at place: CopyPlace, _ node: Int64?, _ database: Database
    ) throws -> Bool {
        // The same octets may have been taken in again since.
        let purged = try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT 1 FROM qt_purges WHERE mail_id = ?1
                    AND NOT EXISTS (SELECT 1 FROM qt_files WHERE mail_id = ?1)
                    """),
            arguments: [mail.data])
        if purged == true { return true }
        for table in EntryTable.all {
            let select = try database.cachedStatement(
                sql: """
                    SELECT counted >= copies_wanted AND NOT EXISTS (SELECT 1 FROM \(table.name) e
                        WHERE e.file = o.id AND e.node = ?2 AND e.segment = ?3
                            AND e.record_offset = ?4)
                    FROM \(table.owner) o WHERE \(table.ownerID) = ?1
                    """)
            let stands = try Bool.fetchOne(
                select,
                arguments: [
                    mail.data, node, Int64(clamping: place.segment), Int64(clamping: place.offset),
                ])
            if let stands { return stands }
        }
        return false
    }
}
