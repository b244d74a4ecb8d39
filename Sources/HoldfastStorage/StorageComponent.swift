// SPDX-License-Identifier: Apache-2.0
// QtStorage: keeps copies, hands out entries and onward copies, drops what expired (R17, R18).

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
package import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// One storage: one disk, one node.
package final class StorageComponent: Component {
    package let path: NodePath
    let name: String
    let configuration: StorageConfiguration
    let keeper: RecordKeeper
    let queues: StorageQueues
    let expiry: Expiry
    let search: OwnSearch
    private let checker: Checker
    let verification: Verification
    let scrub: Scrub
    let filler: Filler
    let marks: StorageMarks
    let ordersHeard: OrdersHeard
    private let holds: Holds
    private let cleaning: Cleaning
    private let logger: Logger

    private static let tickSeconds = 60

    /// Opens the folder, on a thread of its own; returns when its ledger has caught up with its segments.
    package static func open(
        name: String, configuration: StorageConfiguration, surroundings: Surroundings
    ) async throws -> StorageComponent {
        let opening = DiskThread(name: "open \(name)")
        defer { opening.stop() }
        return try await opening.run {
            let (keeper, _) = try RecordKeeper.open(
                configuration.folder, name: name, limits: configuration.segments,
                start: .init(readsLater: true), machine: surroundings.machine,
                logger: surroundings.logger)
            return try StorageComponent(
                name: name, configuration: configuration, keeper: keeper,
                surroundings: surroundings)
        }
    }

    /// A storage over a folder that was opened. Reads the ledger: blocks.
    package init(
        name: String, configuration: StorageConfiguration, keeper: RecordKeeper,
        surroundings: Surroundings
    ) throws {
        self.name = name
        self.configuration = configuration
        self.keeper = keeper
        logger = surroundings.logger
        path = NodePath(role: .storage, name: name)
        let marks = StorageMarks(
            name: name, folder: keeper.folder.path, on: surroundings.machine.disk)
        self.marks = marks
        let here = Holder(
            node: NodeID(keeper.folder.node), disk: DiskID(keeper.folder.disk),
            host: configuration.host, zone: configuration.zone)
        let sync = try QueueDesk(name: "sync", keeper: keeper, passingOnOnly: true)
        let index = try IndexQueue(
            keeper: keeper, disk: here.disk, host: here.host, logger: surroundings.logger,
            isOlder: { marks.older.isSet })
        ordersHeard = OrdersHeard(node: here.node, surroundings: surroundings)
        let intake = Intake(
            name: name, here: here, configuration: configuration, keeper: keeper,
            logger: surroundings.logger, oneAtATime: Turn(),
            closed: { marks.closed }, shipAgain: { index.shipAgain($0) }
        ) { mail, position, slip in
            index.shipAgain(position)
            guard slip.wantsMoreCopies else { return }
            keeper.noteSoon(.passOn(slip, of: mail, position))
            sync.reopen(position)
        }
        let holds = Holds(keeper: keeper, surroundings: surroundings)
        self.holds = holds
        let orders = OrderDesk(
            name: name, here: here, keeper: keeper, logger: surroundings.logger,
            reopen: { sync.reopen($0) }, wished: { holds.changed() })
        queues = StorageQueues(
            intake: intake, sync: sync, index: index, orders: orders, keeper: keeper,
            marks: marks, logger: surroundings.logger)
        cleaning = Cleaning(
            name: name, keeper: keeper, purgeDays: configuration.purgeDays,
            logger: surroundings.logger)
        expiry = try Expiry(name: name, keeper: keeper, holds: holds, surroundings: surroundings)
        checker = Checker(
            name: name, keeper: keeper, index: index, logger: surroundings.logger)
        verification = Verification(checker: checker)
        scrub = try Scrub(checker: checker, configuration: configuration.scrub)
        filler = try Filler(name: name, keeper: keeper, logger: surroundings.logger)
        search = OwnSearch(keeper: keeper)
    }

    /// Drops what has expired, and looks after what is kept.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.expire() }
                group.addTask { await self.ordersHeard.run() }
                group.addTask { await self.verification.run() }
                group.addTask { await self.scrub.run() }
                group.addTask { await self.filler.run() }
            }
        }
    }

    /// Forgets what somebody took away, seals what is of another day, drops what has expired, keeps what is
    /// held, and cleans up after purges: in this order, because what has expired makes the room in which the
    /// others write.
    private func expire() async {
        while !Task.isCancelled {
            keeper.noteSoon(expiry.clock)
            await attempt("Looking for missing segments") {
                _ = try await self.checker.forgetMissing()
            }
            await attempt("Expiry") { _ = try await self.expiry.drop() }
            await attempt("Renewal of what is held") { try await self.holds.renew() }
            await attempt("Cleaning after purges") { try await self.cleaning.run() }
            await keeper.clock.sleep(milliseconds: Int64(Self.tickSeconds) * 1000)
        }
    }

    /// What fails keeps nothing else from being done.
    private func attempt(_ what: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch is CancellationError {
            // The process ends.
        } catch {
            logger.error("\(what) failed", metadata: ["node": "\(name)", "error": "\(error)"])
        }
    }

    /// Drops what has expired, and segments of purged mails whose time has come.
    func dropNow() async throws -> ExpiryAnswer {
        let answer = try await expiry.drop()
        try await cleaning.run()
        return answer
    }

    package func registration(address: String) async -> Registration {
        // Whose folder is gone holds nothing, as one that is left out: who it is is not said.
        guard (try? await hasFolder()) ?? true else {
            return Registration(
                name: name, role: .storage, address: address, host: configuration.host,
                writable: false, notice: Self.goneNotice, clock: keeper.clock.now.milliseconds)
        }
        // A disk that does not answer takes nothing.
        let space = (try? await space()) ?? DiskSpace(free: 0, total: 0)
        return Registration(
            name: name, role: .storage, address: address,
            node: NodeID(keeper.folder.node).description,
            disk: DiskID(keeper.folder.disk).description, host: configuration.host,
            zone: configuration.zone.isEmpty ? nil : configuration.zone,
            sharesDisk: configuration.copiesMayShareADisk ? true : nil,
            writable: isWritable(space), notice: notice(space), freeBytes: space.free,
            waitingBytes: UInt64(keeper.waitingBytes),
            clock: keeper.clock.now.milliseconds, position: try? await queues.index.end().raw,
            records: try? await keeper.read { ledger, _ in try ledger.totals().mails },
            draining: marks.draining.isSet ? true : nil,
            damaged: keeper.damage.count > 0 ? keeper.damage.count : nil)
    }

    package func giveMemoryBack() async {
        await keeper.giveMemoryBack()
    }

    package func close() async {
        verification.stop()
        scrub.stop()
        filler.stop()
        do {
            try await keeper.close()
        } catch {
            // What is not sealed now is sealed at the next start.
            logger.notice(
                "Not closed in order", metadata: ["node": "\(name)", "error": "\(error)"])
        }
    }

    private static let goneNotice =
        "its folder is gone; stop, bring it or an empty one back, and start again"

    /// Whether the folder that was opened is still there.
    func hasFolder() async throws -> Bool {
        try await keeper.read { [keeper] _, _ in
            keeper.machine.disk.exists(keeper.store.folder)
        }
    }

    func space() async throws -> DiskSpace {
        try await keeper.read { [disk = keeper.machine.disk, folder = configuration.folder] _, _ in
            try disk.space(at: folder)
        }
    }

    func isWritable(_ space: DiskSpace) -> Bool {
        space.free > configuration.segments.reserveBytes && !keeper.ledger.isDamaged
            && marks.closed == nil
    }

    func notice(_ space: DiskSpace) -> String? {
        if keeper.ledger.isDamaged {
            return "the ledger is damaged; the next start makes it again from the segments"
        }
        if let notice = marks.notice { return notice }
        return isWritable(space) ? nil : "the disk is nearly full"
    }
}

extension StorageComponent {
    package func metrics() async -> [Metric] {
        guard let status = try? await status() else { return [] }
        let labels = ["node": name]
        var metrics = [
            Metric(
                "holdfast_storage_mails", .gauge, "Records kept.", labels: labels,
                value: Double(status.mails ?? 0)),
            Metric(
                "holdfast_storage_bytes", .gauge, "Bytes of records kept.", labels: labels,
                value: Double(status.bytes ?? 0)),
            Metric(
                "holdfast_disk_free_bytes", .gauge, "Bytes free on the disk.", labels: labels,
                value: Double(status.free_bytes ?? 0)),
        ]
        if let round = status.scrub {
            if let last = scrub.progress.last {
                metrics.append(
                    Metric(
                        "holdfast_scrub_finished_seconds", .gauge,
                        "When all records were last checked, in seconds since 1970.",
                        labels: labels, value: Double(last.finished.milliseconds) / 1000))
            }
            metrics += [
                Metric(
                    "holdfast_scrub_bad", .gauge,
                    "Bad records found in this round and the last.", labels: labels,
                    value: Double(round.bad + (round.last_bad ?? 0))),
                Metric(
                    "holdfast_storage_damaged", .gauge,
                    "Places that are not what was written and were not healed.", labels: labels,
                    value: Double(status.damaged ?? 0)),
            ]
        }
        for (queue, length) in status.queues.sorted(by: { $0.key < $1.key }) {
            metrics.append(
                Metric(
                    "holdfast_queue_items", .gauge, "Items left in a queue.",
                    labels: ["node": name, "queue": queue], value: Double(length)))
        }
        return metrics
    }
}
