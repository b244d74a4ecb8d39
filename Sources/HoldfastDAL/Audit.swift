// SPDX-License-Identifier: Apache-2.0
// Whether the copies that the catalog tells of are still there.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Logging
internal import NIOHTTP1

/// Which nodes and segments are gone: decisions, without doing them.
enum AuditRules {
    /// Nodes in whose place another stands: under their name the roster has a storage with another
    /// identity, and theirs under no name. A node that is only away is none of these.
    static func replaced(_ known: [Statistics.Node], by storages: [Registration]) -> [NodeID] {
        let alive = Set(storages.compactMap(\.node))
        let names = Set(storages.filter { $0.node != nil }.map(\.name))
        return known.map { ($0.id, $0.name) }
            .filter { !alive.contains($0.description) && names.contains($1) }.map(\.0)
    }
}

/// Lets the catalog forget copies whose node was replaced, or whose segment is no more.
///
/// Looks when it first sees a storage, and each minute after that.
struct Audit: Sendable {
    let catalog: any HoldfastCatalog.Catalog
    let writer: DiskThread
    let surroundings: Surroundings
    /// Told of all who live, at each look.
    let seen: @Sendable ([Registration]) -> Void

    private static let lookMilliseconds: Int64 = 500
    private static let againMilliseconds: Int64 = 60_000

    /// Looks until it is cancelled.
    func run() async {
        var audited: Set<Look> = []
        var next = surroundings.clock.monotonicMilliseconds
        while !Task.isCancelled {
            let now = surroundings.clock.monotonicMilliseconds
            let storages = storages
            seen(storages)
            if now >= next {
                audited = []
                next = now + Self.againMilliseconds
            }
            let looks = Set(storages.map { Look(node: $0.node, damaged: $0.damaged) })
            if !audited.isSuperset(of: looks) { await audit(storages) }
            // Whoever was away and comes back is looked at again.
            audited = looks
            await surroundings.clock.sleep(milliseconds: Self.lookMilliseconds)
        }
    }

    /// What makes a storage worth looking at: that it came, or found more damage.
    private struct Look: Hashable {
        var node: String?
        var damaged: Int?
    }

    /// Those whose identity is known: one that was left out says nothing of its copies.
    private var storages: [Registration] {
        let roster = surroundings.roster.current?.roster
        return roster?.nodes(of: .storage).filter { $0.node != nil } ?? []
    }

    private func audit(_ storages: [Registration]) async {
        do {
            try await name(storages)
            try await forgetReplaced(storages)
            for storage in storages {
                try await forgetLost(storage)
                try await forgetDamaged(storage)
            }
        } catch {
            surroundings.logger.error("Audit failed", metadata: ["error": "\(error)"])
        }
    }

    /// What came before the roster named the storage was entered without its name, by which another would
    /// be known to stand in its place.
    private func name(_ storages: [Registration]) async throws {
        let nodes = try await writer.run { [catalog] in try catalog.statistics().nodes }
        for storage in storages {
            guard let known = nodes.first(where: { $0.id.description == storage.node }),
                known.name != storage.name
            else { continue }
            try await writer.run { [catalog] in try catalog.setName(known.id, storage.name) }
        }
    }

    private func forgetReplaced(_ storages: [Registration]) async throws {
        let nodes = try await writer.run { [catalog] in try catalog.statistics().nodes }
        for node in AuditRules.replaced(nodes, by: storages) {
            surroundings.logger.notice(
                "Storage replaced, its copies forgotten", metadata: ["node": "\(node)"])
            let segments = try await writer.run { [catalog] in try catalog.segments(of: node) }
            try await forget(segments, of: node)
            try await writer.run { [catalog] in try catalog.forget(node) }
        }
    }

    /// The catalog is asked first: what it knew then and the storage has not afterwards is gone.
    private func forgetLost(_ storage: Registration) async throws {
        guard let node = storage.node.flatMap({ NodeID($0) }) else { return }
        let known = try await writer.run { [catalog] in try catalog.segments(of: node) }
        guard !known.isEmpty else { return }
        let there: Set<SegmentNumber>
        do {
            there = Set(try await surroundings.client.segments(at: storage.address))
        } catch {
            // It is away, or busy; the next look comes.
            surroundings.logger.debug(
                "Segments not asked", metadata: ["node": "\(storage.name)", "error": "\(error)"])
            return
        }
        let lost = known.filter { !there.contains($0) }
        guard !lost.isEmpty else { return }
        surroundings.logger.notice(
            "Segments gone, their copies forgotten",
            metadata: ["node": "\(storage.name)", "segments": "\(lost.count)"])
        try await forget(lost, of: node)
    }

    /// A damaged copy is none, as long as there is another: that one is passed on again.
    private func forgetDamaged(_ storage: Registration) async throws {
        guard storage.damaged ?? 0 > 0, let node = storage.node.flatMap({ NodeID($0) }) else {
            return
        }
        var after = ""
        while !Task.isCancelled {
            let page: DamagedAnswer
            do {
                page = try await surroundings.client.json(
                    .GET, "\(storage.address)/damaged\(after)", as: DamagedAnswer.self)
            } catch {
                return surroundings.logger.debug(
                    "Damaged places not asked",
                    metadata: ["node": "\(storage.name)", "error": "\(error)"])
            }
            let damaged = page.places.map(DamagedCopy.init)
            let known = try await writer.run { [catalog] in try catalog.known(damaged, at: node) }
            // Before it is forgotten here whose copy it was.
            guard await tell(known, to: storage) else { return }
            try await writer.run { [catalog] in
                try catalog.forget(node, copies: damaged.map(\.place))
            }
            guard let next = page.next else { return }
            after = "?after=\(next)"
        }
    }

    /// Whether the storage knows now what is known here of its damaged places.
    private func tell(_ known: [DamagedCopy], to storage: Registration) async -> Bool {
        guard !known.isEmpty else { return true }
        let answer = DamagedAnswer(places: known.map(DamagedAnswer.Place.init), next: nil)
        do {
            _ = try await surroundings.client.call(
                .POST, "\(storage.address)/damaged", body: try .json(answer),
                headers: [("Content-Type", "application/json")])
            return true
        } catch {
            surroundings.logger.debug(
                "Damaged places not told",
                metadata: ["node": "\(storage.name)", "error": "\(error)"])
            return false
        }
    }

    /// One at a time, so that merges go on between.
    private func forget(_ segments: [SegmentNumber], of node: NodeID) async throws {
        for segment in segments where !Task.isCancelled {
            try await writer.run { [catalog] in try catalog.forget(node, segments: [segment]) }
        }
    }
}

extension DamagedCopy {
    fileprivate init(_ place: DamagedAnswer.Place) {
        self.init(
            place: CopyPlace(segment: place.segment, offset: place.offset), mail: place.mail)
    }
}

extension DamagedAnswer.Place {
    fileprivate init(_ known: DamagedCopy) {
        self.init(
            segment: known.place.segment, offset: known.place.offset, mail: known.mail,
            healed: known.isHealed ? true : nil)
    }
}
