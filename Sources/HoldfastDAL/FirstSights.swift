// SPDX-License-Identifier: Apache-2.0
// Whether a catalog that was made anew, or is an older one, is filled again.

internal import HoldfastModel
internal import HoldfastNode

/// How far each storage was when this DAL first saw it. Up to there the catalog must hold its entries
/// before it can say what was done with a mail: later orders are its own.
struct FirstSights {
    private var positions: [String: UInt64] = [:]
    /// When storages were told last that the catalog does not hold all of theirs, by their names.
    private var probed: [String: Int64] = [:]

    private static let probeMilliseconds: Int64 = 10_000

    mutating func look(at storages: [Registration]) {
        for storage in storages {
            guard let node = storage.node, let position = storage.position else { continue }
            positions[node] = positions[node] ?? position
        }
    }

    /// Whether it is time to tell a storage that the catalog does not hold all of its entries.
    mutating func mayProbe(_ name: String, now: Int64) -> Bool {
        guard now - (probed[name] ?? now - Self.probeMilliseconds) >= Self.probeMilliseconds else {
            return false
        }
        probed[name] = now
        return true
    }

    /// The names of those whose entries the catalog does not hold up to there.
    ///
    /// What a storage has found since then that it cannot ship is not waited for.
    func behind(
        _ storages: [Registration], held: (NodeID) throws -> Position
    ) rethrows -> [String] {
        try storages.filter { storage in
            guard let node = storage.node.flatMap({ NodeID($0) }), let now = storage.position,
                let first = positions[node.description]
            else { return false }
            return try held(node).raw < min(first, now)
        }.map(\.name)
    }
}
