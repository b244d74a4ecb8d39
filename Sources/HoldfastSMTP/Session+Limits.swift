// SPDX-License-Identifier: Apache-2.0
// What a client may ask of us, and what a message may not be.

extension Session {
    /// The named maxima of one conversation.
    package struct Limits: Hashable, Sendable {
        /// Recipients of one mail; the next one gets 452 and comes with another mail.
        package var recipientsMax = 1000
        /// Octets of a message, dots unstuffed.
        package var messageBytesMax = 100 << 20
        /// Octets of a message before its first empty line.
        package var headerBytesMax = 1 << 20
        /// Octets of one line of a message, its CRLF included.
        package var lineBytesMax = 65_536
        /// Octets of a command line, its CRLF included: 512, what the extensions add (RFC 5321,
        /// 4.5.3.1.4), and a path of 1000.
        package var commandLineBytesMax = 2048
        /// Commands refused since the last mail taken in before the conversation is closed.
        package var badCommandsMax = 20
        /// Commands since the last mail taken in before the conversation is closed.
        package var commandsMax = 100_000
        /// Octets read past a limit, so that the client hears why instead of a reset connection.
        package var skippedBytesMax = 64 << 20

        package init() {}
    }
}

/// Why a message that has come is not taken in.
package enum MessageFault: Hashable, Sendable {
    /// Over `messageBytesMax`.
    case tooLarge
    /// Over `messageBytesMax` by more than was worth reading.
    case endless
    /// Over `headerBytesMax`.
    case headerTooLarge
    /// Over `lineBytesMax`.
    case lineTooLong
    /// A CR or LF by itself. Another server might have seen the message end there, so what follows
    /// DATA may be somebody's forgery: it is not read. Chunks are counted, and nobody is misled.
    case bareLineEnd

    var reply: Reply {
        switch self {
        case .tooLarge, .endless: .messageTooLarge
        case .headerTooLarge: .headerTooLarge
        case .lineTooLong: .lineTooLong
        case .bareLineEnd: .bareLineEnd
        }
    }

    var endsConversation: Bool { self == .endless || self == .bareLineEnd }
}
