// SPDX-License-Identifier: Apache-2.0
// `holdfast search`: which mails match.

internal import ArgumentParser
internal import HoldfastCatalog
internal import HoldfastNode

struct Search: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the mails that match a query, newest first or as --sort says.",
        discussion: """
            Example: holdfast search from:amy subject:invoice after:2026-01-31 --limit 20
            Example: holdfast search '' --limit 0 --format jsonl
            Example: holdfast search has:attachment --sort size
            Example: holdfast search 'from:@acme.com -is:released' --explain
            Example: holdfast search invoice --direct
            Example: holdfast search invoice --segments /mnt/old/storage-1 --key-file keys

            before: and after: ask when Holdfast took a mail in, date: what its header says. `holdfast \
            query` lists all fields. --sort puts the whole answer in order: dates, sizes and scores with the \
            greatest first, names and subjects by the alphabet; --explain shows how a query is understood.

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

    @Option(help: ArgumentHelp("What the answer is sorted by.", valueName: "key"))
    var sort: SearchOrder.Key = .received

    @Flag(help: "Begin with what would be last.") var reverse = false

    @Flag(help: "Do not search: show the query as a tree, the SQL, and which index serves it.")
    var explain = false

    @Flag(
        help: """
            Ask the storages themselves, which is slower, when no DAL answers. Not for is:, copies:, \
            expires:, node:, segment:, nor with --sort.
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
        guard !(direct || !unserved.segments.isEmpty) || (order == .newest && !explain) else {
            throw ValidationError("Only a catalog can sort and explain, not --direct or --segments")
        }
        guard order == .newest || offset <= SearchLimits.sortedOffsetMax else {
            throw ValidationError(
                "With --sort, --offset is at most \(SearchLimits.sortedOffsetMax)")
        }
    }

    private var order: SearchOrder { SearchOrder(sort, isReversed: reverse) }

    private var question: Question {
        var question = query.question
        question.order = order
        return question
    }

    func run() async throws {
        guard !explain else {
            let answer = try await Cluster.reach(config) { try await $0.explain(question) }
            return try await Output.standard.write(Terminal.tidiedLines(ExplainText(answer).text))
        }
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
        if found == limit { await sayTotal() }
    }

    /// The total is exact, or says that there are more.
    private func sayTotal() async {
        let counted =
            direct || !unserved.segments.isEmpty
            ? nil
            : try? await Cluster.reach(config) {
                try await $0.count(question, upTo: SearchLimits.totalMax)
            }
        guard let counted else {
            return await Output.say("These are the first \(limit); --limit 0 lists all.")
        }
        guard counted.or_more == true || counted.count > offset + limit else { return }
        let total = "\(Readable.grouped(counted.count))\(counted.or_more == true ? "+" : "")"
        await Output.say("These are \(limit) of \(total); --limit 0 lists all.")
    }

    /// Finds by whichever way was asked for; returns why mails may be missing.
    private func find(_ take: ([MailAnswer]) async throws -> Void) async throws -> [String] {
        if !unserved.segments.isEmpty {
            return try await UnservedSearch(
                option: unserved, question: question, limit: limit, offset: offset
            ).run(take)
        }
        return try await Cluster.reach(config) { cluster in
            guard direct else {
                try await cluster.eachPage(question, limit: limit, offset: offset, take)
                return []
            }
            var search = try await DirectSearch(question, in: cluster)
            try await search.eachPage(limit: limit, offset: offset, take)
            return search.notices
        }
    }
}

extension SearchOrder.Key: ExpressibleByArgument {}
