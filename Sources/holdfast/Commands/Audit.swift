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
            replaced. Joined are mails that were handed in before, refused those that nobody takes, given \
            up those whose keep-until day passed without an ack. A mail that lives and has no copy is a \
            fault. Days are counted for 400 days. Each gateway that was seen on that day is needed, and \
            each storage with copies that was not declared lost; --without leaves out one that was retired. \
            Exit code 0: balanced; 6: not; 5: a node that is needed is away, or the catalog does not know \
            all yet.
            """,
        helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Option(help: ArgumentHelp("The day, like 2026-01-31.", valueName: "day")) var day: String
    @Option(help: "For people, or for programs.") var format = Format.text
    @Option(help: ArgumentHelp("A node that does not come back.", valueName: "node"))
    var without: [String] = []

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
        if let doubt = try await cluster.doubt() {
            throw Failure(.unreachable, "what is stored may not all be known: \(doubt)")
        }
        var books = DayBooks(day: day)
        if !without.isEmpty { books.without = without.sorted() }
        books.acked = try await gateways(of: cluster).reduce(0) { $0 + $1.book.gone }
        for storage in cluster.roster.nodes(of: .storage) where storage.node != nil {
            books.storages.append(try await book(of: storage, cluster))
        }
        let known = try await cluster.ask(any: .dal) { address in
            // What went on its way meanwhile is there, and what goes on its way now is in the books below.
            books.catalog = try await cluster.client.json(
                .GET, "\(address)/days/\(day)", as: DayAnswer.self)
            return try await cluster.client.json(
                .GET, "\(address)/nodes", as: DependentsAnswer.self
            ).nodes
        }
        books.gateways = try await gateways(of: cluster)
        let away = DayBooks.away(
            gateways: books.catalog.gateways ?? [], known, cluster.roster, without: without)
        guard away.isEmpty else {
            throw Failure(
                .unreachable,
                "away, and needed for that day: \(away.joined(separator: ", ")). Start what is there, and"
                    + " leave out what was retired (--without NODE)")
        }
        return books
    }

    private func gateways(of cluster: Cluster) async throws -> [DayBooks.Node] {
        let living =
            without.isEmpty
            ? try await cluster.nodes(of: .gateway) : cluster.roster.nodes(of: .gateway)
        var books: [DayBooks.Node] = []
        for gateway in living { books.append(try await book(of: gateway, cluster)) }
        return books
    }

    private func book(of node: Registration, _ cluster: Cluster) async throws -> DayBooks.Node {
        let answer = try await cluster.client.json(
            .GET, "\(node.address)/days/\(day)", as: DayAnswer.self)
        return DayBooks.Node(name: node.name, book: answer)
    }
}
