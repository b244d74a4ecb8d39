// SPDX-License-Identifier: Apache-2.0
// What `POST mails` says of its message: in the query, or at the front of the body.

internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird

/// The query of `POST mails`.
struct MailQuery: Hashable {
    /// The id is made of the octets, so that the same octets are one mail.
    var isImport: Bool
    var keepDays: Int?
    /// So many bytes at the front of the body are the envelope; 0 when the query names it.
    var envelopeBytes: Int
    /// Nil when it comes with the body.
    var envelope: Envelope?

    /// 1000 recipients of 1000 bytes, and their tags.
    static let envelopeBytesMax = 1_100_000

    init(_ values: Parameters) throws {
        switch values["id"] {
        case nil: isImport = false
        case "octets": isImport = true
        case .some(let other): throw Refusal.malformed("id=\(other): it can only be octets.")
        }
        keepDays = try Self.number("keep_days", values, in: Slip.keepDaysRange)
        envelopeBytes =
            try Self.number("envelope_bytes", values, in: 1...Self.envelopeBytesMax) ?? 0
        if envelopeBytes == 0 {
            envelope = try checked(
                sender: String(values["sender"] ?? ""),
                recipients: values.getAll("recipient").map { String($0) })
        }
    }

    private static func number(
        _ name: String, _ values: Parameters, in range: ClosedRange<Int>
    ) throws -> Int? {
        try values[name[...]].map { text in
            guard let number = Int(text), range.contains(number) else {
                throw Refusal.malformed(
                    "\(name)=\(text): it must be from \(range.lowerBound) to \(range.upperBound).")
            }
            return number
        }
    }

    /// The envelope that is kept: what the client says of the way it came is not.
    func checked(sender: String, recipients: [String]) throws -> Envelope {
        let fault = EnvelopeRules.fault(
            sender: sender, recipients: recipients, recipientsNeeded: !isImport)
        if let fault { throw Refusal.malformed(fault) }
        let isASCII = ([sender] + recipients).allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } }
        return Envelope(
            sender: sender, recipients: recipients, utf8: !isASCII,
            origin: Envelope.Origin(transport: isImport ? "import" : "HTTP"))
    }
}

/// Takes the envelope off the front of a body that begins with one.
struct EnvelopeFront {
    private let query: MailQuery
    private var bytes: [UInt8] = []
    private var envelope: Envelope?

    init(_ query: MailQuery) {
        self.query = query
        envelope = query.envelope
    }

    /// - Returns: what of the piece belongs to the message.
    mutating func takeEnvelope(off piece: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> {
        guard envelope == nil else { return piece }
        let part = piece.prefix(query.envelopeBytes - bytes.count)
        bytes += part
        if bytes.count == query.envelopeBytes {
            guard let said = try? Envelope(decoding: bytes[...]) else {
                throw Refusal.malformed("The envelope before the message cannot be read.")
            }
            envelope = try query.checked(sender: said.sender, recipients: said.recipients)
        }
        return piece.dropFirst(part.count)
    }

    /// The envelope, when the body has ended.
    var whole: Envelope {
        get throws {
            guard let envelope else {
                throw Refusal.malformed("The body ends within its envelope.")
            }
            return envelope
        }
    }
}
