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
            its copies are made again at once. While the catalog does not know all that the storage has, \
            nobody can tell what depends on it: that is 3, too.
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
        let doubt = try await cluster.doubtNow()
        let known = try await cluster.known(node)
        let left = try await cluster.left(at: node)
        return DrainProgress(known, left, doubt: doubt, name: known?.name ?? node)
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

    /// What a storage has that the catalog may not know.
    fileprivate func left(at text: String) async throws -> DrainProgress.Left {
        let storage = roster.nodes(of: .storage).first { $0.name == text || $0.node == text }
        guard let storage, let node = storage.node else {
            throw Failure(.unreachable, "\(text) is away")
        }
        // Before it is asked for its end: that has the last entry shipped once more.
        let status = try await client.json(
            .GET, "\(storage.address)/status", as: StatusAnswer.self)
        return DrainProgress.Left(
            records: status.mails ?? 0, unshipped: status.queues["index"] ?? 0,
            buried: status.buried["index"] ?? 0, end: try await indexEnd(of: storage),
            held: try await held(of: node))
    }
}
