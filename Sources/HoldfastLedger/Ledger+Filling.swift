// SPDX-License-Identifier: Apache-2.0
// What a ledger that was lost learns of its records after it is open again.

internal import Foundation
internal import GRDB
internal import HoldfastModel

extension Ledger {
    /// How many records have rows, and how many of those are bare.
    package func filling() throws -> (bare: Int, all: Int) {
        try read { database in
            let row = try Row.fetchOne(
                database.cachedStatement(
                    sql: "SELECT sum(records) FILTER (WHERE is_bare), sum(records) FROM segments"))
            return (row?[0] ?? 0, row?[1] ?? 0)
        }
    }

    func fill(
        _ rows: [LedgerRow], of segment: SegmentNumber, last: Bool, in database: Database
    ) throws {
        let update = try database.cachedStatement(
            sql: """
                UPDATE qt_files SET received = ?, size = ?, digest = ?, sender = ?, subject = ?,
                    message_id = ? WHERE mail_id = ? AND digest IS NULL
                """)
        let received = try database.cachedStatement(
            sql: "SELECT received FROM qt_files WHERE mail_id = ? AND digest IS NULL")
        var kept: [Day: Int] = [:]
        for row in rows {
            if row.kind == .mail,
                let before = try Int64.fetchOne(received, arguments: [row.mail.blob])
            {
                // It was counted on the day of its segment.
                kept[Timestamp(milliseconds: before).day, default: 0] -= 1
                kept[row.received.day, default: 0] += 1
            }
            try update.execute(arguments: [
                row.received.milliseconds, Int64(clamping: row.size), row.digest?.blob, row.sender,
                row.subject, row.messageID, row.mail.blob,
            ])
        }
        try count(.kept, kept, in: database)
        guard last else { return }
        try database.execute(
            sql: "UPDATE segments SET is_bare = 0 WHERE segment = ?",
            arguments: [Int64(bitPattern: segment)])
    }
}
