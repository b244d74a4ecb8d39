// SPDX-License-Identifier: Apache-2.0
// What a search shows of a mail.

/// A mailbox as a header names it: `name <address>`.
package struct Address: Hashable, Sendable {
    /// The decoded display name; empty when there is none.
    package var name: String
    /// `local@domain` as written; empty for what could not be read as an address.
    package var address: String

    package init(name: String = "", address: String = "") {
        self.name = name
        self.address = address
    }

    /// As a person reads it.
    package var text: String {
        if name.isEmpty { return address }
        return address.isEmpty ? name : "\(name) <\(address)>"
    }
}

/// One attached part: only what its headers say.
package struct Attachment: Hashable, Sendable {
    package var name: String
    /// Lower case: `application/pdf`.
    package var type: String

    package init(name: String, type: String) {
        self.name = name
        self.type = type
    }
}

/// The paper's digest of a mail: what a search shows and matches, made once by reading the message.
///
/// Everything in it is decoded text; what could not be read is empty, never an error.
package struct Summary: Hashable, Sendable {
    package var subject = ""
    package var from: [Address] = []
    package var to: [Address] = []
    package var cc: [Address] = []
    package var bcc: [Address] = []
    package var replyTo: [Address] = []
    /// The Date header; nil when it is absent or cannot be read.
    package var date: Timestamp?
    /// Without its angle brackets; empty when there is none.
    package var messageID = ""
    package var attachments: [Attachment] = []
    /// Headers in which a scanner said what it thought, as `Name: value`.
    package var verdicts: [String] = []
    /// Octets of the message as received.
    package var size: UInt64 = 0
    /// SHA-256 of those octets.
    package var digest = Digest.zero
    /// The body's words, only where the storage cannot read them itself: an encrypted mail whose
    /// body was asked to be found. Otherwise they are read from the message when it is indexed.
    package var words: String?

    package init() {}
}

extension Summary {
    private enum Tag {
        static let subject: UInt8 = 1
        static let from: UInt8 = 2
        static let to: UInt8 = 3
        static let cc: UInt8 = 4
        static let bcc: UInt8 = 5
        static let replyTo: UInt8 = 6
        static let date: UInt8 = 7
        static let messageID: UInt8 = 8
        static let attachment: UInt8 = 9
        static let verdict: UInt8 = 10
        static let size: UInt8 = 11
        static let digest: UInt8 = 12
        static let words: UInt8 = 13
    }

    /// Parts a pair of texts; no header text holds a NUL, the reader of messages sees to that.
    private static let separator = "\0"

    /// The summary as it lies in a record.
    package var encoded: [UInt8] {
        var fields = FieldWriter(capacity: 512)
        fields.write(Tag.subject, subject)
        let lists = [
            (Tag.from, from), (Tag.to, to), (Tag.cc, cc), (Tag.bcc, bcc), (Tag.replyTo, replyTo),
        ]
        for (tag, addresses) in lists {
            for address in addresses {
                fields.write(tag, address.name + Self.separator + address.address)
            }
        }
        if let date {
            fields.write(Tag.date, withUnsafeBytes(of: date.milliseconds.bigEndian, Array.init))
        }
        fields.write(Tag.messageID, messageID)
        for attachment in attachments {
            fields.write(Tag.attachment, attachment.name + Self.separator + attachment.type)
        }
        for verdict in verdicts { fields.write(Tag.verdict, verdict) }
        fields.write(Tag.size, size)
        fields.write(Tag.digest, digest.bytes)
        if let words { fields.write(Tag.words, words) }
        return fields.bytes
    }

    package init(decoding bytes: ArraySlice<UInt8>) throws(RecordError) {
        var fields = FieldReader(bytes)
        while let field = try fields.next() {
            switch field.tag {
            case Tag.subject: subject = field.text
            case Tag.from: from.append(Self.address(field))
            case Tag.to: to.append(Self.address(field))
            case Tag.cc: cc.append(Self.address(field))
            case Tag.bcc: bcc.append(Self.address(field))
            case Tag.replyTo: replyTo.append(Self.address(field))
            case Tag.date:
                guard field.value.count == 8 else {
                    throw .malformed("a date of \(field.value.count) bytes")
                }
                let bits = field.value.reduce(0) { $0 << 8 | UInt64($1) }
                date = Timestamp(milliseconds: Int64(bitPattern: bits))
            case Tag.messageID: messageID = field.text
            case Tag.attachment:
                let (name, type) = Self.pair(field)
                attachments.append(Attachment(name: name, type: type))
            case Tag.verdict: verdicts.append(field.text)
            case Tag.size: size = try field.number
            case Tag.digest:
                guard let digest = Digest(bytes: field.value) else {
                    throw .malformed("a digest is cut short")
                }
                self.digest = digest
            case Tag.words: words = field.text
            default: break
            }
        }
    }

    private static func address(_ field: FieldReader.Field) -> Address {
        let (name, address) = pair(field)
        return Address(name: name, address: address)
    }

    private static func pair(_ field: FieldReader.Field) -> (String, String) {
        let first = field.value.prefix { $0 != 0 }
        let second = field.value.dropFirst(first.count + 1)
        return (String(decoding: first, as: UTF8.self), String(decoding: second, as: UTF8.self))
    }
}
