// SPDX-License-Identifier: Apache-2.0
// What `level` measured, as tables or as JSON.

internal import Foundation

/// The keys of the JSON are these names.
struct LevelReport: Encodable {
    struct Row: Encodable {
        var with: String
        var mails_in_store: Int
        /// In the Index Queue, at the beginning.
        var waiting: Int
        var mails_per_second: Double?
        var indexed_per_second: Double?
        /// Of the whole program, until what was sent is indexed where somebody indexes.
        var cpu_ms_per_mail: Double
    }

    struct Store: Encodable {
        var mails: Int
        var message_bytes: Int
        var segment_bytes_per_mail: Double
        var ledger_bytes_per_mail: Double
        var catalog_bytes_per_mail: Double
        var seconds_until_mail_is_taken: Double
        var seconds_of_status: Double
        var seconds_of_audit: Double
        var seconds_of_verify: Double
    }

    var rows: [Row] = []
    var store: Store?

    func print(as format: BenchOptions.Format) throws {
        guard format == .table else {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            return Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
        }
        Swift.print(Hardware.description)
        Swift.print(
            Self.line("mails in store", "waiting", "mails/s", "indexed/s", "ms CPU", "with"))
        for row in rows {
            Swift.print(
                Self.line(
                    "\(row.mails_in_store)", "\(row.waiting)",
                    row.mails_per_second.map { Self.number($0, 0) } ?? "",
                    row.indexed_per_second.map { Self.number($0, 0) } ?? "",
                    Self.number(row.cpu_ms_per_mail, 3), row.with))
        }
        if let store { Self.print(store) }
    }

    private static func print(_ store: Store) {
        Swift.print(
            """
            \(store.mails) mails of \(store.message_bytes) octets: \
            \(number(store.segment_bytes_per_mail, 0)) bytes of segments, \
            \(number(store.ledger_bytes_per_mail, 0)) of ledger, \
            \(number(store.catalog_bytes_per_mail, 0)) of catalog each
            a start until mail is taken: \(number(store.seconds_until_mail_is_taken, 1)) s; \
            status \(number(store.seconds_of_status, 1)) s, \
            audit of the day \(number(store.seconds_of_audit, 1)) s, \
            verify \(number(store.seconds_of_verify, 1)) s
            """)
    }

    private static func line(_ cells: String...) -> String {
        let widths = [14, 8, 8, 9, 7, 0]
        return zip(cells, widths).map { cell, width in
            String(repeating: " ", count: max(0, width - cell.count)) + cell
        }.joined(separator: "  ")
    }

    private static func number(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}
