// SPDX-License-Identifier: Apache-2.0
// A note: what a person did to a mail. It has entries of its own, and is acked by them like a mail.

internal import Foundation
internal import GRDB
internal import HoldfastModel

extension Merge {
    /// A note may come before its mail, and before its order: neither has to be there.
    mutating func keepNote(_ note: Note, _ item: IndexItem, _ slip: Slip) throws -> Entered {
        let id = note.id
        let select = try database.cachedStatement(
            sql: "SELECT id, copies_wanted, keep_until FROM qt_notes WHERE note_id = ?")
        guard let known = try Row.fetchOne(select, arguments: [id.data]) else {
            let key = try freeKey(for: item.record.header, in: "qt_notes")
            try insert(note, key: key, slip)
            // First, for a hold has the copies of what is about its mail counted again.
            let entered = try EntryTable.notes.enterFirst(
                item.entry, of: key, from: &source, wanted: slip.copiesWanted, database)
            try Wishes(database).apply(note, keepUntil: slip.keepUntil)
            try Wishes(database).confirm(note, by: source.row)
            try Wishes(database).greet(note, from: source.row)
            return entered
        }
        try Wishes(database).confirm(note, by: source.row)
        try Wishes(database).greet(note, from: source.row)
        let wanted = max(known[1], slip.copiesWanted)
        let keepUntil = max(known[2], Int64(slip.keepUntil.number))
        let entered = try EntryTable.notes.enter(
            item.entry, of: known[0], from: &source, wanted: wanted, keepUntil: keepUntil,
            database)
        try database.cachedStatement(
            sql: "UPDATE qt_notes SET copies_wanted = ?, keep_until = ?, counted = ? WHERE id = ?"
        ).execute(arguments: [
            wanted, keepUntil,
            entered.counting.counted(disksMayBeShared: acks.disksMayBeShared),
            known[0] as Int64,
        ])
        return entered
    }

    private func insert(_ note: Note, key: Int64, _ slip: Slip) throws {
        let sent = note.results.count { $0.outcome == .sent }
        try database.cachedStatement(
            sql: """
                INSERT INTO qt_notes (id, note_id, mail_id, order_id, noted, noted_by, sent_to,
                    results, line_ends_changed, sent, copies_wanted, keep_until, counted, kind,
                    reason)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            key, note.id.data, note.mail.data, note.order.data, note.at.milliseconds,
            note.by.ifAny, note.sentTo.ifAny, NoteResults.json(note.results),
            note.lineEndsChanged, sent, slip.copiesWanted, Int64(slip.keepUntil.number),
            source.counts ? 1 : 0, note.kind.rawValue, note.reason.ifAny,
        ])
        try database.cachedStatement(
            sql: """
                UPDATE qt_orders SET stage = 'finished', reason = '', since = ?
                WHERE order_id = ? AND stage <> 'finished'
                """
        ).execute(arguments: [note.at.milliseconds, note.order.data])
    }
}

/// What became of each recipient, as one list of texts: recipient, outcome, reply, and so on.
enum NoteResults {
    private static let outcomes: [(RecipientResult.Outcome, String)] = [
        (.sent, "sent"), (.refused, "refused"), (.inDoubt, "in doubt"),
    ]

    static func json(_ results: [RecipientResult]) -> String {
        let texts = results.flatMap { result in
            let outcome = outcomes.first { $0.0 == result.outcome }?.1 ?? ""
            return [result.recipient, outcome, result.reply]
        }
        return TextList.json(texts) ?? "[]"
    }

    static func read(_ json: String) throws(CatalogError) -> [RecipientResult] {
        var texts = try TextList.texts(json)[...]
        var results: [RecipientResult] = []
        while texts.count >= 3 {
            let three = Array(texts.prefix(3))
            guard let outcome = outcomes.first(where: { $0.1 == three[1] })?.0 else {
                throw .damaged("a note with the outcome '\(three[1])'")
            }
            results.append(
                RecipientResult(recipient: three[0], outcome: outcome, reply: three[2]))
            texts = texts.dropFirst(3)
        }
        return results
    }
}
