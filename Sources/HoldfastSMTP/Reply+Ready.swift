// SPDX-License-Identifier: Apache-2.0
// The replies that are the same every time.

extension Reply {
    static let ok = Reply(250, "2.0.0", "OK")
    static let senderOK = Reply(250, "2.1.0", "Sender OK")
    static let recipientOK = Reply(250, "2.1.5", "Recipient OK")
    static let startMessage = Reply(
        354, nil, "Send the message; end it with a dot on a line of its own")
    static let goodbye = Reply(221, "2.0.0", "Goodbye")
    static let cannotVerify = Reply(252, "2.0.0", "Every address is taken here")
    static let help = Reply(
        214, "2.0.0", "This is Holdfast, which keeps mail: see RFC 5321 and RFC 2033")

    static let unknownCommand = Reply(500, "5.5.1", "Unknown command")
    static let unreadable = Reply(
        500, "5.5.2", "A line of printable text, ended by CRLF, is a command")
    static let commandTooLong = Reply(500, "5.5.2", "Line too long")
    static let badArguments = Reply(501, "5.5.4", "Syntax error in the arguments")
    static let badSender = Reply(501, "5.1.7", "Not a sender's address: MAIL FROM:<local@domain>")
    static let badRecipient = Reply(501, "5.1.3", "Not an address: RCPT TO:<local@domain>")
    static let notOffered = Reply(502, "5.5.1", "Not offered here")
    static let badSequence = Reply(503, "5.5.1", "Not now: wrong order of commands")
    static let noRecipients = Reply(503, "5.5.1", "Not now: no recipient yet")
    static let unknownParameter = Reply(555, "5.5.4", "Unknown parameter")
    static let needsUTF8 = Reply(553, "5.6.7", "An address beyond ASCII needs SMTPUTF8")
    static let notSMTP = Reply(521, "5.5.1", "This is not SMTP")

    static let tooManyRecipients = Reply(
        452, "4.5.3", "Too many recipients: send the rest by itself")
    static let messageTooLarge = Reply(552, "5.3.4", "Message larger than this server takes")
    static let headerTooLarge = Reply(552, "5.6.0", "Header larger than this server takes")
    static let lineTooLong = Reply(552, "5.6.0", "A line of the message is too long")
    static let bareLineEnd = Reply(521, "5.5.2", "A bare CR or LF in the message: not taken in")
    static let tooManyErrors = Reply(421, "4.7.0", "Too many errors")
    static let tooManyCommands = Reply(421, "4.7.0", "Too many commands without a mail")

    /// At MAIL FROM: the disk is nearly full.
    package static let diskNearlyFull = Reply(452, "4.3.1", "The disk is nearly full: try later")
    /// At MAIL FROM: more waits than can be kept soon.
    package static let overloaded = Reply(451, "4.3.2", "Too much waits here: try later")
    /// At MAIL FROM: fewer storages are there than must have a mail before the reply.
    package static let tooFewStorages = Reply(
        451, "4.3.2", "Too few storages are there: try later")
    /// At MAIL FROM: a mail would be given a day that nobody means.
    package static let clockIsOff = Reply(451, "4.3.5", "The clock here is days off: try later")
    /// Instead of a greeting: this client, or all of them, hold too many connections.
    package static let tooManyConnections = Reply(421, "4.7.0", "Too many connections: try later")
    /// Nothing came for too long.
    package static let timeout = Reply(421, "4.4.2", "Nothing came for too long")
    /// The node stops.
    package static let shuttingDown = Reply(421, "4.3.2", "Stopping: try later")
}
