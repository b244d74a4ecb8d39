// SPDX-License-Identifier: Apache-2.0
// `holdfast drain`: empties a storage before it is retired, or declares one lost.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Drain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Empty a storage before it is retired, or declare one lost for good.",
        discussion: """
            Example: holdfast drain storage-2 --wait
            Example: holdfast drain storage-3 --gone

            The storage takes nothing more, its copies count no more, and are made again elsewhere. It must \
            stay up until nothing depends on it; the verb says so with exit code 0, and with 3 as long as \
            something does. Asked again, it says how far it is. --gone is for one that will not come back: \
            its copies are made again at once.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Flag(help: "End it: the storage takes mail again, and its copies count.") var cancel = false
    @Flag(help: "It is lost for good, and need not be waited for.") var gone = false
    @Flag(help: "Wait until nothing depends on it.") var wait = false
    @Argument(help: "The storage's name, or its identity of 32 digits.") var node: String

    private static let lookSeconds = 1

    func validate() throws {
        if gone, wait { throw ValidationError("--gone has nothing to wait for") }
    }

    func run() async throws {
        let isDone = try await Cluster.reach(config) { try await drain(in: $0) }
        if !isDone { throw ExitStatus.someFailed }
    }

    private func drain(in cluster: Cluster) async throws -> Bool {
        let known = try await cluster.known(node)
        if gone {
            guard let known else { throw Failure(.none, "the catalog knows no storage \(node)") }
            try await cluster.setGone(known.node, !cancel)
            try await Output.standard.write(
                cancel
                    ? "\(known.name): not declared lost any more\n"
                    : "\(known.name): declared lost; \(known.copies) copies count no more\n")
            return true
        }
        try await tell(cluster, known)
        guard !cancel else {
            try await Output.standard.write("\(node): takes mail again\n")
            return true
        }
        return try await follow(in: cluster)
    }

    /// Tells the storage itself, which remembers it.
    private func tell(_ cluster: Cluster, _ known: DependentsAnswer.Node?) async throws {
        let storages = try await cluster.nodes(of: .storage)
        guard let storage = storages.first(where: { $0.name == node || $0.node == node }) else {
            guard let known else { throw Failure(.none, "there is no storage \(node)") }
            throw Failure(
                .unreachable,
                "\(known.name) is away: start it to empty it, or declare it lost with --gone")
        }
        _ = try await cluster.client.json(
            .POST, "\(storage.address)/drain", as: DrainAnswer.self,
            body: .json(DrainAnswer(draining: !cancel)))
        // What was taken back may have been declared lost, too.
        if cancel, let known, known.gone { try await cluster.setGone(known.node, false) }
    }

    /// Says how far it is; whether nothing depends on it any more.
    private func follow(in cluster: Cluster) async throws -> Bool {
        let line = ProgressLine()
        while true {
            do {
                let progress = try await look(in: cluster)
                guard wait, !progress.isDone else {
                    await line.clear()
                    try await Output.standard.write(progress.text)
                    return progress.isDone
                }
                await line.show(progress.short)
            } catch let failure as Failure where wait && failure.code == .unreachable {
                // Who waits for hours outlasts a restart.
                await line.show("asking again: \(failure)")
            } catch let error as NodeError where wait && error.isTemporary {
                await line.show("asking again: \(error)")
            }
            try await Task.sleep(for: .seconds(Self.lookSeconds))
        }
    }

    private func look(in cluster: Cluster) async throws -> DrainProgress {
        let known = try await cluster.known(node)
        return DrainProgress(
            known, name: node, isUnshipped: try await cluster.hasUnshipped(node))
    }
}

/// How far a storage has been emptied, in words.
struct DrainProgress {
    let isDone: Bool
    let short: String
    let text: String

    init(_ known: DependentsAnswer.Node?, name: String, isUnshipped: Bool) {
        guard let known, known.copies > 0 else {
            isDone = !isUnshipped
            short = isUnshipped ? "its entries are still on their way" : "empty"
            text =
                isUnshipped
                ? "\(name): its entries are still on their way to the catalog\n"
                : "\(name): holds nothing; it may be retired\n"
            return
        }
        let isCounting = known.counts || known.recounting || isUnshipped
        isDone = !isCounting && known.dependent == 0
        short = isCounting ? "counting" : "\(known.dependent) copies still to be made elsewhere"
        if isDone {
            text =
                "\(known.name): nothing depends on its \(known.copies) copies; it may be retired\n"
        } else if isCounting {
            text =
                "\(known.name): what depends on it is still being counted; ask again in a moment\n"
        } else {
            text =
                "\(known.name): \(known.dependent) copies have still to be made elsewhere"
                + " (`holdfast status` shows the repairs)\n"
        }
    }
}

extension Cluster {
    /// A storage as the catalog knows it, by name or identity; the one that lives before one of old.
    fileprivate func known(_ text: String) async throws -> DependentsAnswer.Node? {
        let nodes = try await ask(any: .dal) { address in
            try await client.json(.GET, "\(address)/nodes", as: DependentsAnswer.self).nodes
        }
        let living = roster.nodes(of: .storage).first { $0.name == text }?.node
        return nodes.first { $0.node == text || $0.node == living }
            ?? nodes.first { $0.name == text && living == nil }
    }

    fileprivate func setGone(_ node: String, _ gone: Bool) async throws {
        _ = try await ask(any: .dal) { address in
            try await client.json(
                .POST, "\(address)/nodes/\(node)/gone", as: GoneAnswer.self,
                body: .json(GoneAnswer(gone: gone)))
        }
    }

    /// Whether the catalog does not know yet all that a storage has.
    fileprivate func hasUnshipped(_ text: String) async throws -> Bool {
        guard
            let storage = roster.nodes(of: .storage).first(where: {
                $0.name == text || $0.node == text
            })
        else { return false }
        let status = try await client.json(
            .GET, "\(storage.address)/status", as: StatusAnswer.self)
        return status.queues["index"] ?? 0 > 0
    }
}
