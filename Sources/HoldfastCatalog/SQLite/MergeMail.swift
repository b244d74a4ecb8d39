// SPDX-License-Identifier: Apache-2.0
// A mail's summary, entered once; later copies only join their slips to it.

internal import Foundation
internal import GRDB
internal import HoldfastModel

extension Merge {
    /// Nil for one that was purged.
    mutating func keepMail(_ item: IndexItem, _ slip: Slip) throws -> Entered? {
        let (mail, wishes) = (item.record.header.mail, Wishes(database))
        let received = item.record.header.received.day
        if let until = try wishes.refuse(mail, received: received, from: source.row) {
            // Past that day a gateway may have the same octets anew: those are not acked by this copy.
            if today <= until {
                ack(
                    mail, for: slip.gateways, copies: slip.copiesWanted,
                    received: item.record.header.received)
            }
            return nil
        }
        if let known = try KnownMail(database, mail) {
            let entered = try join(item, slip, to: known)
            if entered.isNew { try wishes.greet(mail, from: source.row) }
            return entered
        }
        try wishes.greet(mail, from: source.row)
        if item.entry.again, slip.keepUntil < today {
            try Days.uncount("expired", received, database)
        }
        let key = try insertMail(item, slip)
        return try EntryTable.files.enterFirst(
            item.entry, of: key, from: &source, wanted: slip.copiesWanted, database)
    }

    private mutating func join(
        _ item: IndexItem, _ slip: Slip, to known: KnownMail
    ) throws -> Entered {
        let wanted = max(known.copiesWanted, slip.copiesWanted)
        let keepUntil = max(known.keepUntil, Int64(slip.keepUntil.number))
        let entered = try EntryTable.files.enter(
            item.entry, of: known.key, from: &source, wanted: wanted, keepUntil: keepUntil,
            database)
        if keepUntil > known.keepUntil {
            try database.execute(
                sql: "UPDATE qt_files SET keep_until = ? WHERE id = ?",
                arguments: [keepUntil, known.key])
            texts.extend(known.table, to: keepUntil)
        }
        let counted = entered.counting.counted(disksMayBeShared: acks.disksMayBeShared)
        if wanted != known.copiesWanted || entered.copies != known.copies
            || counted != known.counted
        {
            let update = try database.cachedStatement(
                sql: "UPDATE qt_files SET copies = ?, copies_wanted = ?, counted = ? WHERE id = ?")
            try update.execute(arguments: [entered.copies, wanted, counted, known.key])
        }
        return entered
    }

    private mutating func insertMail(_ item: IndexItem, _ slip: Slip) throws -> Int64 {
        let record = item.record
        let summary = try Summary(decoding: record.summary)
        let envelope = try Envelope(decoding: record.envelope)
        let words = SearchWords(of: summary, envelope, body: item.words)
        let key = try freeKey(for: record.header, in: "qt_files")
        let table = TextTable.number(keepUntil: slip.keepUntil, today: today)
        let insert = try database.cachedStatement(sql: Self.insertMail)
        insert.setUncheckedArguments([
            key, Int64(slip.keepUntil.number), summary.date?.milliseconds,
            Int64(clamping: summary.size), 1, slip.copiesWanted, table, record.header.mail.data,
            Data(summary.digest.bytes), summary.messageID.ifAny, summary.subject.ifAny,
            summary.from.map(\.text).joined(separator: ", ").ifAny,
            TextList.json(summary.to.map(\.text)), TextList.json(summary.cc.map(\.text)),
            TextList.json(summary.attachments.flatMap { [$0.name, $0.type] }),
            TextList.json(summary.bcc.map(\.text)), TextList.json(summary.replyTo.map(\.text)),
            envelope.sender.ifAny, TextList.json(envelope.recipients), envelope.flags,
            envelope.origin.transport.ifAny, envelope.origin.client.ifAny,
            envelope.origin.greeting.ifAny, TextList.json(summary.verdicts), source.counts ? 1 : 0,
            words.score,
        ])
        try insert.execute()
        texts.add(words, key: key, table: table, keepUntil: Int64(slip.keepUntil.number))
        newMails += 1
        newBytes += Int64(clamping: summary.size)
        return key
    }

    private static let insertMail = """
        INSERT INTO qt_files (id, keep_until, date, size, copies, copies_wanted, text_table,
            mail_id, sha256, message_id, subject, from_text, to_texts, cc_texts, attachments,
            bcc_texts, reply_to_texts, sender, recipients, smtp_flags, transport, client, greeting,
            verdicts, counted, score)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    /// The number that follows from mail id and receipt, or the next one that no other mail has.
    func freeKey(for header: RecordHeader, in table: String) throws -> Int64 {
        let taken = try database.cachedStatement(sql: "SELECT 1 FROM \(table) WHERE id = ?")
        var key = Key.of(header.mail, received: header.received)
        while try Bool.fetchOne(taken, arguments: [key]) != nil { key = Key.next(after: key) }
        return key
    }
}

/// What the catalog has of a mail already.
private struct KnownMail {
    let key: Int64
    let keepUntil: Int64
    let copies: Int
    let copiesWanted: Int
    let table: Int64
    let counted: Int

    init?(_ database: Database, _ mail: MailID) throws {
        let select = try database.cachedStatement(
            sql: """
                SELECT id, keep_until, copies, copies_wanted, text_table, counted FROM qt_files
                WHERE mail_id = ?
                """)
        guard let row = try Row.fetchOne(select, arguments: [mail.data]) else { return nil }
        key = row[0]
        keepUntil = row[1]
        copies = row[2]
        copiesWanted = row[3]
        table = row[4]
        counted = row[5]
    }
}

extension Envelope {
    /// `1` for 8BITMIME, `2` for SMTPUTF8; nil for neither.
    var flags: Int64? {
        let flags: Int64 = (eightBit ? 1 : 0) | (utf8 ? 2 : 0)
        return flags == 0 ? nil : flags
    }
}

extension MailID {
    var data: Data { Data(bytes) }
}

extension NodeID {
    var data: Data { Data(bytes) }
}

extension String {
    /// Nil in place of nothing.
    var ifAny: String? { isEmpty ? nil : self }
}
