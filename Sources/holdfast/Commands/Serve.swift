// SPDX-License-Identifier: Apache-2.0
// `holdfast serve`: runs the nodes that the configuration names.

internal import ArgumentParser
internal import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run every role that the configuration has a section for.",
        discussion: """
            Example: holdfast serve --config /srv/holdfast/holdfast.toml

            Prints one line when everything listens, and logs to standard error. SIGTERM and SIGINT end \
            it in good order.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    func run() async throws {
        let installation = try config.installation()
        let level = try LogLevels.level(configured: installation.node.logLevel)
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level) }
        MemoryReturn.prepare()
        SystemLimits.raiseOpenFiles()
        SystemLimits.hideNewFiles()
        let process = try await LongStart.watched { try await ServingProcess(installation) }
        try await process.run()
    }
}
