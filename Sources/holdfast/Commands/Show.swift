// SPDX-License-Identifier: Apache-2.0
// `holdfast show`: one mail.

internal import ArgumentParser
internal import HoldfastMIME
internal import HoldfastNode

struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show one mail: its headers and text, its octets, or where its copies lie.",
        discussion: """
            Example: holdfast show 01kav2m4
            Example: holdfast show --raw 01kav2m4 > mail.eml
            Example: holdfast show 01kav2m4 --segments /mnt/old/storage-1 --key-file keys

            An id may be cut short as long as no other mail's begins so.
            """,
        helpNames: .long)

    enum What: EnumerableFlag {
        case headers, raw, copies

        static func help(for value: What) -> ArgumentHelp? {
            switch value {
            case .headers: "All header lines, as they came."
            case .raw: "The octets exactly as received, on standard output."
            case .copies: "Where each copy lies: location, disk and checksum."
            }
        }
    }

    @OptionGroup var config: ConfigOption
    @Flag(exclusivity: .exclusive) var what: What?
    @Argument(help: "The mail's id, or the beginning of it.") var id: String
    @OptionGroup var unserved: SegmentsOption

    func validate() throws {
        if what == .copies, !unserved.segments.isEmpty {
            throw ValidationError("--copies asks the catalog; segments know of no others")
        }
        if what == .raw, Terminal.outputIsTerminal {
            throw ValidationError(
                "--raw gives the octets as they came, which could drive the terminal; send them into"
                    + " a file or a pipe")
        }
    }

    func run() async throws {
        guard unserved.segments.isEmpty else { return try await showUnserved() }
        try await Cluster.reach(config) { cluster in
            let mail = try await cluster.details(id)
            if what == .copies {
                return try await Output.standard.write(CopyList(mail, cluster.roster).text)
            }
            let reader = CopyReader(cluster: cluster)
            try await print(try await reader.octets(of: mail), mail.mail, on: reader.thread)
        }
    }

    /// From segments that nobody serves.
    private func showUnserved() async throws {
        let keys = try unserved.keys()
        let thread = DiskThread(name: "segments")
        let found = try await thread.run { [id, paths = unserved.segments] in
            try SegmentMail(id, in: SegmentFiles(paths: paths), keys: keys)
        }
        for notice in found.notices { await Output.say("holdfast: \(notice)") }
        try await print(found.octets, found.mail, on: thread)
    }

    private func print(
        _ octets: MessageOctets, _ mail: MailAnswer, on thread: DiskThread
    ) async throws {
        switch what {
        case .raw:
            var offset: UInt64 = 0
            while offset < octets.count {
                let piece = try await thread.run { [offset] in try octets.piece(at: offset) }
                try await Output.standard.write(piece)
                offset += UInt64(piece.count)
            }
        case .headers:
            let piece = try await thread.run { try octets.piece(at: 0) }
            try await Output.standard.write(ShownMail.headers(in: piece))
        default:
            let text = try await thread.run {
                ShownMail.text(of: try octets.whole(), mail: mail)
            }
            try await Output.standard.write(text)
        }
    }
}
