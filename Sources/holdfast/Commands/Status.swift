// SPDX-License-Identifier: Apache-2.0
// `holdfast status`: how the installation is.

internal import ArgumentParser

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show who is alive, what waits in the queues, and how much room there is.",
        discussion: """
            Example: holdfast status
            Example: holdfast status --format json

            Exit code 5: no Registry answers.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Option(help: "For people, or for programs.") var format = Format.text

    func run() async throws {
        let report = try await Cluster.reach(config) { await StatusReport.gathered(from: $0) }
        switch format {
        case .text: try await Output.standard.write(report.text)
        case .json: try await Output.standard.write(try report.json)
        }
    }
}
