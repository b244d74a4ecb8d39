// SPDX-License-Identifier: Apache-2.0
// A catalog that is made again from the storages, while it answers.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import Logging
internal import NIOHTTP1
internal import Synchronization

/// How far a catalog is that was lost, is older than the storages, or was made anew.
struct Filling: Hashable, Sendable {
    /// The names of the storages whose entries it does not hold yet as far as it should.
    var behind: [String] = []
    /// Entries that it has, and records that the storages have.
    var entered = 0
    var expected = 0

    /// What people are told; nil when there is nothing to tell.
    var notice: String? {
        guard !behind.isEmpty else { return nil }
        let share = expected == 0 ? "" : ", \(min(99, entered * 100 / expected)) % is there"
        return "the catalog is being filled from \(behind.joined(separator: ", "))\(share)"
    }
}

extension DALComponent {
    private static let lookMilliseconds: Int64 = 500

    /// What is missing from the catalog, as last looked; nil when nothing is.
    var incomplete: String? { filled.withLock { $0.notice } }

    func addFillingRoutes(to server: NodeServer) {
        server.router.post("\(path.text)/reindex") { [self] _, _ in
            try await reindex()
            return JSONAnswer(try await status())
        }
    }

    /// Begins again with an empty catalog; the old one stays beside it until the next time.
    private func reindex() async throws {
        let path = catalogPath
        surroundings.logger.notice(
            "Catalog made anew", metadata: ["before": "\(path).before"])
        try await ordering.take {
            try await queues.writer.run { [catalog] in try catalog.renew(beside: path + ".before") }
        }
        firstSights.withLock { $0 = FirstSights() }
        try await look()
    }

    /// Follows how far the catalog is, until it is cancelled, and takes up the orders that lie in it as soon
    /// as it can know what came of them.
    func watchFilling() async {
        var ordersWait = true
        while !Task.isCancelled {
            do {
                try await look()
                if ordersWait { ordersWait = try await !resumeOrders() }
            } catch {
                surroundings.logger.debug("Filling not known", metadata: ["error": "\(error)"])
            }
            await surroundings.clock.sleep(milliseconds: Self.lookMilliseconds)
        }
    }

    /// A catalog that was restored may hold orders that were done long ago: before their notes are back
    /// they would be done a second time.
    ///
    /// - Returns: whether they were taken up.
    func resumeOrders() async throws -> Bool {
        guard try await doubt() == nil else { return false }
        try await queues.loadOrders()
        return true
    }

    private func look() async throws {
        let found = try await filling()
        filled.withLock { $0 = found }
        await probe(found.behind)
    }

    /// Storages that believe that the catalog holds all of theirs find out that it does not.
    private func probe(_ names: [String]) async {
        let now = surroundings.clock.monotonicMilliseconds
        let storages = surroundings.roster.current?.roster.nodes(of: .storage) ?? []
        for storage in storages where names.contains(storage.name) {
            guard firstSights.withLock({ $0.mayProbe(storage.name, now: now) }) else { continue }
            do {
                _ = try await surroundings.client.call(
                    .POST, "\(storage.address)/queues/index/probe")
            } catch {
                surroundings.logger.debug(
                    "Storage not asked", metadata: ["node": "\(storage.name)", "error": "\(error)"])
            }
        }
    }

    /// Why the catalog may not know all that storages and gateways know; nil when it does.
    func doubt() async throws -> String? {
        if surroundings.roster.current.map({ $0.roster.isYoung == true }) ?? true {
            return "The Registry has just begun, and may not have heard of every node"
        }
        return try await filling().behind.first.map { storage in
            "The catalog is still being filled from \(storage)"
        }
    }

    /// How far the catalog is now.
    func filling() async throws -> Filling {
        let storages = surroundings.roster.current?.roster.nodes(of: .storage) ?? []
        let sights = firstSights.withLock { sights in
            sights.look(at: storages)
            return sights
        }
        return try await read { catalog in
            var filling = Filling(
                behind: try sights.behind(storages) { try catalog.position(of: $0) })
            guard !filling.behind.isEmpty else { return filling }
            let alive = Set(storages.compactMap(\.node))
            filling.entered = try catalog.statistics().nodes
                .filter { alive.contains($0.id.description) }.reduce(0) { $0 + $1.entries }
            filling.expected = storages.reduce(0) { $0 + ($1.records ?? 0) }
            return filling
        }
    }
}
