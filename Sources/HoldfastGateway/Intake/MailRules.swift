// SPDX-License-Identifier: Apache-2.0
// What the configuration says of some mails and not of others.

internal import HoldfastModel
internal import HoldfastNode

/// One `[[gateway.rules]]`: for whom it is, and what it gives.
package struct MailRule: Hashable, Sendable {
    var senders: [AddressPattern] = []
    var recipients: [AddressPattern] = []
    var keepDays: Int?
    var copies: Int?

    /// A rule without senders or recipients is for all of them.
    fileprivate func fits(sender: String, recipient: String?) -> Bool {
        (senders.isEmpty || senders.contains { $0.fits(sender) })
            && (recipients.isEmpty
                || recipient.map { to in recipients.contains { $0.fits(to) } } ?? false)
    }
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

/// What a mail is given by the rules: how long it is kept, and in how many copies.
struct MailTerms: Hashable, Sendable {
    var keepDays: Int
    var copies: Int
}

extension [MailRule] {
    /// For each recipient the first rule counts that is for him and says something; of what several
    /// recipients get, the mail gets the most.
    func terms(for envelope: Envelope, otherwise standard: MailTerms) -> MailTerms {
        guard !isEmpty else { return standard }
        let recipients: [String?] = envelope.recipients.isEmpty ? [nil] : envelope.recipients
        let each = recipients.map { recipient in
            let fitting = filter { $0.fits(sender: envelope.sender, recipient: recipient) }
            return MailTerms(
                keepDays: fitting.lazy.compactMap(\.keepDays).first ?? standard.keepDays,
                copies: fitting.lazy.compactMap(\.copies).first ?? standard.copies)
        }
        return MailTerms(
            keepDays: each.map(\.keepDays).max() ?? standard.keepDays,
            copies: each.map(\.copies).max() ?? standard.copies)
    }
}

extension MailRule {
    init(reading section: inout ConfigurationSection) throws(ConfigurationError) {
        senders = try Self.patterns("senders", in: &section)
        recipients = try Self.patterns("recipients", in: &section)
        if section.has("keep_days") {
            keepDays = try section.integer("keep_days", default: 60, in: Slip.keepDaysRange)
        }
        if section.has("copies") {
            copies = try section.integer("copies", default: 1, in: Slip.copiesRange)
        }
        guard keepDays != nil || copies != nil else {
            throw section.error("keep_days", "or copies must say what the rule gives")
        }
        try section.finish()
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
