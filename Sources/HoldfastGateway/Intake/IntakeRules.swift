// SPDX-License-Identifier: Apache-2.0
// What a mail is given when it is taken in: decisions, without doing them.

internal import HoldfastModel
internal import HoldfastSMTP

/// The rules by which a mail gets its slip (R19, R20).
struct IntakeRules: Sendable {
    /// The gateway's own name: it keeps custody until the ack.
    var gateway: String
    /// What a mail gets of which no rule says anything else.
    var standard: MailTerms
    var rules: [MailRule] = []
    /// Whoever writes a mail may say in its header how long it is kept.
    var obeysHeader = false
    var coding: Coding
    /// The key for mails that a rule has encrypted; 0 when there is none.
    var newestKey: UInt32 = 0

    /// How the message is written down; decided before its first octet.
    struct Coding: Hashable, Sendable {
        var compression: Compression
        /// Zero leaves it in the plain.
        var keyNumber: UInt32
    }

    /// What a mail says about itself; each wish counts only within its limits.
    struct Wishes: Hashable, Sendable {
        var keepDays: Int?
        /// Those of the rules' headers that it has.
        var headers: Set<HeaderPattern> = []
    }

    /// What a mail is given.
    ///
    /// - Parameter wishes: the first that says for how long counts, before any rule.
    func terms(for envelope: Envelope, _ wishes: [Wishes], bytes: Int) -> MailTerms {
        let facts = MailFacts(
            envelope: envelope, bytes: bytes,
            headers: wishes.reduce(into: []) { $0.formUnion($1.headers) })
        var terms = rules.terms(for: facts, otherwise: standard)
        let wanted = wishes.lazy.compactMap(\.keepDays).first(where: Slip.keepDaysRange.contains)
        terms.keepDays = wanted ?? terms.keepDays
        return terms
    }

    /// How a mail with these terms is written down.
    func coding(of terms: MailTerms) -> Coding {
        Coding(
            compression: terms.compression ?? coding.compression,
            keyNumber: terms.encrypts.map { $0 ? newestKey : 0 } ?? coding.keyNumber)
    }

    /// The slip of a mail with these terms.
    func slip(_ terms: MailTerms, today: Day) -> Slip {
        Slip(
            copiesWanted: terms.copies, keepUntil: today.advanced(by: terms.keepDays),
            gateways: [gateway])
    }

    /// The most copies that any mail may want.
    var copiesMax: Int { max(standard.copies, rules.compactMap(\.copies).max() ?? 0) }

    /// Reads what a header says that counts here.
    var headerWishes: HeaderWishes {
        HeaderWishes(areObeyed: obeysHeader, patterns: Set(rules.compactMap(\.header)))
    }
}

/// What an envelope that did not come by SMTP may hold.
enum EnvelopeRules {
    static let recipientsMax = 1000

    /// What is wrong with these addresses; nil when they can be kept.
    ///
    /// An imported mail may carry what no server would accept today: only its size is limited.
    static func fault(sender: String, recipients: [String], recipientsNeeded: Bool) -> String? {
        if recipientsNeeded, recipients.isEmpty { return "A mail needs a recipient." }
        if recipients.count > recipientsMax {
            return
                "A mail has at most \(recipientsMax) recipients; this one has \(recipients.count)."
        }
        for address in [sender] + recipients {
            guard address.utf8.count <= Mailbox.pathBytesMax else {
                return "An address has at most \(Mailbox.pathBytesMax) bytes."
            }
            guard address.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
                return "An address holds no control characters."
            }
        }
        return recipients.contains("") ? "A recipient is empty." : nil
    }
}
