// SPDX-License-Identifier: Apache-2.0
// `holdfast audit`: balances the books of a day.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct AuditVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Balance the books of a day: what was accepted against what is stored.",
        discussion: """
            Example: holdfast audit --day 2026-01-31

            Of the mails received on that day (UTC): accepted = stored + joined + refused + given up + on \
            their way; stored = live + expired + purged; and on each storage kept = live + expired + \
            replaced. Joined are mails that a storage had already, refused those that nobody takes, given \
            up those whose keep-until day passed without an ack. Days are counted for 400 days. Exit code \
            0: balanced; 6: not; 5: a node that counts cannot be reached.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Option(help: ArgumentHelp("The day, like 2026-01-31.", valueName: "day")) var day: String
    @Option(help: "For people, or for programs.") var format = Format.text

    func validate() throws {
        guard Day(day) != nil else {
            throw ValidationError("'\(day)' is no day; write 2026-01-31")
        }
    }

    func run() async throws {
        let books = try await Cluster.reach(config) { try await self.books(of: $0) }
        switch format {
        case .text: try await Output.standard.write(books.text)
        case .json: try await Output.standard.write(try books.json)
        }
        guard books.isBalanced else { throw ExitStatus.notWell }
    }

    private func books(of cluster: Cluster) async throws -> DayBooks {
        var books = DayBooks(day: day)
        for gateway in try await cluster.nodes(of: .gateway) {
            books.gateways.append(try await book(of: gateway, cluster))
        }
        for storage in try await cluster.nodes(of: .storage) where storage.node != nil {
            books.storages.append(try await book(of: storage, cluster))
        }
        // Last, so that what went on its way meanwhile is there.
        books.catalog = try await cluster.ask(any: .dal) { address in
            try await cluster.client.json(.GET, "\(address)/days/\(day)", as: DayAnswer.self)
        }
        return books
    }

    private func book(of node: Registration, _ cluster: Cluster) async throws -> DayBooks.Node {
        let answer = try await cluster.client.json(
            .GET, "\(node.address)/days/\(day)", as: DayAnswer.self)
        return DayBooks.Node(name: node.name, book: answer)
    }
}
