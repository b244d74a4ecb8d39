// SPDX-License-Identifier: Apache-2.0
// Whose copies count: decisions, without doing anything.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

/// Which nodes were seen when, and what follows for their copies. Time is that of a clock that never
/// jumps, in milliseconds, and begins anew with each run: a node that nobody could see is not dead.
struct NodeWatch {
    private let began: Int64
    private let deadAfter: Int64
    private var lastSeen: [NodeID: Int64] = [:]

    init(deadAfterMinutes: Int, now: Int64) {
        began = now
        deadAfter = Int64(deadAfterMinutes) * 60_000
    }

    /// What is to be changed about one node.
    struct Change: Hashable {
        var node: NodeID
        var counts: Bool
        /// Nobody waits for it: it was declared lost, or emptied.
        var isGone: Bool
    }

    /// Why nothing is repaired now; nil when nothing stands in the way.
    static func pause(_ known: [Statistics.Node], living storages: [Registration]) -> String? {
        let alive = Set(storages.compactMap(\.node))
        let missed = known.filter { !$0.isGone }
        let away = missed.filter { !alive.contains($0.id.description) }
        guard away.count * 3 > missed.count else { return nil }
        let names = away.map(\.name).sorted().joined(separator: ", ")
        return "nothing is repaired while \(away.count) of \(missed.count) storages are away"
            + " (\(names)): start them again, or `holdfast drain NODE --gone` what is lost for good"
    }

    /// Those that are missed; nobody as long as it is not known who lives.
    static func away(_ known: [Statistics.Node], _ roster: Roster?) -> [RepairsAnswer.Away] {
        guard let roster, roster.isYoung != true else { return [] }
        let alive = Set(roster.nodes(of: .storage).compactMap(\.node))
        return known.filter { node in
            !node.isGone && node.entries > 0 && !alive.contains(node.id.description)
        }.map { .init(name: $0.name, copies: $0.entries, counts: $0.counts) }
    }

    /// What changed about whose copies count.
    ///
    /// - Parameter hasDues: whether orders of people wait for a node that was gone.
    mutating func changes(
        _ known: [Statistics.Node], living storages: [Registration], now: Int64,
        hasDues: (NodeID) throws -> Bool
    ) rethrows -> [Change] {
        var alive: [NodeID: Registration] = [:]
        for storage in storages {
            guard let node = storage.node.flatMap({ NodeID($0) }) else { continue }
            alive[node] = storage
            lastSeen[node] = now
        }
        let isPaused = Self.pause(known, living: storages) != nil
        return try known.compactMap { node in
            let change = try change(
                node, alive[node.id], now: now, isPaused: isPaused, hasDues: hasDues)
            return change.counts == node.counts && change.isGone == node.isGone ? nil : change
        }
    }

    private func change(
        _ node: Statistics.Node, _ alive: Registration?, now: Int64, isPaused: Bool,
        hasDues: (NodeID) throws -> Bool
    ) rethrows -> Change {
        var change = Change(node: node.id, counts: node.counts, isGone: node.isGone)
        if let alive {
            if alive.draining ?? false {
                (change.counts, change.isGone) = (false, true)
            } else if !node.isGone {
                change.counts = true
            } else if try !hasDues(node.id) {
                // It came back, and knows all that was ordered meanwhile.
                (change.counts, change.isGone) = (true, false)
            }
        } else if node.isGone {
            change.counts = false
        } else if !isPaused, now - (lastSeen[node.id] ?? began) >= deadAfter {
            change.counts = false
        }
        return change
    }
}
