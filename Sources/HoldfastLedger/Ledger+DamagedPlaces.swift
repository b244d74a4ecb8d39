// SPDX-License-Identifier: Apache-2.0
// The places in segments that were found damaged (D5).

internal import GRDB
package import HoldfastModel

/// Where a record, or what begins there, is not what was written.
package struct DamagedPlace: Hashable, Sendable {
    package var segment: SegmentNumber
    package var offset: UInt64

    package init(segment: SegmentNumber, offset: UInt64) {
        self.segment = segment
        self.offset = offset
    }
}

extension Ledger {
    /// All that is known to be damaged and was not healed.
    package func damagedPlaces() throws -> [DamagedPlace] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT segment, offset FROM damaged").map { row in
                DamagedPlace(
                    segment: UInt64(bitPattern: row[0]), offset: UInt64(bitPattern: row[1]))
            }
        }
    }

    func heal(_ damaged: DamagedPlace, in database: Database) throws {
        try database.execute(
            sql: "DELETE FROM damaged WHERE segment = ? AND offset = ?",
            arguments: [Int64(bitPattern: damaged.segment), Int64(bitPattern: damaged.offset)])
    }

    func note(_ damaged: DamagedPlace, in database: Database) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO damaged (segment, offset) VALUES (?, ?)",
            arguments: [Int64(bitPattern: damaged.segment), Int64(bitPattern: damaged.offset)])
    }
}
