// SPDX-License-Identifier: Apache-2.0
// What can be set for a gateway.

package import HoldfastModel
package import HoldfastNode
package import HoldfastSegments

/// The section `[gateway]`.
package struct GatewayConfiguration: Sendable {
    /// Where SMTP is listened for; nil is off.
    package var smtp: SocketPlace?
    /// Where LMTP is listened for; nil is off.
    package var lmtp: SocketPlace?
    /// What we call ourselves in greetings.
    package var hostname: String
    /// Who takes released mail; nil until somebody names one.
    package var smarthost: Smarthost?

    /// Copies that a mail wants.
    package var copies: Int
    /// So many copies must be kept before who brought a mail is told so; 0: the synced spool is enough.
    package var copiesBeforeReply: Int
    /// Days that a mail is kept, unless it says otherwise.
    package var keepDays: Int
    /// Whoever writes a mail may say in its header how many.
    package var obeysKeepDaysHeader: Bool
    /// What is otherwise for some senders or recipients.
    package var rules: [MailRule]
    package var compression: Compression
    package var encrypts: Bool
    /// The words of encrypted bodies are found by search too.
    package var indexesEncryptedWords: Bool

    package var limits: Limits
    package var segments: SegmentStore.Limits

    /// The named maxima of a gateway.
    package struct Limits: Hashable, Sendable {
        /// Octets of one message.
        package var messageBytesMax = 150 << 20
        /// Octets of one line of a message.
        package var lineBytesMax = 64 << 10
        package var connectionsMax = 200
        package var connectionsPerClientMax = 100
        /// Without a command for so long, a client is sent away.
        package var commandSecondsMax = 300
        /// Without an octet of a message for so long, likewise.
        package var dataSecondsMax = 180
        /// Without a whole mail for so long, likewise: one octet a minute is no conversation.
        package var mailSecondsMax = 3600
        /// How long mails that are on their way in may take once the gateway stops.
        package var stopSecondsMax = 5
        /// How long a reply waits for storages to keep the mail, where it does: below the minute for which
        /// our own clients wait.
        package var replySecondsMax = 30
        /// Octets of all messages that are on their way in, as far as they are in memory: above, larger
        /// ones land on the disk; above twice as much, nothing more is taken.
        package var memoryBytesMax = 48 << 20
        /// Releases that are sent at a time, and those that may wait.
        package var releasesAtOnceMax = 4
        package var releasesMax = 10_000

        package init() {}
    }

    /// The words for `compress`.
    enum CompressionName: String, CaseIterable {
        case zstd, zlib, none

        var compression: Compression {
            switch self {
            case .zstd: .zstd
            case .zlib: .zlib
            case .none: .none
            }
        }
    }

    /// - Parameter hostname: the name of this machine, where the section names no other.
    package init(
        reading section: inout ConfigurationSection, hostname: String
    ) throws(ConfigurationError) {
        smtp = try Self.place("smtp", in: &section)
        lmtp = try Self.place("lmtp", in: &section)
        self.hostname = try section.text("hostname", default: hostname)
        smarthost = try Self.smarthost(in: &section)
        copies = try section.integer("copies", default: 1, in: Slip.copiesRange)
        copiesBeforeReply = try section.integer(
            "reply_after_copies", default: 0, in: 0...Slip.copiesRange.upperBound)
        keepDays = try section.integer("keep_days", default: 60, in: Slip.keepDaysRange)
        obeysKeepDaysHeader = try section.boolean("keep_days_header", default: false)
        rules = try Self.rules(in: &section)
        let copiesMax = max(copies, rules.compactMap(\.copies).max() ?? 0)
        guard copiesBeforeReply <= copiesMax else {
            throw section.error(
                "reply_after_copies",
                "is \(copiesBeforeReply), and no mail gets more than \(copiesMax); lower it, or raise"
                    + " copies")
        }
        compression = try section.choice("compress", default: CompressionName.zstd).compression
        encrypts = try section.boolean("encrypt", default: false)
        indexesEncryptedWords = try section.boolean("index_encrypted_words", default: false)
        limits = try Limits(reading: &section)
        segments = SegmentStore.Limits()
        segments.segmentBytesMax = UInt64(
            try section.integer("segment_bytes_max", default: 64 << 20, in: (1 << 20)...(4 << 30)))
        segments.reserveBytes = UInt64(
            try section.integer("reserve_bytes", default: 256 << 20, in: 0...(1 << 40)))
    }

    private static func rules(
        in section: inout ConfigurationSection
    ) throws(ConfigurationError) -> [MailRule] {
        var rules: [MailRule] = []
        for var rule in try section.sections("rules") {
            rules.append(try MailRule(reading: &rule))
        }
        return rules
    }

    private static func place(
        _ key: String, in section: inout ConfigurationSection
    ) throws(ConfigurationError) -> SocketPlace? {
        let text = try section.text(key, default: "")
        guard !text.isEmpty else { return nil }
        guard let place = SocketPlace(text) else {
            throw section.error(
                key, "is \"\(text)\"; it must be like \"127.0.0.1:2525\" or \"unix:/path\"")
        }
        return place
    }

    private static func smarthost(
        in section: inout ConfigurationSection
    ) throws(ConfigurationError) -> Smarthost? {
        let text = try section.text("smarthost", default: "")
        guard !text.isEmpty else { return nil }
        guard let smarthost = Smarthost(text) else {
            throw section.error(
                "smarthost",
                "is \"\(text)\"; it must be like \"mail.example.org:25\" or "
                    + "\"lmtp:127.0.0.1:24\"")
        }
        return smarthost
    }
}

extension GatewayConfiguration.Limits {
    fileprivate init(reading section: inout ConfigurationSection) throws(ConfigurationError) {
        self.init()
        messageBytesMax = try section.integer(
            "message_bytes_max", default: messageBytesMax, in: (64 << 10)...(1 << 30))
        lineBytesMax = try section.integer(
            "line_bytes_max", default: lineBytesMax, in: 1000...(16 << 20))
        connectionsMax = try section.integer(
            "connections_max", default: connectionsMax, in: 1...10_000)
        connectionsPerClientMax = try section.integer(
            "connections_per_client_max", default: min(connectionsPerClientMax, connectionsMax),
            in: 1...10_000)
        commandSecondsMax = try section.integer(
            "command_seconds_max", default: commandSecondsMax, in: 1...3600)
        dataSecondsMax = try section.integer(
            "data_seconds_max", default: dataSecondsMax, in: 1...3600)
        mailSecondsMax = try section.integer(
            "mail_seconds_max", default: mailSecondsMax, in: 1...86_400)
    }
}
