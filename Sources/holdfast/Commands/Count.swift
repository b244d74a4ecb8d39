// SPDX-License-Identifier: Apache-2.0
// `holdfast count`: how many mails match.

internal import ArgumentParser
internal import HoldfastNode

struct Count: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print how many mails match a query, exactly.",
        discussion: """
            Example: holdfast count 'from:example.org size:>10M'

            Exit code 1: no mail matches; the number 0 is printed all the same.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @OptionGroup var query: QueryOption

    func run() async throws {
        let count = try await Cluster.reach(config) { try await $0.count(query.question).count }
        try await Output.standard.write("\(count)\n")
        guard count > 0 else { throw ExitStatus.none }
    }
}
