// SPDX-License-Identifier: Apache-2.0
// `holdfast search`: which mails match.

internal import ArgumentParser

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the mails that match a query, newest first.",
        discussion: """
            Example: holdfast search from:amy subject:invoice after:2026-01-31 --limit 20
            Example: holdfast search '' --limit 0 --format jsonl

            before: and after: ask when Holdfast took a mail in, date: what its header says. `holdfast \
            query` lists all fields.

            tsv has the columns id, received, date, from, to, subject, message_id, size, sha256, \
            keep_until and copies. Exit code 1: no mail matches.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Option(help: ArgumentHelp("At most so many mails; 0 for all.", valueName: "mails"))
    var limit = 50

    @Option(help: ArgumentHelp("Leave out so many of the newest.", valueName: "mails"))
    var offset = 0

    @Option(help: "How to list them; else a table on a terminal, and tsv elsewhere.")
    var format: MailFormat?

    @OptionGroup var query: QueryOption

    func validate() throws {
        guard limit >= 0, offset >= 0 else {
            throw ValidationError("--limit and --offset must not be negative")
        }
    }

    func run() async throws {
        var printer = MailPrinter(format: format ?? .standard, columns: Terminal.columns)
        var found = 0
        try await Cluster.reach(config) { cluster in
            try await cluster.eachPage(query.question, limit: limit, offset: offset) { mails in
                found += mails.count
                try await Output.standard.write(try printer.text(of: mails))
            }
        }
        try await Output.standard.write(printer.end())
        guard found > 0 else { throw ExitStatus.none }
        if found == limit {
            await Output.say("These are the first \(limit); --limit 0 lists all.")
        }
    }
}
