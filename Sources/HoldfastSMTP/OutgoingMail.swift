// SPDX-License-Identifier: Apache-2.0
// What a mail needs of a server, and what the server offers.

package import HoldfastModel

/// A mail to be sent, as far as the rules must know it.
package struct OutgoingMail: Hashable, Sendable {
    package let envelope: Envelope
    /// Octets of the message.
    package let messageBytes: Int
    /// The message has octets beyond ASCII.
    package let isEightBit: Bool

    package init(_ envelope: Envelope, messageBytes: Int, isEightBit: Bool) {
        self.envelope = envelope
        self.messageBytes = messageBytes
        self.isEightBit = isEightBit
    }

    private var needsUTF8: Bool {
        envelope.utf8
            || !([envelope.sender] + envelope.recipients).allSatisfy {
                $0.utf8.allSatisfy { $0 < 0x80 }
            }
    }

    /// Why a server with these offers cannot be given the mail: a reply in the server's place.
    ///
    /// A message is never changed to make it fit (design, D4).
    func obstacle(for offers: Offers) -> Reply? {
        if !envelope.sender.isEmpty, Mailbox(envelope.sender)?.hasDomain != true {
            return .notAnAddress(envelope.sender)
        }
        if needsUTF8, !offers.utf8 {
            return Reply(553, "5.6.7", "The mail needs SMTPUTF8, which the server does not offer")
        }
        if isEightBit, !offers.eightBit {
            return Reply(
                554, "5.6.3", "The message needs 8BITMIME, which the server does not offer")
        }
        if let bytesMax = offers.messageBytesMax, messageBytes > bytesMax {
            return Reply(
                552, "5.3.4", "The message has \(messageBytes) octets, the server takes \(bytesMax)"
            )
        }
        return nil
    }

    /// What is said behind the sender's address: only what is offered, only what is needed.
    func parameters(for offers: Offers) -> String {
        var parameters = ""
        if offers.size { parameters += " SIZE=\(messageBytes)" }
        if isEightBit || envelope.eightBit, offers.eightBit { parameters += " BODY=8BITMIME" }
        if needsUTF8 { parameters += " SMTPUTF8" }
        return parameters
    }
}

/// The extensions in a server's reply to EHLO or LHLO that a delivery can use.
struct Offers: Hashable, Sendable {
    private(set) var size = false
    /// Nil when the server names no limit.
    private(set) var messageBytesMax: Int?
    private(set) var eightBit = false
    private(set) var utf8 = false

    /// What a server offers that knows only HELO: nothing.
    init() {}

    init(_ reply: Reply) {
        for line in reply.lines.dropFirst() {
            let words = line.split(separator: " ")
            switch words.first?.uppercased() {
            case "SIZE":
                size = true
                if words.count > 1, let bytes = Int(words[1]), bytes > 0 { messageBytesMax = bytes }
            case "8BITMIME": eightBit = true
            case "SMTPUTF8": utf8 = true
            default: break
            }
        }
    }
}
