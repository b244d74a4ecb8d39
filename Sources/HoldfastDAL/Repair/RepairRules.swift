// SPDX-License-Identifier: Apache-2.0
// Who passes a short mail on, and whether anybody could take it: decisions, without doing anything.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

/// What is to be done about one short mail.
struct RepairRules {
    /// The storages that live, by their identity.
    let living: [NodeID: Registration]
    let disksMayBeShared: Bool

    enum Plan: Hashable {
        /// One holder passes it on; these hold a copy that counts.
        case order(at: ShortMail.Copy, holders: [Holder])
        /// Nobody who lives has a copy.
        case noCopy
        /// Nobody is there to take another copy.
        case noTarget
    }

    init(living storages: [Registration], disksMayBeShared: Bool) {
        var living: [NodeID: Registration] = [:]
        for storage in storages {
            if let node = storage.node.flatMap({ NodeID($0) }) { living[node] = storage }
        }
        self.living = living
        self.disksMayBeShared = disksMayBeShared
    }

    /// - Parameter attempts: how often it was ordered before: each time another holder is asked.
    func plan(_ mail: ShortMail, attempts: Int) -> Plan {
        let sources = mail.copies.filter { living[$0.holder.node] != nil }
        let good = sources.filter(\.counts)
        let candidates = good + sources.filter { !$0.counts }
        guard !candidates.isEmpty else { return .noCopy }
        let source = candidates[attempts % candidates.count]
        let holders = counting(mail.copies, first: source)
        guard hasTarget(besides: mail.copies.filter(\.counts).map(\.holder)) else {
            return .noTarget
        }
        return .order(at: source, holders: holders)
    }

    /// The holders whose copies count, one of each disk where copies must be independent (D7).
    private func counting(_ copies: [ShortMail.Copy], first: ShortMail.Copy) -> [Holder] {
        let others = copies.filter { $0 != first }
        var disks: Set<DiskID> = []
        let holders = ([first] + others).filter(\.counts).map(\.holder).filter { holder in
            disksMayBeShared || disks.insert(holder.disk).inserted
        }
        // The catalog does not know where machines stand.
        return holders.map { holder in
            Holder(
                node: holder.node, disk: holder.disk, host: holder.host,
                zone: living[holder.node]?.zone ?? "")
        }
    }

    private func hasTarget(besides holders: [Holder]) -> Bool {
        let nodes = Set(holders.map(\.node))
        let disks = Set(holders.map(\.disk.description))
        return living.contains { node, storage in
            storage.writable && !nodes.contains(node)
                && (disksMayBeShared || !(storage.disk.map(disks.contains) ?? false))
        }
    }
}
