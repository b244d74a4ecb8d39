// SPDX-License-Identifier: Apache-2.0
// `holdfast import`: mails out of files.

internal import ArgumentParser
internal import HoldfastDisk
internal import HoldfastNode

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take in the mails of an mbox, a Maildir, a folder of .eml files, or one .eml.",
        discussion: """
            Example: holdfast import ~/Maildir old.mbox archive/
            Example: holdfast import mbox:sent --dry-run
            Example: zcat old.mbox.gz | holdfast import mbox:-

            A message's id is made of its octets: a second run stores nothing twice, so what was \
            interrupted is simply run again. A mail that is held already keeps the day until which it \
            is kept, also with --keep-days. An .eml is one message, its octets as they are. An mbox is \
            what mbox:PATH names, or a file not called .eml that begins with `From `. Files that are \
            neither are skipped, and named. What comes on standard input is first kept in $TMPDIR. While \
            the gateway is away or has no room the import waits, up to ten minutes, and says so.

            Exit code 2: no source can be read at all. 3: something was refused; each is named with its \
            reason, of one reason the first 20. 5: the gateway stayed away.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Flag(help: "Only read the sources, and store nothing.") var dryRun = false
    @Option(help: "How to print the counts: for people, or for programs.") var format = Format.text

    @OptionGroup var keep: KeepOption

    @Argument(help: "Paths, also as mbox:PATH, maildir:DIR or eml:PATH; - is standard input.")
    var sources: [ImportSource]

    func validate() throws {
        guard sources.count(where: \.isStandardInput) <= 1 else {
            throw ValidationError("standard input (-) can be named once")
        }
    }

    func run() async throws {
        let thread = DiskThread(name: "check")
        defer { thread.stop() }
        let input = try await spooledInput()
        let sources = sources.map { source in
            input.map { source.isStandardInput ? source.reading($0.pathWhileOpen) : source }
                ?? source
        }
        if let problem = try await thread.run({ SourceCheck.problem(of: sources) }) {
            throw Failure(.badQuery, problem)
        }
        let bytes =
            Terminal.errorIsTerminal
            ? try await thread.run { SourceCheck.bytesInAll(of: sources) } : nil
        let report = ImportReport(bytesInAll: bytes)
        do {
            try await bringIn(sources, report)
        } catch {
            if report.tally.read > 0 { await finish(report) }
            throw error
        }
        await finish(report)
        // Its path is only good while the file is held.
        withExtendedLifetime(input) {}
        if report.tally.refused > 0 { throw ExitStatus.someFailed }
    }

    private func bringIn(_ sources: [ImportSource], _ report: ImportReport) async throws {
        let work: @Sendable () async throws -> Void
        if dryRun {
            work = { try await Importer(sources, gateway: nil, report: report).run() }
        } else {
            work = { [config, keep] in
                try await Cluster.reach(config) { cluster in
                    let gateway = ImportGateway(
                        cluster: cluster, keepDays: keep.keepDays, report: report)
                    try await Importer(sources, gateway: gateway, report: report).run()
                }
            }
        }
        try await Interruption.during(work) { [self] in
            await finish(report)
            await Output.say(
                "holdfast: interrupted; run the same import again: it goes on where it stopped")
        }
    }

    /// Prints the counts as they are.
    private func finish(_ report: ImportReport) async {
        await report.end()
        let text = report.tally.text(isDryRun: dryRun, keepsDays: keep.keepDays != nil)
        // With nobody there to read them, the code still says how it went.
        try? await Output.standard.write(format == .json ? report.tally.json : text)
    }

    /// What there is on standard input, if it is a source.
    private func spooledInput() async throws -> RealFile? {
        guard sources.contains(where: \.isStandardInput) else { return nil }
        let progress = ProgressLine()
        do {
            let file = try await StandardInput().spooled { bytes in
                await progress.show("reading standard input, \(Readable.bytes(bytes))")
            }
            await progress.clear()
            return file
        } catch let error as DiskError {
            throw Failure(.badQuery, "standard input cannot be taken in: \(error)")
        }
    }
}
