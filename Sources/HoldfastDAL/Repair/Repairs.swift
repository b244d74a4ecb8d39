// SPDX-License-Identifier: Apache-2.0
// The audit's second half: copies that are missing are made again, and people's orders reach every
// holder.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Logging
internal import Synchronization

/// Orders holders to pass on what is short, and brings each storage the orders that it has not confirmed.
///
/// What is fine costs nothing: what is short stands in an index of its own, a node's copies are walked by
/// key when they begin or cease to count, and each node's unconfirmed orders are a list of their own.
final class Repairs: Sendable {
    private let catalog: any HoldfastCatalog.Catalog
    private let writer: DiskThread
    private let orders: StorageOrders
    private let surroundings: Surroundings
    private let disksMayBeShared: Bool
    private let state: Mutex<RepairState>

    private static let stepMilliseconds: Int64 = 250
    private static let recountEntries = 2000
    private static let recountsAStep = 4
    private static let duesAtATime = 200
    private static let restMilliseconds: Int64 = 5_000
    /// What was received since then is still on its way to its copies.
    static let graceSeconds: Int64 = 20
    static let countMax = 1_000_000

    init(
        catalog: any HoldfastCatalog.Catalog, writer: DiskThread, orders: StorageOrders,
        configuration: DALConfiguration, surroundings: Surroundings
    ) {
        self.catalog = catalog
        self.writer = writer
        self.orders = orders
        self.surroundings = surroundings
        disksMayBeShared = configuration.acks.disksMayBeShared
        let now = surroundings.clock.monotonicMilliseconds
        state = Mutex(
            RepairState(
                watch: NodeWatch(
                    deadAfterMinutes: configuration.repairs.deadAfterMinutes, now: now),
                book: RepairBook(configuration.repairs)))
    }

    /// Works until it is cancelled.
    ///
    /// - Parameter doubt: why the catalog may not know of copies that there are; nil when it does.
    func run(besides doubt: @Sendable () async throws -> String?) async {
        while !Task.isCancelled {
            do {
                try await step(doubt)
            } catch {
                surroundings.logger.error("Repairs failed", metadata: ["error": "\(error)"])
            }
            await surroundings.clock.sleep(milliseconds: Self.stepMilliseconds)
        }
    }

    private func step(_ doubt: () async throws -> String?) async throws {
        // Before a Registry has answered nobody is known to be away.
        guard let roster = surroundings.roster.current?.roster else { return }
        let storages = roster.nodes(of: .storage).filter { $0.node != nil }
        try await watch(storages)
        // A copy whose entry is on its way is not missing.
        if let doubt = try await doubt() {
            state.withLock { $0.pause = $0.pause ?? doubt }
        }
        try await settle()
        try await bringDues(to: storages)
        try await repair(by: storages)
    }

    /// Finds out whose copies count, and lets their mails know.
    private func watch(_ storages: [Registration]) async throws {
        // A catalog that was made anew does not know it.
        try await write { [disksMayBeShared] in try $0.setDisksMayBeShared(disksMayBeShared) }
        let known = try await write { try $0.statistics().nodes }
        let now = surroundings.clock.monotonicMilliseconds
        // Only a node that was gone and is back is looked up.
        var dues: Set<NodeID> = []
        for node in known where node.isGone {
            let hasDues = try await write { try !$0.dues(of: node.id, limit: 1).isEmpty }
            if hasDues { dues.insert(node.id) }
        }
        let changes = state.withLock { [dues] state in
            state.pause = NodeWatch.pause(known, living: storages)
            return state.watch.changes(known, living: storages, now: now) { dues.contains($0) }
        }
        for change in changes {
            surroundings.logger.notice(
                change.counts
                    ? "Copies of a storage count again" : "Copies of a storage count no more",
                metadata: ["node": "\(known.first { $0.id == change.node }?.name ?? "")"])
            try await write {
                try $0.setCounts(change.node, change.counts, isGone: change.isGone)
            }
        }
        var isMore = true
        for _ in 0..<Self.recountsAStep where isMore {
            isMore = try await write { try $0.recount(limit: Self.recountEntries) }
        }
        state.withLock { [isMore] in $0.isRecounting = isMore }
    }

    /// Takes what the storages said to their orders.
    private func settle() async throws {
        let settled = orders.takeSettled()
        let now = surroundings.clock.monotonicMilliseconds
        var confirmed: [StorageOrder] = []
        for (order, outcome) in settled {
            let isDone = outcome == .kept || outcome == .alreadyHeld
            if order.kind != .passOn {
                if isDone { confirmed.append(order) } else { rest(order, outcome, now: now) }
                continue
            }
            guard !isDone else { continue }
            var isGone = false
            if case .refused = outcome { isGone = true }
            let lost = state.withLock { [isGone] state in
                state.book.failed(order.mail, isGone: isGone, now: now)
            }
            guard let lost else { continue }
            surroundings.logger.notice(
                "Copy is not there, forgotten",
                metadata: ["mail": "\(order.mail)", "outcome": "\(outcome)"])
            try await write { try $0.forget(lost.node, copies: [lost.place]) }
        }
        guard !confirmed.isEmpty else { return }
        try await write { [confirmed] in try $0.confirm(confirmed) }
    }

    private func rest(_ order: StorageOrder, _ outcome: Outcome, now: Int64) {
        surroundings.logger.info(
            "Order not taken", metadata: ["mail": "\(order.mail)", "outcome": "\(outcome)"])
        state.withLock { $0.resting[order.node] = now + Self.restMilliseconds }
    }

    /// Each storage that lives gets the oldest orders that it has not confirmed.
    private func bringDues(to storages: [Registration]) async throws {
        let now = surroundings.clock.monotonicMilliseconds
        for storage in storages {
            guard let node = storage.node.flatMap({ NodeID($0) }), orders.count(to: node) == 0,
                state.withLock({ $0.resting[node] ?? now }) <= now
            else { continue }
            let dues = try await write { try $0.dues(of: node, limit: Self.duesAtATime) }
            orders.send(dues)
        }
    }

    /// Goes on over what is short, as far as the limits allow.
    private func repair(by storages: [Registration]) async throws {
        let now = surroundings.clock.monotonicMilliseconds
        let openMails = state.withLock { $0.book.openMails }
        let stillShort = try await write { try $0.stillShort(openMails) }
        let (place, room) = state.withLock { state in
            state.book.look(stillShort: Set(stillShort), now: now)
            let isResting = state.pause != nil || state.next > now
            return (state.place, isResting ? 0 : state.book.room(now: now))
        }
        guard room > 0 else { return }
        let before = surroundings.clock.now.advanced(bySeconds: -Self.graceSeconds)
        let page = try await write {
            try $0.short(after: place, before: before, limit: RepairState.pageMails)
        }
        let rules = RepairRules(living: storages, disksMayBeShared: disksMayBeShared)
        let ordered = state.withLock { state in
            var random = surroundings.machine.chance
            return state.plan(
                page, by: rules, room: room, now: now, at: surroundings.clock.now, using: &random)
        }
        orders.send(ordered)
    }

    private func write<Result: Sendable>(
        _ body: @escaping @Sendable (any HoldfastCatalog.Catalog) throws -> Result
    ) async throws -> Result {
        try await writer.run { [catalog] in try body(catalog) }
    }
}

extension Repairs {
    /// How the repairs stand, as `status` shows them. Reads the catalog: blocks.
    func answer(reading catalog: any HoldfastCatalog.Catalog) throws -> RepairsAnswer {
        let (now, time) = (surroundings.clock.monotonicMilliseconds, surroundings.clock.now)
        let short = try catalog.shortCount(
            before: time.advanced(bySeconds: -Self.graceSeconds), at: nil, limit: Self.countMax)
        let away = try NodeWatch.away(
            catalog.statistics().nodes, surroundings.roster.current?.roster)
        return state.withLock { state in
            let rate = state.book.perMinute(now: now)
            let helpless = state.lastStuck.noCopy + state.lastStuck.noTarget
            let left = Double(max(0, short - helpless))
            let end = rate > 0 && left > 0 && state.pause == nil
            return RepairsAnswer(
                short: short, open: state.book.openCount, done: state.book.done,
                per_minute: rate, without_copy: state.lastStuck.noCopy,
                without_target: state.lastStuck.noTarget, recounting: state.isRecounting,
                finished_by: end
                    ? time.advanced(bySeconds: Int64(min(left / rate * 60, 1e9))).iso8601 : nil,
                paused: state.pause, away: away)
        }
    }
}
