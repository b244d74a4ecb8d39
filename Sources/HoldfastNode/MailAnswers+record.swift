// SPDX-License-Identifier: Apache-2.0
// A mail as people are shown it, read from its record instead of from the catalog.

package import HoldfastModel

extension MailAnswer {
    /// - Parameter copies: as many as whoever read the record knows of.
    package init(
        _ header: RecordHeader, _ summary: Summary, _ envelope: Envelope, copies: Int,
        copiesWanted: Int, keepUntil: Day
    ) {
        self.init(
            id: header.mail.description, received: header.received.iso8601,
            date: summary.date?.iso8601,
            from: summary.from.map(\.text).joined(separator: ", "),
            to: summary.to.map(\.text), cc: summary.cc.map(\.text), subject: summary.subject,
            message_id: summary.messageID, size: Int(clamping: header.originalBytes),
            sha256: summary.digest.hex, keep_until: keepUntil.description, copies: copies,
            copies_wanted: copiesWanted,
            attachments: summary.attachments.map { $0.name.isEmpty ? $0.type : $0.name },
            sender: envelope.sender, recipients: envelope.recipients, released: nil)
    }
}
