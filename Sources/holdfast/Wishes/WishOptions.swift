// SPDX-License-Identifier: Apache-2.0
// What hold, unhold and purge have in common on the command line.

internal import ArgumentParser
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode

/// Which mails, why, and how long to wait.
struct WishOptions: ParsableArguments {
    /// More than so many are asked about first.
    static let mailsUnasked = 20

    @Option(help: ArgumentHelp("Why, for whoever looks later.", valueName: "text"))
    var reason = ""

    @Flag(help: "Do not ask, however many mails there are.") var yes = false

    @Option(
        help: ArgumentHelp(
            "Wait so long until a storage has confirmed it for each mail.", valueName: "seconds"))
    var wait = 30

    func validate() throws {
        guard (0...86_400).contains(wait) else {
            throw ValidationError("--wait must be from 0 to 86400 seconds")
        }
        guard reason.utf8.count <= WishRequest.textBytesMax else {
            throw ValidationError("--reason has at most \(WishRequest.textBytesMax) bytes")
        }
    }

    /// Orders it for the mails that are found, and throws the exit code unless all is done.
    func order(
        _ kind: WishRequest.Kind, _ config: ConfigOption,
        of mails: @escaping @Sendable (Cluster) async throws -> [MailID]
    ) async throws {
        let code = try await Cluster.reach(config) { cluster in
            let mails = try await mails(cluster)
            guard !mails.isEmpty else {
                await Output.say("holdfast: no such mail is known")
                return ExitStatus.none
            }
            try await confirm(mails.count, kind)
            return try await Wisher(
                cluster: cluster, kind: kind, reason: reason,
                by: ProcessInfo.processInfo.userName, waitSeconds: wait
            ).order(mails)
        }
        if code != .done { throw code }
    }

    /// Asks when there are many; throws when the answer is no, or nobody can be asked.
    private func confirm(_ count: Int, _ kind: WishRequest.Kind) async throws {
        guard count > Self.mailsUnasked, !yes else { return }
        guard isatty(STDIN_FILENO) == 1, Terminal.errorIsTerminal else {
            throw Failure(.badQuery, "these are \(count) mails; --yes says that they are meant")
        }
        await Output.draw("\(kind.rawValue) \(count) mails? [y/N] ")
        let answer = try await DiskThread(name: "answer").run { readLine() ?? "" }
        guard ["y", "yes"].contains(answer.lowercased()) else {
            throw Failure(.someFailed, "nothing was done")
        }
    }
}
