// SPDX-License-Identifier: Apache-2.0
// `holdfast reindex`: makes the catalog again from the storages.

internal import ArgumentParser
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Reindex: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the catalog again from what the storages hold, while it answers.",
        discussion: """
            Example: holdfast reindex --yes

            For a catalog that is not trusted; one that was lost or restored from a backup fills itself \
            again. Mail goes in and out meanwhile, and searches find what has been entered already and say \
            that it is not all. Releases, holds and purges are known again from their notes. The old \
            catalog stays beside the new one as `….before` until the next time. Waits until all is there; \
            when it is interrupted the work goes on, and `holdfast status` shows how far it is. Exit code 3: \
            a storage that was there at the beginning is silent, and for a minute nothing has come.
            """,
        helpNames: .long)

    @OptionGroup var config: ConfigOption
    @Flag(help: "Do it, and do not ask.") var yes = false

    private static let lookMilliseconds = 500
    /// Ten seconds: whoever lives has beaten by then.
    private static let looksMax = 20
    private static let pollMilliseconds = 300
    /// A storage that is away is not waited for longer than the others need.
    private static let idlePollsMax = 200

    func run() async throws {
        guard yes else {
            throw Failure(
                .badQuery,
                "this sets the catalog aside and makes it again from the storages: say --yes")
        }
        let notice = try await Cluster.reach(config) { cluster in
            guard let dal = try await cluster.nodes(of: .dal).first?.address else {
                throw Failure(.unreachable, "no dal is alive")
            }
            let storages = try await storages(of: dal, in: cluster)
            _ = try await cluster.client.json(.POST, "\(dal)/reindex", as: StatusAnswer.self)
            var sources: [Source] = []
            for storage in storages {
                do {
                    let end = try await cluster.indexEnd(of: storage)
                    sources.append(Source(storage: storage, end: end))
                } catch let error as NodeError {
                    // It asks by itself when it comes, or within ten minutes.
                    await Output.say("holdfast: \(storage.name): \(error)")
                    sources.append(Source(storage: storage, end: storage.position ?? 0))
                }
            }
            return try await waitUntilFilled(dal, from: sources, in: cluster)
        }
        guard notice == nil else {
            await Output.say("holdfast: not complete yet: \(notice ?? "")")
            throw ExitStatus.someFailed
        }
    }

    /// A storage, and up to where the catalog must hold its entries.
    private struct Source {
        var storage: Registration
        var end: UInt64
    }

    /// Whose entries the catalog must have. One with copies that is silent is waited for a moment: it may
    /// have been too busy to beat.
    private func storages(of dal: String, in cluster: Cluster) async throws -> [Registration] {
        var looks = 0
        while true {
            let storages = try await cluster.nodes(of: .storage).filter { $0.node != nil }
            let status = try await cluster.client.json(
                .GET, "\(dal)/status", as: StatusAnswer.self)
            let away = (status.repairs?.away ?? []).map(\.name)
            if away.isEmpty { return storages }
            looks += 1
            guard looks < Self.looksMax else {
                for name in away {
                    await Output.say(
                        "holdfast: \(name) is silent: what only it has is known when it is back")
                }
                return storages
            }
            try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
            try await cluster.view.refresh()
        }
    }

    /// Nil when all is there; else what is missing, when nothing has come for a while.
    private func waitUntilFilled(
        _ dal: String, from sources: [Source], in cluster: Cluster
    ) async throws -> String? {
        let line = ProgressLine()
        var (last, idle) = (-1, 0)
        var status = try await status(of: dal, from: sources, in: cluster)
        while let notice = status.incomplete, idle < Self.idlePollsMax {
            let mails = status.mails ?? 0
            (last, idle) = (mails, mails == last ? idle + 1 : 0)
            await line.show("\(mails) mails; \(notice)")
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
            status = try await self.status(of: dal, from: sources, in: cluster)
        }
        await line.clear()
        if let missing = status.incomplete { return missing }
        // Counted anew: the last of them may have come between the count and the look.
        status = try await cluster.client.json(.GET, "\(dal)/status", as: StatusAnswer.self)
        try await Output.standard.write("\(status.mails ?? 0) mails\n")
        return nil
    }

    /// What the DAL says, and what it cannot know: it waits only for those that it hears.
    private func status(
        of dal: String, from sources: [Source], in cluster: Cluster
    ) async throws -> StatusAnswer {
        try await cluster.view.refresh()
        var status = try await cluster.client.json(
            .GET, "\(dal)/status", as: StatusAnswer.self)
        guard status.incomplete == nil else { return status }
        for source in sources where status.incomplete == nil {
            status.incomplete = try await missing(from: source, in: cluster)
        }
        return status
    }

    private func missing(
        from source: Source, in cluster: Cluster
    ) async throws -> String? {
        guard let node = source.storage.node, let storage = cluster.storage(node) else {
            return "\(source.storage.name) was there at the beginning, and is silent"
        }
        let end: UInt64
        do {
            end = try await cluster.indexEnd(of: storage)
        } catch let error as NodeError {
            return "\(storage.name): \(error)"
        }
        // What it has found since then that it cannot ship is not waited for.
        guard try await cluster.held(of: node) >= min(source.end, end) else {
            return "the catalog is being filled from \(storage.name)"
        }
        return nil
    }
}
