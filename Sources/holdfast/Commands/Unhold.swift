// SPDX-License-Identifier: Apache-2.0
// `holdfast unhold`.

internal import ArgumentParser
internal import Foundation
internal import HoldfastNode

struct Unhold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Do not keep mails beyond their day any more.",
        discussion: """
            Example: holdfast unhold is:held subject:"case 17"
            Example: holdfast unhold 01kav2m4

            Takes a query, or ids. What would have expired meanwhile goes within 30 days. More than \
            20 mails are asked about, or want --yes. Prints a line for each mail: id, what was ordered, and \
            how many storages have confirmed it; the others get it when they are there. Exit code 1: no \
            such mail; 3: for some no storage has confirmed it in time.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @OptionGroup var options: WishOptions
    @OptionGroup var query: QueryOption

    func run() async throws {
        let code = try await Cluster.reach(config) { cluster in
            let mails = try await cluster.mails(
                matching: query.query.filter { $0 != "--" }, utcOffset: query.utcOffset)
            guard !mails.isEmpty else { return ExitStatus.none }
            try await options.confirm(mails.count, .unhold)
            return try await Wisher(
                cluster: cluster, kind: .unhold, reason: options.reason,
                by: ProcessInfo.processInfo.userName, waitSeconds: options.wait
            ).order(mails)
        }
        if code != .done { throw code }
    }
}
