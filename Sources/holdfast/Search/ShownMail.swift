// SPDX-License-Identifier: Apache-2.0
// One mail as text for a person.

internal import HoldfastMIME
internal import HoldfastModel
internal import HoldfastNode

enum ShownMail {
    /// Headers, text, and what is attached.
    static func text(of octets: [UInt8], mail: MailAnswer) -> String {
        let message = MessageReader.readable(of: octets)
        var lines = message.header.map { "\($0.name): \($0.value)" }
        if lines.isEmpty { lines.append("(no header that can be read)") }
        lines += ["", message.text]
        for attachment in message.attachments {
            let name = attachment.name.isEmpty ? "without a name" : attachment.name
            lines.append("[attachment: \(name), \(attachment.type)]")
        }
        lines += ["", envelope(of: mail)]
        return lines.map(Terminal.tidiedLines).joined(separator: "\n") + "\n"
    }

    private static func envelope(of mail: MailAnswer) -> String {
        let sender = mail.sender.isEmpty ? "<>" : mail.sender
        let recipients =
            mail.recipients.isEmpty ? "nobody" : mail.recipients.joined(separator: ", ")
        let released = mail.released.map { ", released \(Readable.localTime($0))" } ?? ""
        return "[\(mail.id), received \(Readable.localTime(mail.received)) from \(sender) for"
            + " \(recipients), kept until \(mail.keep_until)\(mail.held == true ? ", held" : "")\(released)]"
    }

    /// The header block, line ends as line feeds, controls made harmless.
    static func headers(in octets: ArraySlice<UInt8>) -> String {
        let text = Terminal.tidiedLines(String(decoding: block(of: octets), as: UTF8.self))
        return text.hasSuffix("\n") || text.isEmpty ? text : text + "\n"
    }

    /// Up to the first empty line.
    private static func block(of octets: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var start = octets.startIndex
        while let end = octets[start...].firstIndex(of: 0x0a) {
            let line = octets[start..<end]
            if line.isEmpty || line.elementsEqual([0x0d]) { return octets[..<start] }
            start = end + 1
        }
        return octets
    }
}
