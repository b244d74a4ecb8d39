// SPDX-License-Identifier: Apache-2.0
// One line of a client, read as a command.

/// A command of SMTP or LMTP with its arguments.
package enum Command: Hashable, Sendable {
    /// HELO, EHLO or LHLO, and what the client calls itself.
    case hello(Hello, String)
    case mail(Mailbox.Path, MailParameters)
    case recipient(Mailbox)
    case data
    /// BDAT: so many octets follow at once (RFC 3030).
    case chunk(octets: Int, last: Bool)
    case reset
    case noop
    case verify
    case expand
    case help
    case quit
    /// Commands that exist and are not for this server: AUTH, STARTTLS, ETRN.
    case notOffered
    /// The first word of another protocol: someone made a browser or a proxy speak to us.
    case foreign

    /// The word with which a conversation begins.
    package enum Hello: Hashable, Sendable {
        case helo, ehlo, lhlo
    }

    /// Why a line is no command.
    package enum Fault: Error, Equatable {
        case unknownCommand
        /// Octets that no command line has.
        case unreadable
        case badArguments
        case badSender
        case badRecipient
        case unknownParameter
        /// The sender's address is beyond ASCII and SMTPUTF8 was not said.
        case needsUTF8
        /// BDAT without a number: nobody knows where the next command begins.
        case badChunk
    }
}

extension Command {
    private static let helloBytesMax = 255

    /// Reads a line without its CRLF.
    package init(_ line: ArraySlice<UInt8>) throws(Fault) {
        guard line.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else { throw .unreadable }
        var rest = line
        let verb = rest.takeWord().capitals
        rest = rest.trimmed
        switch verb {
        case "HELO": self = .hello(.helo, try Self.hello(rest))
        case "EHLO": self = .hello(.ehlo, try Self.hello(rest))
        case "LHLO": self = .hello(.lhlo, try Self.hello(rest))
        case "MAIL": self = try Self.mail(rest)
        case "RCPT": self = try Self.recipient(rest)
        case "BDAT": self = try Self.chunk(rest)
        case "DATA": self = try Self.data.alone(rest)
        case "RSET": self = try Self.reset.alone(rest)
        case "QUIT": self = try Self.quit.alone(rest)
        case "NOOP": self = .noop
        case "HELP": self = .help
        case "VRFY": self = .verify
        case "EXPN": self = .expand
        case "AUTH", "STARTTLS", "ETRN", "TURN", "SEND", "SOML", "SAML": self = .notOffered
        case "GET", "POST", "PUT", "CONNECT", "OPTIONS", "HEAD": self = .foreign
        default: throw .unknownCommand
        }
    }

    /// The command, which takes no arguments.
    private func alone(_ rest: ArraySlice<UInt8>) throws(Fault) -> Command {
        guard rest.isEmpty else { throw .badArguments }
        return self
    }

    private static func hello(_ rest: ArraySlice<UInt8>) throws(Fault) -> String {
        guard (1...helloBytesMax).contains(rest.count), !rest.contains(Octet.space),
            let name = String(validating: rest, as: UTF8.self)
        else { throw .badArguments }
        return name
    }

    private static func mail(_ rest: ArraySlice<UInt8>) throws(Fault) -> Command {
        var rest = try skip("FROM:", rest)
        guard let path = Mailbox.Path.take(from: &rest), path.mailbox?.hasDomain != false
        else { throw .badSender }
        let parameters = try MailParameters(rest)
        guard parameters.utf8 || path.mailbox?.isASCII != false else { throw .needsUTF8 }
        return .mail(path, parameters)
    }

    private static func recipient(_ rest: ArraySlice<UInt8>) throws(Fault) -> Command {
        var rest = try skip("TO:", rest)
        guard let mailbox = Mailbox.Path.take(from: &rest)?.mailbox else { throw .badRecipient }
        // No extension that we offer has a parameter here.
        guard rest.isEmpty else {
            throw rest.first == Octet.space ? .unknownParameter : .badRecipient
        }
        return .recipient(mailbox)
    }

    /// The arguments behind `FROM:` or `TO:`, before which many clients put a blank.
    private static func skip(
        _ word: String, _ rest: ArraySlice<UInt8>
    ) throws(Fault) -> ArraySlice<UInt8> {
        let count = word.utf8.count
        guard rest.prefix(count).capitals == word else { throw .badArguments }
        return rest.dropFirst(count).drop { $0 == Octet.space }
    }

    private static func chunk(_ rest: ArraySlice<UInt8>) throws(Fault) -> Command {
        var rest = rest
        guard let octets = Int(digits: rest.takeWord()) else { throw .badChunk }
        switch rest.capitals {
        case "": return .chunk(octets: octets, last: false)
        case "LAST": return .chunk(octets: octets, last: true)
        default: throw .badChunk
        }
    }
}
