// SPDX-License-Identifier: Apache-2.0
// What a storage holds and what the catalog tells of it, side by side.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// What differs between a storage and the catalog: all counted, the first named.
struct CopyDifferences: Hashable {
    private(set) var lost: [ListedCopy] = []
    private(set) var lostCount = 0
    private(set) var orphaned: [ListedCopy] = []
    private(set) var orphanedCount = 0
    /// Kept, and not shipped to the catalog yet.
    private(set) var waitingCount = 0
    private(set) var sameCount = 0

    /// Both tell of the same.
    var isEmpty: Bool { lostCount + orphanedCount + waitingCount == 0 }

    /// Takes the lower of two places; which of the lists goes on after it.
    enum Step { case both, storage, catalog }

    /// - Parameter until: what was kept later is nobody's business yet.
    /// - Parameter held: up to which position the catalog holds this storage's entries.
    mutating func take(
        _ kept: ListedCopy?, _ entered: ListedCopy?, until: Position, held: Position
    ) -> Step? {
        switch (kept, entered) {
        case (nil, nil): return nil
        case (let kept?, let entered?) where kept.place == entered.place:
            if kept.mail == entered.mail {
                sameCount += 1
            } else {
                lose(entered, held: held)
                orphan(kept, until: until, held: held)
            }
            return .both
        case (let kept?, let entered) where entered.map({ kept.place < $0.place }) ?? true:
            orphan(kept, until: until, held: held)
            return .storage
        case (_, let entered?):
            lose(entered, held: held)
            return .catalog
        default: return nil
        }
    }

    /// What the catalog held at the beginning lay there when the storage was asked, or is lost.
    private mutating func lose(_ entered: ListedCopy, held: Position) {
        guard entered.position <= held.raw else { return }
        lostCount += 1
        if lost.count < NamedCopies.copiesMax { lost.append(entered) }
    }

    private mutating func orphan(_ kept: ListedCopy, until: Position, held: Position) {
        guard kept.position <= until.raw else { return }
        guard kept.position <= held.raw else {
            waitingCount += 1
            return
        }
        orphanedCount += 1
        if orphaned.count < NamedCopies.copiesMax { orphaned.append(kept) }
    }
}

/// Walks both lists in the order of places; a page of each is in memory.
struct CopyComparison {
    let cluster: Cluster
    let storage: Registration
    let node: String
    let until: Position
    /// What has expired on it is in neither list: one day for both, whatever their clocks say.
    let day: Day

    func run() async throws -> CopyDifferences {
        var kept = Pages()
        var entered = Pages()
        var differences = CopyDifferences()
        while true {
            // The catalog is asked first: what it knew then lies there, or is lost.
            try await fill(&entered) { after in
                try await cluster.ask(any: .dal) { address in
                    try await cluster.client.json(
                        .GET, "\(address)/entries?node=\(node)&on=\(day)\(after)",
                        as: CopiesAnswer.self)
                }
            }
            try await fill(&kept) { after in
                try await cluster.client.json(
                    .GET, "\(storage.address)/copies?on=\(day)\(after)", as: CopiesAnswer.self)
            }
            let step = differences.take(
                kept.waiting.first, entered.waiting.first, until: until, held: entered.held)
            switch step {
            case nil: return differences
            case .both?: (kept.waiting, entered.waiting) = (kept.rest, entered.rest)
            case .storage?: kept.waiting = kept.rest
            case .catalog?: entered.waiting = entered.rest
            }
        }
    }

    private struct Pages {
        var waiting: ArraySlice<ListedCopy> = []
        /// Nil at the end.
        var next: String? = ""
        var held = Position.none

        var rest: ArraySlice<ListedCopy> { waiting.dropFirst() }
    }

    private func fill(
        _ pages: inout Pages, _ ask: (_ after: String) async throws -> CopiesAnswer
    ) async throws {
        while pages.waiting.isEmpty, let next = pages.next {
            let answer = try await ask(next.isEmpty ? "" : "&after=\(next.inQuery)")
            pages.waiting = answer.copies[...]
            pages.next = answer.next
            // As it was at the beginning: what comes meanwhile is the next one's.
            if next.isEmpty { pages.held = Position(raw: answer.held ?? 0) }
        }
    }
}
