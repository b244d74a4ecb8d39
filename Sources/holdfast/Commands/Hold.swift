// SPDX-License-Identifier: Apache-2.0
// `holdfast hold`.

internal import ArgumentParser
internal import HoldfastNode

struct Hold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep mails beyond their day, until `holdfast unhold`.",
        discussion: """
            Example: holdfast hold from:amy after:2026-01-31 --reason "case 17"
            Example: holdfast hold 01kav2m4

            Takes a query, or ids. A held mail does not expire: it is copied to a newer segment before its own is \
            dropped. `is:held` finds what is held. More than \
            20 mails are asked about, or want --yes. Prints a line for each mail: id, what was ordered, and \
            how many storages have confirmed it; the others get it when they are there. Exit code 1: no \
            such mail; 3: for some no storage has confirmed it in time.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @OptionGroup var options: WishOptions
    @OptionGroup var query: QueryOption

    func run() async throws {
        try await options.order(.hold, config) { [query] cluster in
            try await cluster.mails(
                matching: query.query.filter { $0 != "--" }, utcOffset: query.utcOffset)
        }
    }
}
