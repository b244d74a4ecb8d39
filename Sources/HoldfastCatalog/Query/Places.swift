// SPDX-License-Identifier: Apache-2.0
// The parts of a mail in which words can stand.

/// Where words can stand.
package struct Places: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    package static let body = Places(rawValue: 1 << 0)
    package static let subject = Places(rawValue: 1 << 1)
    package static let from = Places(rawValue: 1 << 2)
    package static let to = Places(rawValue: 1 << 3)
    package static let cc = Places(rawValue: 1 << 4)
    package static let bcc = Places(rawValue: 1 << 5)
    /// The sender and the recipients of the envelope.
    package static let mailFrom = Places(rawValue: 1 << 6)
    package static let rcpt = Places(rawValue: 1 << 7)
    /// Names of attachments.
    package static let names = Places(rawValue: 1 << 8)

    /// Words that no text has (see Mark); in none of the places that people name.
    static let marks = Places(rawValue: 1 << 9)

    package static let recipients: Places = [.to, .cc, .bcc]
    package static let people: Places = [.from, .to, .cc, .bcc, .mailFrom, .rcpt]
    package static let all: Places = [.body, .subject, .people, .names]
}
