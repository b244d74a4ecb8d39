// SPDX-License-Identifier: Apache-2.0
// `holdfast deliver`: one message from a mail server's pipe.

internal import ArgumentParser
internal import Foundation
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
              65  the message or its envelope cannot be taken as it is, also later
              70  the program failed
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
                    StandardInput(), count: nil,
                    Envelope(sender: sender, recipients: recipients), keepDays: keep.keepDays)
            }
        } catch let failure as Failure {
            throw Failure(failure.code.amongSysexits, failure.description)
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

/// Standard input as a stream, read without keeping a cooperative thread.
private struct StandardInput: AsyncSequence, AsyncIteratorProtocol, Sendable {
    typealias Element = ByteBuffer
    private static let pieceBytes = 256 << 10
    private let thread = DiskThread(name: "input")

    func next() async throws -> ByteBuffer? {
        let piece = try await thread.run {
            var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
            let count = piece.withUnsafeMutableBytes { bytes in
                var count = read(STDIN_FILENO, bytes.baseAddress, bytes.count)
                while count < 0, errno == EINTR {
                    count = read(STDIN_FILENO, bytes.baseAddress, bytes.count)
                }
                return count
            }
            guard count >= 0 else {
                throw holdfast.Failure(.temporaryFailure, "standard input cannot be read")
            }
            piece.removeLast(piece.count - count)
            return piece
        }
        return piece.isEmpty ? nil : ByteBuffer(bytes: piece)
    }

    func makeAsyncIterator() -> StandardInput { self }
}
