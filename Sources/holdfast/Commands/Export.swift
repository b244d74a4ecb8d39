// SPDX-License-Identifier: Apache-2.0
// `holdfast export`: mails into files.

internal import ArgumentParser
internal import HoldfastDisk
internal import HoldfastNode

struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the mails that match a query into files.",
        discussion: """
            Example: holdfast export from:amy --to mbox:amy.mbox
            Example: holdfast export '' --to eml:all
            Example: holdfast export '' --to mbox:- | gzip > all.mbox.gz

            eml and maildir hold the octets exactly as received, checked against their SHA-256; mbox \
            quotes lines that begin with `From ` (mboxrd), and ends a message that ends within a line: \
            imported again, such a message is another mail, for it has one line end more. An mbox is \
            written as FILE.part, and is called FILE when it is whole. A file that is there already stays \
            as it is; with the octets of the mail it is counted, with others the exit code is 3.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Option(
        help: ArgumentHelp(
            "mbox:FILE, maildir:DIR or eml:DIR; mbox:- is standard output.", valueName: "place"))
    var to: ExportPlace

    @OptionGroup var query: QueryOption

    func run() async throws {
        let progress = ProgressLine()
        let exporter = try await Cluster.reach(config) { cluster in
            let all = try await cluster.count(query.question).count
            var exporter: Exporter?
            try await cluster.eachPage(query.question) { mails in
                var working =
                    try exporter
                    ?? Exporter(cluster: cluster, target: opened(), mailsInAll: all)
                try await working.export(mails, progress)
                exporter = working
            }
            try await exporter?.finish()
            return exporter
        }
        await progress.clear()
        guard let exporter else { throw ExitStatus.none }
        await Output.say(Self.outcome(exporter, to))
        if exporter.failed > 0 {
            throw Failure(.someFailed, "\(Readable.count(exporter.failed, "mail")) not written")
        }
    }

    private static func outcome(_ exporter: Exporter, _ place: ExportPlace) -> String {
        let name = place.isStandardOutput ? "standard output" : place.path
        let there = exporter.alreadyThere
        return "\(Readable.count(exporter.written, "mail")) written to \(name)"
            + (there > 0 ? ", \(there) already there" : "")
    }

    private func opened() throws -> any ExportTarget {
        do {
            return try to.open()
        } catch let error as DiskError {
            throw Failure(.badQuery, "\(error)")
        }
    }
}
