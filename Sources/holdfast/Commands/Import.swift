// SPDX-License-Identifier: Apache-2.0
// `holdfast import`: mails out of files.

internal import ArgumentParser
internal import HoldfastNode

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take in the mails of an mbox, a Maildir, a folder of .eml files, or one .eml.",
        discussion: """
            Example: holdfast import ~/Maildir old.mbox archive/
            Example: holdfast import mbox:sent --dry-run

            A message's id is made of its octets: a second run stores nothing twice, so what was \
            interrupted is simply run again. An .eml is one message, its octets as they are. An mbox is \
            what mbox:PATH names, or a file not called .eml that begins with `From `. Files that are \
            neither are skipped, and named. Exit code 3: something was refused; each is named with its \
            reason.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Flag(help: "Only read the sources, and store nothing.") var dryRun = false
    @Option(help: "How to print the counts: for people, or for programs.") var format = Format.text

    @OptionGroup var keep: KeepOption

    @Argument(help: "Paths, also as mbox:PATH, maildir:DIR or eml:PATH.")
    var sources: [ImportSource]

    func run() async throws {
        let bytes = await Terminal.errorIsTerminal ? bytesInAll() : nil
        let tally: ImportTally
        if dryRun {
            tally = try await Importer(sources, gateway: nil, bytesInAll: bytes).run()
        } else {
            tally = try await Cluster.reach(config) { cluster in
                let gateway = ImportGateway(cluster: cluster, keepDays: keep.keepDays)
                return try await Importer(sources, gateway: gateway, bytesInAll: bytes).run()
            }
        }
        let text = format == .json ? try tally.json : tally.text(isDryRun: dryRun)
        try await Output.standard.write(text)
        if tally.refused > 0 { throw ExitStatus.someFailed }
    }

    /// For the progress bar: a first walk that only adds up sizes.
    private func bytesInAll() async -> UInt64? {
        let thread = DiskThread(name: "sizes")
        defer { thread.stop() }
        // Without it there is no bar, but still the counts.
        return try? await thread.run { [sources] in
            var walk = SourceWalk(sources)
            var bytes: UInt64 = 0
            while let found = walk.next() {
                if case .file(let file) = found { bytes += file.bytes }
            }
            return bytes
        }
    }
}
