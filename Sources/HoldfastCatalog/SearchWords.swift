// SPDX-License-Identifier: Apache-2.0
// The words by which a mail is found, place by place: the same for both databases.

package import HoldfastMIME
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
    /// Thousandths of a point; nil where no scanner gave any.
    package var score: Int64?

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
        let judgement = Judgement(of: summary.verdicts)
        marks = Mark.all(of: summary, envelope, judgement).joined(separator: " ")
        score = judgement.score
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

    /// A scanner's word.
    package static func reason(_ reason: Judgement.Reason) -> String { "§v\(reason.rawValue)" }

    /// A whole domain as one word, for each place in which people stand.
    package static func domain(_ terms: [String], in place: Places) -> String {
        let letter = peoplePlaces.first { $0.0 == place }?.1 ?? ""
        return "§d\(letter)" + terms.joined(separator: "§")
    }

    package static let peoplePlaces: [(Places, String)] = [
        (.from, "f"), (.to, "t"), (.cc, "c"), (.bcc, "b"), (.mailFrom, "s"), (.rcpt, "r"),
    ]

    /// What stands behind the last `@`, normalised; nil where there is none.
    package static func domainTerms(_ address: String) -> [String]? {
        guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return nil }
        let terms = SearchText.terms(String(address[address.utf8.index(after: at)...]))
        return terms.isEmpty ? nil : terms
    }

    private static func domains(of addresses: [String], in place: Places) -> [String] {
        var seen: Set<Substring> = []
        return addresses.prefix(addressesMax).compactMap { address in
            guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")),
                seen.insert(address[at...]).inserted
            else { return nil }
            return domainTerms(address).map { domain($0, in: place) }
        }
    }

    /// Addresses of one place whose domains are entered.
    private static let addressesMax = 10_000

    package static func all(
        of summary: Summary, _ envelope: Envelope, _ judgement: Judgement
    ) -> [String] {
        var marks = [digest(hex(UInt32(summary.digest.words.0 >> 32)))]
        if !summary.messageID.isEmpty { marks.append(messageID(summary.messageID)) }
        marks += domains(of: summary.from.map(\.address), in: .from)
        marks += domains(of: summary.to.map(\.address), in: .to)
        marks += domains(of: summary.cc.map(\.address), in: .cc)
        marks += domains(of: summary.bcc.map(\.address), in: .bcc)
        marks += domains(of: [envelope.sender], in: .mailFrom)
        marks += domains(of: envelope.recipients, in: .rcpt)
        marks += judgement.reasons.map(reason)
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
