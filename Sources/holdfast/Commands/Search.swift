// SPDX-License-Identifier: Apache-2.0
// `holdfast search`: which mails match.

internal import ArgumentParser
internal import HoldfastNode

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the mails that match a query, newest first.",
        discussion: """
            Example: holdfast search from:amy subject:invoice after:2026-01-31 --limit 20
            Example: holdfast search '' --limit 0 --format jsonl
            Example: holdfast search invoice --direct
            Example: holdfast search invoice --segments /mnt/old/storage-1 --key-file keys

            before: and after: ask when Holdfast took a mail in, date: what its header says. `holdfast \
            query` lists all fields.

            tsv has the columns id, received, date, from, to, subject, message_id, size, sha256, \
            keep_until and copies. Exit code 1: no mail matches; 3: some mails may be missing from the list.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption

    @Option(help: ArgumentHelp("At most so many mails; 0 for all.", valueName: "mails"))
    var limit = 50

    @Option(help: ArgumentHelp("Leave out so many of the newest.", valueName: "mails"))
    var offset = 0

    @Option(help: "How to list them; else a table on a terminal, and tsv elsewhere.")
    var format: MailFormat?

    @Flag(
        help: """
            Ask the storages themselves, which is slower, when no DAL answers. Not for is:, copies:.
            """)
    var direct = false

    @OptionGroup var query: QueryOption
    @OptionGroup var unserved: SegmentsOption

    func validate() throws {
        guard limit >= 0, offset >= 0 else {
            throw ValidationError("--limit and --offset must not be negative")
        }
        guard !direct || unserved.segments.isEmpty else {
            throw ValidationError("--direct and --segments are two ways; take one")
        }
    }

    func run() async throws {
        var printer = MailPrinter(format: format ?? .standard, columns: Terminal.columns)
        var found = 0
        func take(_ mails: [MailAnswer]) async throws {
            found += mails.count
            try await Output.standard.write(try printer.text(of: mails))
        }
        let notices = try await find(take)
        try await Output.standard.write(printer.end())
        for notice in notices { await Output.say("holdfast: \(notice)") }
        guard notices.isEmpty else { throw ExitStatus.someFailed }
        guard found > 0 else { throw ExitStatus.none }
        if found == limit {
            await Output.say("These are the first \(limit); --limit 0 lists all.")
        }
    }

    /// Finds by whichever way was asked for; returns why mails may be missing.
    private func find(_ take: ([MailAnswer]) async throws -> Void) async throws -> [String] {
        if !unserved.segments.isEmpty {
            return try await UnservedSearch(
                option: unserved, question: query.question, limit: limit, offset: offset
            ).run(take)
        }
        return try await Cluster.reach(config) { cluster in
            guard direct else {
                try await cluster.eachPage(query.question, limit: limit, offset: offset, take)
                return []
            }
            var search = try await DirectSearch(query.question, in: cluster)
            try await search.eachPage(limit: limit, offset: offset, take)
            return search.notices
        }
    }
}
