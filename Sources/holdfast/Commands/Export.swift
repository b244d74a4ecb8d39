// SPDX-License-Identifier: Apache-2.0
// `holdfast export`: mails into files.

internal import ArgumentParser
internal import HoldfastDisk

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the mails that match a query into files.",
        discussion: """
            Example: holdfast export from:amy --to mbox:amy.mbox
            Example: holdfast export '' --to eml:all

            eml and maildir hold the octets exactly as received, checked against their SHA-256; mbox \
            quotes lines that begin with `From ` (mboxrd), and ends a message that ends within a line. A \
            file that is there already stays as it is.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Option(help: ArgumentHelp("mbox:FILE, maildir:DIR or eml:DIR.", valueName: "place"))
    var to: ExportPlace

    @OptionGroup var query: QueryOption

    func run() async throws {
        let progress = ProgressLine()
        let exporter = try await Cluster.reach(config) { cluster in
            var exporter: Exporter?
            try await cluster.eachPage(query.question) { mails in
                var working = try exporter ?? Exporter(cluster: cluster, target: opened())
                try await working.export(mails, progress)
                exporter = working
            }
            try await exporter?.finish()
            return exporter
        }
        await progress.clear()
        guard let exporter else { throw ExitStatus.none }
        await Output.say("\(exporter.written) mails written to \(to.path)")
        if exporter.failed > 0 {
            throw Failure(.someFailed, "\(exporter.failed) mails were not written")
        }
    }

    private func opened() throws -> any ExportTarget {
        do {
            return try to.open()
        } catch let error as DiskError {
            throw Failure(.badQuery, "\(error)")
        }
    }
}
