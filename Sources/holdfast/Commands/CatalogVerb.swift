// SPDX-License-Identifier: Apache-2.0
// `holdfast catalog dump`: the catalog as sorted text.

internal import ArgumentParser
internal import HoldfastCatalog
internal import HoldfastDAL
internal import HoldfastNode

struct CatalogVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog",
        abstract: "Look into the catalog's database.",
        discussion: "Example: holdfast catalog dump > before.txt",
        subcommands: [Dump.self], helpNames: .long)

    struct Dump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all summaries, entries and notes, a line each, sorted.",
            discussion: """
                Example: holdfast catalog dump | sha256sum

                Two catalogs with equal dumps are equal, whatever the order in which they were filled: \
                compare before and after `holdfast reindex`. To be run where the DAL's database lies; \
                `holdfast serve` may go on. Exit code 78: there is no [dal] here, or no catalog.
                """,
            helpNames: .long)

        @OptionGroup var config: ConfigOption

        private static let pieceBytes = 1 << 16

        func run() async throws {
            let installation = try config.installation()
            guard let path = installation.dal?.configuration.path else {
                throw Failure(
                    .configuration,
                    "\(installation.file) has no section [dal]: run this where the DAL's database lies"
                )
            }
            let thread = DiskThread(name: "dump")
            try await thread.run {
                do {
                    var text = ""
                    try SQLiteCatalog.dump(path) { line in
                        text += line + "\n"
                        guard text.utf8.count >= Self.pieceBytes else { return }
                        try Output.standard.writeNow(Array(text.utf8))
                        text = ""
                    }
                    try Output.standard.writeNow(Array(text.utf8))
                } catch let error as CatalogError {
                    throw Failure(.configuration, "\(error)")
                }
            }
        }
    }
}
