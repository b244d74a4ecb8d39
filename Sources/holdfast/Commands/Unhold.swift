// SPDX-License-Identifier: Apache-2.0
// `holdfast unhold`.

internal import ArgumentParser
internal import HoldfastNode

struct Unhold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Do not keep mails beyond their day any more.",
        discussion: """
            Example: holdfast unhold is:held subject:"case 17"
            Example: holdfast unhold 01kav2m4

            Takes a query, or ids. What would have expired meanwhile goes within 30 days. More than \
            20 mails are asked about, or want --yes. Prints a line for each mail: id, what was ordered, and \
            how many storages have confirmed it; the others get it when they are there. Exit code 1: no \
            such mail; 3: for some no storage has confirmed it in time.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @OptionGroup var options: WishOptions
    @OptionGroup var query: QueryOption

    func run() async throws {
        try await options.order(.unhold, config) { [query] cluster in
            try await cluster.mails(
                matching: query.query.filter { $0 != "--" }, utcOffset: query.utcOffset)
        }
    }
}
