// SPDX-License-Identifier: Apache-2.0
// What the SMTP dialogue said about a mail.

/// The SMTP sender and recipients of a mail, which are not the From and To of its header.
package struct Envelope: Hashable, Sendable {
    /// The reverse-path without angle brackets; empty for a bounce.
    package var sender: String
    /// Every forward-path, without angle brackets, in the order given.
    package var recipients: [String]
    /// `BODY=8BITMIME` was said.
    package var eightBit: Bool
    /// `SMTPUTF8` was said (RFC 6531).
    package var utf8: Bool
    /// How the mail came: who spoke to us, and in which protocol.
    package var origin: Origin

    package init(
        sender: String, recipients: [String], eightBit: Bool = false, utf8: Bool = false,
        origin: Origin = Origin()
    ) {
        self.sender = sender
        self.recipients = recipients
        self.eightBit = eightBit
        self.utf8 = utf8
        self.origin = origin
    }

    /// Who brought the mail. Kept for `trace`; nothing depends on it.
    package struct Origin: Hashable, Sendable {
        /// `SMTP`, `ESMTP`, `LMTP`, `HTTP` or `import`.
        package var transport: String
        /// The client's address as the socket gave it; empty when there was none.
        package var client: String
        /// What the client called itself in HELO, EHLO or LHLO.
        package var greeting: String

        package init(transport: String = "", client: String = "", greeting: String = "") {
            self.transport = transport
            self.client = client
            self.greeting = greeting
        }
    }
}

extension Envelope {
    private enum Tag {
        static let sender: UInt8 = 1
        static let recipient: UInt8 = 2
        static let flags: UInt8 = 3
        static let transport: UInt8 = 4
        static let client: UInt8 = 5
        static let greeting: UInt8 = 6
    }

    /// The envelope as it lies in a record.
    package var encoded: [UInt8] {
        var fields = FieldWriter()
        fields.write(Tag.sender, sender)
        for recipient in recipients { fields.write(Tag.recipient, recipient) }
        fields.write(Tag.flags, UInt64((eightBit ? 1 : 0) | (utf8 ? 2 : 0)))
        fields.write(Tag.transport, origin.transport)
        fields.write(Tag.client, origin.client)
        fields.write(Tag.greeting, origin.greeting)
        return fields.bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        self.init(sender: "", recipients: [])
        var fields = FieldReader(bytes)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.sender: sender = field.text
            case Tag.recipient: recipients.append(field.text)
            case Tag.flags:
                eightBit = try field.number & 1 != 0
                utf8 = try field.number & 2 != 0
            case Tag.transport: origin.transport = field.text
            case Tag.client: origin.client = field.text
            case Tag.greeting: origin.greeting = field.text
            default: break
            }
        }
    }
}
