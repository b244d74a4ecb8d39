// SPDX-License-Identifier: Apache-2.0
// `holdfast purge`.

internal import ArgumentParser
internal import HoldfastNode

struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Remove mails before their day, from search and queues at once, from all disks soon.",
        discussion: """
            Example: holdfast purge 01kav2m4 --reason "court order 17"

            Every storage that holds a copy gets the order, also one that is away now and any that gets a \
            copy later; the bytes leave its disk within [storage_defaults] purge_days. The id is refused until \
            the mail's keep-until day has passed. There is no way back. More than 20 mails are asked about, \
            or want --yes. Prints a line for each mail: id, purge, and how many storages have confirmed it. \
            Exit code 1: no such mail; 3: for some no storage has confirmed it in time.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @OptionGroup var options: WishOptions
    @Argument(help: "Ids of mails, or their beginnings.") var ids: [String]

    func run() async throws {
        try await options.order(.purge, config) { [ids] in try await $0.mails(ids: ids) }
    }
}
