// SPDX-License-Identifier: Apache-2.0
// The words by which a mail is found, place by place: the same for both databases.

internal import HoldfastMIME
package import HoldfastModel

/// The normalised words of one mail, as a full-text index takes them.
package struct SearchWords: Sendable {
    package var body: String
    package var subject: String
    package var from: String
    package var to: String
    package var cc: String
    package var bcc: String
    package var mailFrom: String
    package var rcpt: String
    package var names: String
    /// Words that nobody can type, by which other things are found: see `Mark`.
    package var marks: String

    /// `body` is normalised already.
    package init(of summary: Summary, _ envelope: Envelope, body: String) {
        self.body = body
        subject = SearchText.words(summary.subject)
        from = Self.words(summary.from)
        to = Self.words(summary.to)
        cc = Self.words(summary.cc)
        bcc = Self.words(summary.bcc)
        mailFrom = SearchText.words(envelope.sender)
        rcpt = Self.words(of: envelope.recipients)
        names = Self.words(of: summary.attachments.map(\.name))
        marks = Mark.all(of: summary).joined(separator: " ")
    }

    /// One address after the other; they do not touch, so that ideographs make no pair across.
    private static func words(_ addresses: [Address]) -> String {
        var bytes: [UInt8] = []
        for address in addresses {
            SearchText.append(address.name, to: &bytes, bytesMax: bytesMax)
            SearchText.append(address.address, to: &bytes, bytesMax: bytesMax)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func words(of texts: [String]) -> String {
        var bytes: [UInt8] = []
        for text in texts { SearchText.append(text, to: &bytes, bytesMax: bytesMax) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Bytes of one place's words; a hundred thousand recipients are not all findable by name.
    private static let bytesMax = 1 << 20
}

/// Words of the index that no text has, because a normalised text holds no `§`.
package enum Mark {
    /// Something is attached.
    package static let attachment = "§a"

    /// A word of an attachment's type, or the ending of its name.
    package static func type(_ word: String) -> String { "§t\(word)" }

    /// Narrows a search for a Message-ID down to a few mails.
    package static func messageID(_ id: String) -> String {
        "§m" + hex(crc32c(ArraySlice(id.utf8)))
    }

    /// Narrows a search for a digest down to a few mails: its first eight digits.
    package static func digest(_ digits: some StringProtocol) -> String { "§s\(digits)" }

    package static func all(of summary: Summary) -> [String] {
        var marks = [digest(hex(UInt32(summary.digest.words.0 >> 32)))]
        if !summary.messageID.isEmpty { marks.append(messageID(summary.messageID)) }
        guard !summary.attachments.isEmpty else { return marks }
        marks.append(attachment)
        for attachment in summary.attachments.prefix(attachmentsMax) {
            marks += types(of: attachment).map(type)
        }
        return marks
    }

    /// The words of a type, and the ending of a name after them: `application`, `pdf`, `pdf`.
    package static func types(of attachment: Attachment) -> [String] {
        let ending = attachment.name.lastIndex(of: ".").map { attachment.name[$0...] } ?? ""
        return SearchText.terms(attachment.type) + SearchText.terms(String(ending)).prefix(1)
    }

    /// Attachments of one mail whose types are entered.
    private static let attachmentsMax = 1000

    private static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
