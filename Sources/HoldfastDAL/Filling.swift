// SPDX-License-Identifier: Apache-2.0
// A catalog that is made again from the storages, while it answers.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import Logging
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

    /// Follows how far the catalog is, until it is cancelled.
    func watchFilling() async {
        while !Task.isCancelled {
            do {
                try await look()
            } catch {
                surroundings.logger.debug("Filling not known", metadata: ["error": "\(error)"])
            }
            await surroundings.clock.sleep(milliseconds: Self.lookMilliseconds)
        }
    }

    private func look() async throws {
        let found = try await filling()
        filled.withLock { $0 = found }
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
