// SPDX-License-Identifier: Apache-2.0
// What the configuration says of some mails and not of others.

internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// One `[[gateway.rules]]`: for which mails it is, and what it gives them.
package struct MailRule: Hashable, Sendable {
    var senders: [AddressPattern] = []
    var recipients: [AddressPattern] = []
    /// A header that the mail must have, as a scanner writes it.
    var header: HeaderPattern?
    /// The message must have more octets.
    var largerThanBytes: Int?
    var keepDays: Int?
    var copies: Int?
    var encrypts: Bool?
    var compression: Compression?

    /// What a rule does not ask for, every mail has.
    fileprivate func fits(_ mail: MailFacts, recipient: String?) -> Bool {
        (senders.isEmpty || senders.contains { $0.fits(mail.envelope.sender) })
            && (recipients.isEmpty
                || recipient.map { to in recipients.contains { $0.fits(to) } } ?? false)
            && (header.map(mail.headers.contains) ?? true)
            && (largerThanBytes.map { mail.bytes > $0 } ?? true)
    }
}

/// What rules look at.
struct MailFacts: Sendable {
    var envelope: Envelope
    var bytes: Int
    /// Those of the rules' headers that the message has.
    var headers: Set<HeaderPattern>
}

/// `amy@example.org`, or `@example.org` for every address of that domain; upper or lower case.
struct AddressPattern: Hashable, Sendable {
    private let text: String

    init?(_ text: String) {
        guard let at = text.lastIndex(of: "@"), at < text.index(before: text.endIndex) else {
            return nil
        }
        self.text = text.lowercased()
    }

    func fits(_ address: String) -> Bool {
        let address = address.lowercased()
        return text.hasPrefix("@") ? address.hasSuffix(text) : address == text
    }
}

/// `X-Spam-Flag: YES`; a star at the end stands for any rest, and a name alone for any value. Upper or
/// lower case.
struct HeaderPattern: Hashable, Sendable {
    /// In lower case.
    let name: String
    private let value: String
    private let isBeginning: Bool

    /// As long as a value that can be matched.
    static let bytesMax = 512

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts[0].lowercased()
        let value = parts.count > 1 ? parts[1].trimmed.lowercased() : "*"
        guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
            text.utf8.count <= Self.bytesMax
        else { return nil }
        self.name = name
        isBeginning = value.hasSuffix("*")
        self.value = isBeginning ? String(value.dropLast()) : value
    }

    func fits(_ given: String) -> Bool {
        let given = given.lowercased()
        return isBeginning ? given.hasPrefix(value) : given == value
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self[...]
        while rest.first?.isWhitespace ?? false { rest.removeFirst() }
        while rest.last?.isWhitespace ?? false { rest.removeLast() }
        return rest
    }
}

/// What a mail is given by the rules; what they say nothing of is as for every mail.
struct MailTerms: Hashable, Sendable {
    var keepDays: Int
    var copies: Int
    var encrypts: Bool?
    var compression: Compression?
}

extension [MailRule] {
    /// For each recipient the first rule counts that fits and says something; of what several
    /// recipients get, the mail gets the most: days, copies, encryption. How it is compressed the first
    /// of them says for whom a rule does.
    func terms(for mail: MailFacts, otherwise standard: MailTerms) -> MailTerms {
        guard !isEmpty else { return standard }
        let recipients = mail.envelope.recipients
        let each = (recipients.isEmpty ? [nil] : recipients.map(Optional.some)).map { recipient in
            let fitting = filter { $0.fits(mail, recipient: recipient) }
            return MailTerms(
                keepDays: fitting.lazy.compactMap(\.keepDays).first ?? standard.keepDays,
                copies: fitting.lazy.compactMap(\.copies).first ?? standard.copies,
                encrypts: fitting.lazy.compactMap(\.encrypts).first ?? standard.encrypts,
                compression: fitting.lazy.compactMap(\.compression).first)
        }
        return MailTerms(
            keepDays: each.map(\.keepDays).max() ?? standard.keepDays,
            copies: each.map(\.copies).max() ?? standard.copies,
            encrypts: each.contains { $0.encrypts == true } ? true : each.first?.encrypts,
            compression: each.lazy.compactMap(\.compression).first ?? standard.compression)
    }
}

extension MailRule {
    init(reading section: inout ConfigurationSection) throws(ConfigurationError) {
        senders = try Self.patterns("senders", in: &section)
        recipients = try Self.patterns("recipients", in: &section)
        header = try Self.header(in: &section)
        if section.has("larger_than_bytes") {
            largerThanBytes = try section.integer(
                "larger_than_bytes", default: 1 << 20, in: 0...(1 << 30))
        }
        if section.has("keep_days") {
            keepDays = try section.integer("keep_days", default: 60, in: Slip.keepDaysRange)
        }
        if section.has("copies") {
            copies = try section.integer("copies", default: 1, in: Slip.copiesRange)
        }
        if section.has("encrypt") { encrypts = try section.boolean("encrypt", default: true) }
        if section.has("compress") {
            compression = try section.choice(
                "compress", default: GatewayConfiguration.CompressionName.zstd
            ).compression
        }
        guard keepDays != nil || copies != nil || encrypts != nil || compression != nil else {
            throw section.error(
                "keep_days", "or copies, encrypt or compress must say what the rule gives")
        }
        try section.finish()
    }

    private static func header(
        in section: inout ConfigurationSection
    ) throws(ConfigurationError) -> HeaderPattern? {
        guard section.has("header") else { return nil }
        let text = try section.text("header", default: "")
        guard let pattern = HeaderPattern(text) else {
            throw section.error(
                "header",
                "is \"\(text)\"; it must be like \"X-Spam-Flag: YES\" or \"X-Spam-Status: Yes*\"")
        }
        return pattern
    }

    private static func patterns(
        _ key: String, in section: inout ConfigurationSection
    ) throws(ConfigurationError) -> [AddressPattern] {
        var patterns: [AddressPattern] = []
        for text in try section.texts(key) {
            guard let pattern = AddressPattern(text) else {
                throw section.error(
                    key, "has \"\(text)\"; it must be like \"amy@example.org\" or \"@example.org\"")
            }
            patterns.append(pattern)
        }
        return patterns
    }
}
