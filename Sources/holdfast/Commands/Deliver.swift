// SPDX-License-Identifier: Apache-2.0
// `holdfast deliver`: one message from a mail server's pipe.

internal import ArgumentParser
internal import Foundation
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode
internal import NIOCore

struct Deliver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take in the message on standard input, as Postfix's pipe(8) hands it over.",
        discussion: """
            Example: holdfast deliver --sender amy@example.org bob@example.net < message
            In master.cf: argv=/usr/bin/holdfast deliver --sender ${sender} -- ${recipient}

            Exit codes, as sysexits.h has them:
              0   the mail is ours, and durable
              64  the command line is wrong
              65  the message or its envelope cannot be taken as it is, also later, or is empty
              70  the program failed
              74  standard input cannot be read
              75  nobody answers, or no Holdfast, or there is no room: try again later
              77  this user may not read the configuration, the token or the keys
              78  the configuration is wrong, or its token is not the nodes'
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Option(help: ArgumentHelp("The envelope's sender; '' for a bounce.", valueName: "address"))
    var sender: String

    @OptionGroup var keep: KeepOption

    @Argument(help: "The envelope's recipients.") var recipients: [String]

    func run() async throws {
        try checkPermission()
        do {
            try await Cluster.reach(config) { cluster in
                _ = try await cluster.hand(
                    try await message(), count: nil,
                    Envelope(sender: sender, recipients: recipients), keepDays: keep.keepDays)
            }
        } catch let failure as Failure {
            throw Failure(failure.code.amongSysexits, failure.description)
        }
    }

    /// A pipe with nothing in it is a mistake of whoever made it, and no mail.
    private func message() async throws -> MessageStream {
        let input = StandardInput()
        do {
            let first = try await input.nextPiece()
            guard !first.isEmpty else { throw Failure(.badData, "the message is empty") }
            return MessageStream(first: first, rest: input)
        } catch let error as DiskError {
            throw Failure(.inputError, "standard input cannot be read (\(error))")
        }
    }

    private func checkPermission() throws {
        try checkPermission(of: config.path)
        let installation = try config.installation()
        for file in [installation.node.tokenFile, installation.node.keyFile].compactMap(\.self) {
            try checkPermission(of: installation.resolved(file))
        }
    }

    /// Also where a folder on the way to it may not be entered; what is absent is said elsewhere.
    private func checkPermission(of file: String) throws {
        guard access(file, R_OK) == 0 || errno != EACCES else {
            throw Failure(.noPermission, "\(file) may not be read by this user")
        }
    }
}

extension ExitStatus {
    /// The nearest code of sysexits.h.
    var amongSysexits: ExitStatus {
        switch self {
        case .unreachable: .temporaryFailure
        case .badQuery: .badData
        case .none, .someFailed: .temporaryFailure
        default: self
        }
    }
}

/// What was read of a message, and the rest of it on standard input.
private struct MessageStream: AsyncSequence, Sendable {
    let first: [UInt8]
    let rest: StandardInput

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var first: [UInt8]?
        fileprivate let rest: StandardInput

        mutating func next() async throws -> ByteBuffer? {
            if let first {
                self.first = nil
                return ByteBuffer(bytes: first)
            }
            let piece = try await rest.nextPiece()
            return piece.isEmpty ? nil : ByteBuffer(bytes: piece)
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(first: first, rest: rest) }
}
