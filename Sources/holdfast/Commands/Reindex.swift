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
            let storages = try await cluster.nodes(of: .storage).filter { $0.node != nil }
            let dal = try await renewed(in: cluster)
            for storage in storages {
                do {
                    _ = try await cluster.client.call(
                        .POST, "\(storage.address)/queues/index/probe")
                } catch let error as NodeError {
                    // It asks by itself when it comes, or within ten minutes.
                    await Output.say("holdfast: \(storage.name): \(error)")
                }
            }
            return try await waitUntilFilled(dal, from: storages, in: cluster)
        }
        guard notice == nil else {
            await Output.say("holdfast: not complete yet: \(notice ?? "")")
            throw ExitStatus.someFailed
        }
    }

    /// Has the catalog made anew; returns the address of its DAL.
    private func renewed(in cluster: Cluster) async throws -> String {
        guard let dal = try await cluster.nodes(of: .dal).first else {
            throw Failure(.unreachable, "no dal is alive")
        }
        _ = try await cluster.client.json(
            .POST, "\(dal.address)/reindex", as: StatusAnswer.self)
        return dal.address
    }

    /// Nil when all is there; else what is missing, when nothing has come for a while.
    private func waitUntilFilled(
        _ dal: String, from storages: [Registration], in cluster: Cluster
    ) async throws -> String? {
        let line = ProgressLine()
        var (last, idle) = (-1, 0)
        var status = try await status(of: dal, from: storages, in: cluster)
        while let notice = status.incomplete, idle < Self.idlePollsMax {
            let mails = status.mails ?? 0
            (last, idle) = (mails, mails == last ? idle + 1 : 0)
            await line.show("\(mails) mails; \(notice)")
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
            status = try await self.status(of: dal, from: storages, in: cluster)
        }
        await line.clear()
        if status.incomplete == nil {
            try await Output.standard.write("\(status.mails ?? 0) mails\n")
        }
        return status.incomplete
    }

    /// The DAL knows of no storage that is silent now what it should wait for; we do.
    private func status(
        of dal: String, from storages: [Registration], in cluster: Cluster
    ) async throws -> StatusAnswer {
        try await cluster.view.refresh()
        var status = try await cluster.client.json(
            .GET, "\(dal)/status", as: StatusAnswer.self)
        let silent = storages.filter { storage in cluster.storage(storage.node ?? "") == nil }
        if status.incomplete == nil, !silent.isEmpty {
            let names = silent.map(\.name).joined(separator: ", ")
            status.incomplete = "\(names) was there at the beginning, and is silent"
        }
        return status
    }
}
