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
        /// One holder passes it on, when it keeps it long enough itself; these hold a copy that counts then.
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
        // One that would go before the mail must be written again first.
        let lasting = sources.filter(\.lasts)
        let candidates = [lasting, sources.filter { !$0.lasts }].flatMap { copies in
            copies.filter(\.counts) + copies.filter { !$0.counts }
        }
        guard !candidates.isEmpty else { return .noCopy }
        let source = candidates[attempts % candidates.count]
        let counting = mail.copies.filter { $0.counts && ($0.lasts || $0 == source) }
        // Written again, the source's own is one more.
        let isOneMore = source.counts && !source.lasts
        guard isOneMore || hasTarget(besides: counting.map(\.holder)) else { return .noTarget }
        return .order(at: source, holders: independent(counting, first: source))
    }

    /// The holders whose copies count, one of each disk where copies must be independent (D7).
    private func independent(
        _ copies: [ShortMail.Copy], first: ShortMail.Copy
    ) -> [Holder] {
        var disks: Set<DiskID> = []
        let sorted = copies.filter { $0 == first } + copies.filter { $0 != first }
        let holders = sorted.map(\.holder).filter { holder in
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
