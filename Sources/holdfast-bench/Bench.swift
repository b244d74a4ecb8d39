// SPDX-License-Identifier: Apache-2.0
// The bench: redoes the paper's figures with the real program, beside the raw limit of the disk.

internal import ArgumentParser

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast-bench",
        abstract: "Measures the real program, and the disk under it in the same run.",
        discussion: """
            Example:
              holdfast-bench figure6 --quick
            """,
        subcommands: [
            Figure6.self, Figure7.self, Figure8.self, EndToEnd.self, Level.self, Hour.self,
        ])
}

/// What every measurement can be told.
struct BenchOptions: ParsableArguments {
    @Flag(help: "End within 40 seconds; the figures move more.")
    var quick = false

    @Option(help: "How to print: table or json.")
    var format = Format.table

    @Option(help: "Where the data folders are made; the disk under it is what is measured.")
    var folder = "."

    @Option(help: "The program to measure; by default the one beside this.")
    var program: String?

    @Option(help: "Seconds for each row.")
    var seconds: Double?

    @Option(help: "The seed of the mails.")
    var seed: UInt64 = 2012

    enum Format: String, ExpressibleByArgument { case table, json }

    var secondsARow: Double { seconds ?? (quick ? 4 : 15) }
}
