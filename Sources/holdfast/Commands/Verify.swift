// SPDX-License-Identifier: Apache-2.0
// `holdfast verify`: reads every copy of every mail.

internal import ArgumentParser
internal import Foundation

struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Read every copy of every mail, and compare them with their checksums and the catalog.",
        discussion: """
            Example: holdfast verify
            Example: holdfast verify --rate 50 --format json

            All storages read at once. What is bad is noted there, and is repaired from another copy; what \
            is whole and in no index is entered again; what the catalog tells of and is not there is \
            forgotten, so that the mail gets its copies again. A bad record whose mail has its copies again \
            is counted as healed. Copies that were kept after the beginning are left to the next time. What \
            is on its way to the catalog is waited for; a catalog that does not know all yet, right after a \
            start or while it is being filled again, proves nothing. Exit code 0: all is well; 6: something \
            is not, or cannot be told (it says what); 5: a needed part cannot be reached.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption

    @Option(
        help: ArgumentHelp(
            "Read at most so many MB/s on each storage; else all it gives.",
            valueName: "mb/s"))
    var rate: Int?

    @Option(help: "For people, or for programs.") var format = Format.text

    func validate() throws {
        guard rate.map({ (1...100_000).contains($0) }) ?? true else {
            throw ValidationError("--rate must be from 1 to 100000")
        }
    }

    func run() async throws {
        let report = try await Cluster.reach(config) { cluster in
            try await Verifier(cluster: cluster, megabytesPerSecond: rate).run()
        }
        switch format {
        case .text: try await Output.standard.write(report.text)
        case .json: try await Output.standard.write(try report.json)
        }
        guard report.isWell else { throw ExitStatus.notWell }
    }
}
