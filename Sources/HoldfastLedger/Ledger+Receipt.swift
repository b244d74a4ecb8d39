// SPDX-License-Identifier: Apache-2.0
// What the local index tells of its mails, in the order of receipt.

internal import Foundation
internal import GRDB
package import HoldfastModel

/// A place in the order of receipt, where one page ends and the next begins.
package struct ReceiptPlace: Hashable, Sendable {
    package var received: Timestamp
    package var mail: MailID

    package init(received: Timestamp, mail: MailID) {
        self.received = received
        self.mail = mail
    }
}

/// A mail or a note as the local index knows it.
package struct IndexedMail: Hashable, Sendable {
    package var mail: MailID
    package var position: Position
    package var received: Timestamp
    package var size: UInt64
    package var keepUntil: Day
    package var sender: String
    package var subject: String
    package var messageID: String
    /// Size, sender and all of the summary are not known yet, and when it was received only roughly.
    package var isBare: Bool

    package var place: ReceiptPlace { ReceiptPlace(received: received, mail: mail) }
}

extension Ledger {
    private static let selectNewest = """
        SELECT mail_id, position, received, size, keep_until, sender, subject, message_id,
            digest IS NULL
        FROM qt_files
        WHERE keep_until >= ? AND received >= ? AND (received, mail_id) < (?, ?)
        ORDER BY received DESC, mail_id DESC LIMIT ?
        """

    /// What was received before a place, newest first. Reads the whole index: no row is in that order.
    ///
    /// - Parameter from: nothing that was received before this.
    /// - Parameter day: nothing whose keep-until day is before this.
    package func newest(
        below place: ReceiptPlace, from: Timestamp?, visibleOn day: Day, limit: Int
    ) throws -> [IndexedMail] {
        try read { database in
            let statement = try database.cachedStatement(sql: Self.selectNewest)
            let arguments: StatementArguments = [
                day.number, from?.milliseconds ?? .min, place.received.milliseconds,
                place.mail.blob, limit,
            ]
            return try Row.fetchAll(statement, arguments: arguments).compactMap(IndexedMail.init)
        }
    }
}

extension IndexedMail {
    fileprivate init?(_ row: Row) {
        guard let mail = MailID(bytes: row[0] as Data) else { return nil }
        self.mail = mail
        position = Position(raw: UInt64(bitPattern: row[1]))
        received = Timestamp(milliseconds: row[2])
        size = UInt64(bitPattern: row[3])
        keepUntil = Day(number: row[4])
        (sender, subject, messageID) = (row[5], row[6], row[7])
        isBare = row[8]
    }
}
