// SPDX-License-Identifier: Apache-2.0
// Whether a catalog knows all that there is: one that was lost, restored or made anew, while it answers.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import Logging
internal import NIOHTTP1
internal import Synchronization

/// What a catalog may not know: decisions, without asking anybody.
///
/// Who searches, who decides by it, `status`, and the verbs that prove something all go by this.
struct Filling: Hashable, Sendable {
    /// The names of the storages whose entries it does not hold yet as far as it should.
    var behind: [String] = []
    /// Entries that it has, and records that the storages have.
    var entered = 0
    var expected = 0
    /// Registry or DAL began a moment ago, and a storage that must be there was not heard of, or none at
    /// all. It passes: who is away for good is not waited for.
    var awaits = false
    /// The Registry began a moment ago: there may be nodes of which nobody knows.
    var isYoung = false

    /// How far it is; nil when it lacks nothing of those who live.
    var progress: String? {
        guard !behind.isEmpty else { return nil }
        let share = expected == 0 ? "" : ", \(min(99, entered * 100 / expected)) % is there"
        return "the catalog is being filled from \(behind.joined(separator: ", "))\(share)"
    }

    /// What those who search are told; nil when there is nothing to tell.
    var notice: String? {
        progress ?? (awaits ? "not every storage has been heard of since the start" : nil)
    }

    /// Why nothing is to be decided by it now; nil when it knows all that can be known.
    var doubt: String? {
        notice ?? (isYoung ? Roster.youngNotice : nil)
    }

    /// Whether a storage may be about to be heard of.
    ///
    /// - Parameter isEarly: whoever lives may not have been heard of yet.
    static func awaits(
        _ known: [Statistics.Node], living storages: [Registration], isEarly: Bool
    ) -> Bool {
        guard isEarly else { return false }
        let alive = Set(storages.compactMap(\.node))
        return alive.isEmpty
            || known.contains {
                !$0.isGone && $0.entries > 0 && !alive.contains($0.id.description)
            }
    }
}

extension DALComponent {
    private static let lookMilliseconds: Int64 = 500
    /// By then whoever started with this DAL has beaten, and the roster was asked for again.
    static let earlyMilliseconds = 3 * Int64(Heartbeat.beatSeconds) * 1000

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

    /// Follows how far the catalog is, and who brings mail, until it is cancelled, and takes up the orders
    /// that lie in it as soon as it can know what came of them.
    func watchFilling() async {
        var ordersWait = true
        while !Task.isCancelled {
            do {
                try await look()
                if ordersWait { ordersWait = try await !resumeOrders() }
                try await noteGateways()
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
        await probe(try await filling().behind)
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
        try await filling().doubt
    }

    /// What the catalog may not know now.
    func filling() async throws -> Filling {
        let roster = surroundings.roster.current?.roster
        let storages = roster?.nodes(of: .storage) ?? []
        let sights = firstSights.withLock { sights in
            sights.look(at: storages)
            return sights
        }
        // Before a Registry has answered nobody is known at all.
        let isYoung = roster.map { $0.isYoung == true } ?? true
        let age = surroundings.clock.monotonicMilliseconds - began
        let isEarly = isYoung || age < Self.earlyMilliseconds
        return try await read { catalog in
            var filling = Filling(
                behind: try sights.behind(storages) { try catalog.position(of: $0) })
            filling.isYoung = isYoung
            guard isEarly || !filling.behind.isEmpty else { return filling }
            let known = try catalog.statistics().nodes
            filling.awaits = Filling.awaits(known, living: storages, isEarly: isEarly)
            let alive = Set(storages.compactMap(\.node))
            filling.entered = known.filter { alive.contains($0.id.description) }
                .reduce(0) { $0 + $1.entries }
            filling.expected = storages.reduce(0) { $0 + ($1.records ?? 0) }
            return filling
        }
    }
}
