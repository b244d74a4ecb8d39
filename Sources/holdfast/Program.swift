// SPDX-License-Identifier: Apache-2.0
// Where the program begins, and the codes with which it ends.

internal import ArgumentParser
internal import Foundation
internal import HoldfastDisk

/// One program for every role, and for those who work with them.
struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Keeps copies of mail on ordinary disks, finds them again and sends them on.",
        discussion: """
            Exit codes: 0 done, 1 nothing found, 2 bad query or usage, 3 some of it failed, 5 a needed \
            part cannot be reached, 6 not all is well, 78 the configuration is wrong, 128 and the signal when \
            interrupted. `deliver` has those of sysexits.h.
            """,
        version: Version.text,
        subcommands: [
            Init.self, Serve.self, Status.self, Search.self, Count.self, Show.self, Release.self,
            Export.self, Import.self, Deliver.self, Retry.self, Expire.self, Hold.self, Unhold.self,
            Purge.self, Drain.self, Trace.self, Adopt.self, Verify.self, Reindex.self,
            CatalogVerb.self, AuditVerb.self, Invite.self, LinksCommand.self, QueryHelp.self,
        ],
        helpNames: .long)
}

/// Which version of the program this is.
enum Version {
    static let text = "0.1.0"
}

@main
enum Program {
    static func main() async {
        // A reader that has gone is told by the write that fails, not by a signal.
        signal(SIGPIPE, SIG_IGN)
        StandardStreams.hold()
        do {
            var command = try Holdfast.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(Ending(of: error).shown)
        }
    }

    /// Names of files may consist of any bytes.
    private static var arguments: [String] {
        (0..<Int(CommandLine.argc)).dropFirst().compactMap { place in
            CommandLine.unsafeArgv[place].map { start in
                FileName.text(
                    of: UnsafeBufferPointer(start: start, count: strlen(start)).map(
                        UInt8.init(bitPattern:)))
            }
        }
    }
}

/// How the program ends after an error: what it says, where, and with which code.
struct Ending {
    private let message: String
    private let isError: Bool
    let code: Int32

    init(of error: any Error, arguments: [String] = CommandLine.arguments) {
        switch error {
        case let failure as Failure:
            (message, isError, code) = ("holdfast: \(failure)", true, failure.code.rawValue)
        case let code as ExitStatus:
            (message, isError, self.code) = ("", false, code.rawValue)
        case is Output.Closed:
            // Whoever read our output has had enough of it.
            (message, isError, code) = ("", false, 0)
        default:
            message = Holdfast.fullMessage(for: error)
            switch Holdfast.exitCode(for: error) {
            case .success: (isError, code) = (false, 0)
            case .validationFailure: (isError, code) = (true, Self.usageCode(arguments))
            default: (isError, code) = (true, ExitStatus.internalError.rawValue)
            }
        }
    }

    /// Postfix's pipe(8) knows the codes of sysexits.h; everybody else knows 2.
    private static func usageCode(_ arguments: [String]) -> Int32 {
        let status: ExitStatus = arguments.dropFirst().first == "deliver" ? .badUsage : .badQuery
        return status.rawValue
    }

    /// Says what there is to say, and gives the code.
    var shown: Int32 {
        if !message.isEmpty {
            let handle = isError ? FileHandle.standardError : FileHandle.standardOutput
            // With nobody there to read it, the code still says it.
            try? handle.write(contentsOf: Data((message + "\n").utf8))
        }
        return code
    }
}
