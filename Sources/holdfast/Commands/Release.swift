// SPDX-License-Identifier: Apache-2.0
// `holdfast release`: sends mails on.

internal import ArgumentParser
internal import Foundation

struct Release: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send mails on to the smarthost, and say what became of each recipient.",
        discussion: """
            Example: holdfast release 01kav2m4
            Example: holdfast release 01kav2m4 --to postmaster@example.org

            A mail is sent once to each recipient: a second release says when the first was, and sends \
            it only to those who do not have it, unless --again. Exit code 3: refused, in doubt, or \
            still being tried.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Option(help: ArgumentHelp("Instead of the recipients of the envelope.", valueName: "address"))
    var to: [String] = []

    @Flag(help: "Also what was released before, or is in doubt.") var again = false

    @Option(help: ArgumentHelp("Wait so long for the smarthost's reply.", valueName: "seconds"))
    var wait = 60

    @Argument(help: "Ids of mails, or their beginnings.") var ids: [String]

    func validate() throws {
        guard (0...86_400).contains(wait) else {
            throw ValidationError("--wait must be from 0 to 86400 seconds")
        }
        if let wrong = to.first(where: { !$0.contains("@") || $0.contains(where: \.isWhitespace) })
        {
            throw ValidationError("'\(wrong)' is not an address")
        }
    }

    func run() async throws {
        let codes = try await Cluster.reach(config) { cluster in
            let releaser = Releaser(
                cluster: cluster, to: to.isEmpty ? nil : to, again: again, waitSeconds: wait,
                by: ProcessInfo.processInfo.userName)
            var codes: [ExitStatus] = []
            for id in ids { codes.append(try await releaser.release(id)) }
            return codes
        }
        let worst = codes.max { $0.rawValue < $1.rawValue } ?? .done
        if worst != .done { throw worst }
    }
}
