// SPDX-License-Identifier: Apache-2.0
// `holdfast links`: which queue feeds which role, shown and changed while everything runs (R16).

internal import ArgumentParser
internal import Foundation
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode

struct LinksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "links",
        abstract: "Show or change which queue feeds which role, while everything runs.",
        discussion: """
            Example: holdfast links
            Example: holdfast links --format json > links.json
            Example: holdfast links set links.json
            Example: holdfast links add storage.sync archive.input

            A link leads from a queue of one role to a queue of another; helpers carry along all of them, \
            and follow a change within seconds; what they have fetched by then goes where it was to go. `set` \
            changes several at once: so a processor is put between two roles, and taken out again, and \
            no mail stays behind.
            """,
        subcommands: [ShowLinks.self, SetLinks.self, AddLink.self, RemoveLink.self],
        defaultSubcommand: ShowLinks.self, helpNames: .long)
}

struct ShowLinks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the links.",
        discussion: "Example: holdfast links --format json", helpNames: .long)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @OptionGroup var config: ConfigOption
    @Option(help: "For people, or for programs and `set`.") var format = Format.text

    func run() async throws {
        let links = try await Cluster.reach(config) { $0.links }
        switch format {
        case .text: try await Output.standard.write(links.table)
        case .json: try await Output.standard.write(try LinkDocument(links).json)
        }
    }
}

struct SetLinks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Replace all the links by those of a file.",
        discussion: """
            Example: holdfast links set links.json

            The file is as `holdfast links --format json` prints it; its number is not looked at.
            """, helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Argument(help: "The file; - reads standard input.", completion: .file()) var file: String

    func run() async throws {
        let links = try await LinkDocument(reading: file).links
        try await LinkReport.change(config) { $0 = links }
    }
}

struct AddLink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add one link.",
        discussion: """
            Example: holdfast links add gateway.tasks tagger.input

            Where a queue has two links each of its items goes along one of them, whichever asks first.
            """, helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Argument(help: "Where it begins.") var from: QueueName
    @Argument(help: "Where it leads.") var to: QueueName

    func run() async throws {
        let link = Link(from: from.role, from.queue, to: to.role, to.queue)
        try await LinkReport.change(config) { links in
            guard !links.contains(link) else {
                throw Failure(.badQuery, "there is a link \(link) already")
            }
            links.append(link)
        }
    }
}

struct RemoveLink: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove one link.",
        discussion: "Example: holdfast links remove gateway.tasks tagger.input", helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Argument(help: "Where it begins.") var from: QueueName
    @Argument(help: "Where it leads.") var to: QueueName

    func run() async throws {
        let link = Link(from: from.role, from.queue, to: to.role, to.queue)
        try await LinkReport.change(config) { links in
            guard let place = links.firstIndex(of: link) else {
                throw Failure(.none, "there is no link \(link)")
            }
            links.remove(at: place)
        }
    }
}

/// `gateway.tasks`: a queue of the nodes of a role.
struct QueueName: ExpressibleByArgument, Hashable {
    let role: Role
    let queue: String

    init?(argument: String) {
        let words = argument.split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        guard words.count == 2, words.allSatisfy(Links.isWord) else { return nil }
        role = Role(rawValue: words[0])
        queue = words[1]
    }
}
