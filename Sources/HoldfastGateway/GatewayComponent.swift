// SPDX-License-Identifier: Apache-2.0
// The paper's Generator: takes mail in, offers it until the ack, sends released mail on (R13, R25).

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
package import HoldfastNode
package import HoldfastSMTP
package import HoldfastSegments
internal import Hummingbird
internal import Logging
internal import ServiceLifecycle

/// One gateway: one spool, one node.
package final class GatewayComponent: Component {
    package let path: NodePath
    private let name: String
    private let configuration: GatewayConfiguration
    let keeper: RecordKeeper
    let spool: Spool
    let tasks: Tasks
    let releases: Releases
    let intake: Intake
    let listener: MailListener
    let room: DiskRoom
    private let logger: Logger

    private static let tickSeconds = 1
    /// A task whose segment is gone must stay to be seen: its mail was answered for.
    package static let start = RecordKeeper.Start(
        recoveredMax: UnsureBook.recoveredMax, keepsLostRows: true)

    /// Opens the spool; returns when its ledger has caught up with its segments.
    package convenience init(
        name: String, configuration: GatewayConfiguration, folder: String, keys: KeyRing,
        surroundings: Surroundings
    ) async throws {
        let opening = DiskThread(name: "open \(name)")
        defer { opening.stop() }
        let (keeper, recovery) = try await opening.run {
            try RecordKeeper.open(
                folder, name: name, limits: configuration.segments,
                start: Self.start, machine: surroundings.machine,
                logger: surroundings.logger)
        }
        try await self.init(
            name: name, configuration: configuration, keeper: keeper, recovery: recovery,
            keys: keys, surroundings: surroundings)
    }

    /// A gateway over a spool that was opened, as `start` says.
    package convenience init(
        name: String, configuration: GatewayConfiguration, keeper: RecordKeeper,
        recovery: RecordKeeper.Recovery, keys: KeyRing, surroundings: Surroundings,
        lines: (any SmarthostLines)? = nil
    ) async throws {
        try await self.init(
            name: name, configuration: configuration, keeper: keeper, recovery: recovery,
            keys: keys, logger: surroundings.logger, lines: lines ?? SocketLines(),
            clockAhead: { [roster = surroundings.roster] in roster.clockAhead }
        ) { [roster = surroundings.roster] in
            roster.current?.roster.copiesMax ?? 0
        }
    }

    init(
        name: String, configuration: GatewayConfiguration, keeper: RecordKeeper,
        recovery: RecordKeeper.Recovery, keys: KeyRing, logger: Logger,
        releaseRules: ReleaseRules = ReleaseRules(), lines: any SmarthostLines = SocketLines(),
        clockAhead: @escaping @Sendable () -> Int64? = { 0 },
        storages: @escaping @Sendable () -> Int = { .max }
    ) async throws {
        self.name = name
        self.configuration = configuration
        self.keeper = keeper
        self.logger = logger
        path = NodePath(role: .gateway, name: name)
        room = DiskRoom(of: keeper.folder.path, reserveBytes: configuration.segments.reserveBytes)
        let rules = try IntakeRules(gateway: name, configuration, keys)
        let clock = ClockWatch(keeper.clock, ahead: clockAhead)
        clock.begin(try await keeper.read { ledger, _ in ClockHistory(marks: try ledger.marks()) })
        intake = Intake(
            rules: rules, configuration: configuration, keeper: keeper, keys: keys, room: room,
            clock: clock, logger: logger,
            storages: storages)
        let releases = Releases(
            rules: releaseRules, configuration: configuration, keeper: keeper, keys: keys,
            tally: intake.tally, lines: lines, logger: logger)
        self.releases = releases
        let found = try await keeper.read { _, _ in try SpoolContents(of: keeper) }
        spool = try await keeper.read { _, _ in
            try Spool(keeper: keeper, left: found.left, logger: logger)
        }
        tasks = Tasks(
            desk: found.desk, lost: found.lost, keeper: keeper, spool: spool, intake: intake,
            logger: logger
        ) { note in
            releases.noteIsSafe(note)
        }
        listener = MailListener(configuration, intake: intake, clock: keeper.clock, logger: logger)
        for release in found.releases.releases.values { releases.add(release) }
        for entry in found.releases.unreadable {
            logger.error("Order not read", metadata: ["order": "\(entry.mail)"])
        }
        spool.finish(found.releases.orphans.map { ($0.position, $0.segment) })
        spool.finish(found.superseded.map { ($0.position, $0.segment) })
        await room.look(by: keeper)
        await intake.remember(recovery.recovered.items)
        if configuration.copiesBeforeReply > 0 {
            await intake.remember(found.newest.items.map(\.mail))
        }
    }

    /// Takes the addresses for SMTP and LMTP; to be called before anything of the program runs.
    package func bind() async throws {
        try await listener.bind()
    }

    /// The port that was taken for a protocol; nil when it is off or has no port.
    package func port(of dialect: Dialect) -> Int? { listener.port(of: dialect) }

    package func addRoutes(to server: NodeServer) {
        server.offer(queues, at: path)
        server.take(into: queues, at: path)
        MailRoutes(intake: intake).add(to: server, at: path)
        server.tellDays(of: keeper, queue: "tasks", at: path)
        server.takeWord(for: intake.clock, at: path) { [keeper] history in
            try await keeper.note(.marks(history.marks))
        }
        server.router.get("\(path.text)/status") { [self] _, _ in JSONAnswer(try await status()) }
        releases.addRoutes(
            to: server, at: path, name: name, sentTo: configuration.smarthost?.description)
    }

    private func status() async throws -> StatusAnswer {
        var answer = StatusAnswer(
            name: name, role: path.role.rawValue, writable: notice == nil, notice: notice)
        answer.queues = ["tasks": try await tasks.length(), "releases": releases.count]
        answer.buried = ["tasks": tasks.buried]
        answer.copies_max = intake.rules.copiesMax
        answer.damaged = keeper.damage.count
        answer.unreadable = tasks.unreadable
        answer.free_bytes = room.space.free
        answer.total_bytes = room.space.total
        return answer
    }

    /// Why no mail is taken; nil nearly always.
    private var notice: String? {
        if intake.clock.isDaysOff {
            return "its clock is days off the Registry's, so no mail is taken in"
        }
        if room.isNearlyFull { return "the disk is nearly full" }
        return intake.missingStorages.map { there, needed in
            "no mail is taken in: it must lie on \(needed) storages before the reply"
                + " (reply_after_copies), and \(there) can take it"
        }
    }

    var queues: GatewayQueues {
        let orders = OrderIntake(
            name: name, keeper: keeper, releases: releases,
            releasesMax: configuration.limits.releasesMax)
        return GatewayQueues(name: name, tasks: tasks, orders: orders)
    }

    package func run() async throws {
        try await bind()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listener.run() }
            group.addTask { await self.work() }
        }
    }

    /// All that it does but listening for SMTP and LMTP.
    package func work() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.releases.run() }
            group.addTask { await cancelWhenGracefulShutdown { await self.tidy() } }
        }
    }

    /// Looks at the disk, and drops what nothing needs.
    private func tidy() async {
        while !Task.isCancelled {
            await room.look(by: keeper)
            keeper.noteSoon(intake.clock)
            do {
                let forgettable = releases.forgettable(now: keeper.clock.now)
                let dropped = try await spool.tidy(forgettable)
                spool.finish(releases.forget(ordersIn: dropped).map { ($0.position, $0.segment) })
            } catch {
                logger.error(
                    "Spool not tidied", metadata: ["node": "\(name)", "error": "\(error)"])
            }
            // Cancellation ends the sleep, and the loop with it.
            await keeper.clock.sleep(milliseconds: Int64(Self.tickSeconds) * 1000)
        }
    }

    package func registration(address: String) async -> Registration {
        return Registration(
            name: name, role: .gateway, address: address,
            node: NodeID(keeper.folder.node).description,
            disk: DiskID(keeper.folder.disk).description, host: configuration.hostname,
            writable: notice == nil, notice: notice,
            freeBytes: room.space.free, waitingBytes: UInt64(keeper.waitingBytes),
            clock: keeper.clock.now.milliseconds, hasSmarthost: configuration.smarthost != nil)
    }

    package func giveMemoryBack() async {
        await keeper.giveMemoryBack()
    }

    package func close() async {
        await listener.close()
        do {
            try await keeper.close()
        } catch {
            // What is not sealed now is sealed at the next start.
            logger.notice(
                "Not closed in order", metadata: ["node": "\(name)", "error": "\(error)"])
        }
    }

    package func metrics() async -> [Metric] {
        let node = ["node": name]
        var metrics = intake.tally.metrics(of: name)
        // A ledger that does not answer has no length; the other figures stand.
        if let length = try? await tasks.length() {
            metrics.append(
                Metric(
                    "holdfast_queue_items", .gauge, "Items left in a queue.",
                    labels: ["node": name, "queue": "tasks"], value: Double(length)))
        }
        let gauges: [(String, String, Int)] = [
            ("holdfast_gateway_waiting_for_ack", "Tasks that a storage took.", tasks.waitingForAck),
            ("holdfast_gateway_buried", "Tasks that nobody would take.", tasks.buried),
            (
                "holdfast_gateway_unreadable", "Mails taken in that cannot be read any more.",
                tasks.unreadable
            ),
            (
                "holdfast_gateway_connections", "Open SMTP and LMTP connections.",
                listener.table.count
            ),
            ("holdfast_gateway_releases_waiting", "Releases not done.", releases.count),
        ]
        return metrics
            + gauges.map { Metric($0.0, .gauge, $0.1, labels: node, value: Double($0.2)) } + [
                Metric(
                    "holdfast_disk_free_bytes", .gauge, "Bytes free on the disk.", labels: node,
                    value: Double(room.space.free))
            ]
    }
}

extension IntakeRules {
    fileprivate init(
        gateway: String, _ configuration: GatewayConfiguration, _ keys: KeyRing
    ) throws(ConfigurationError) {
        let encrypts =
            configuration.encrypts || configuration.rules.contains { $0.encrypts == true }
        if encrypts, keys.newest == nil {
            throw ConfigurationError(
                "[gateway] encrypt = true needs a key: name a key file that holds one")
        }
        self.init(
            gateway: gateway,
            standard: MailTerms(keepDays: configuration.keepDays, copies: configuration.copies),
            rules: configuration.rules, obeysHeader: configuration.obeysKeepDaysHeader,
            coding: Coding(
                compression: configuration.compression,
                keyNumber: configuration.encrypts ? keys.newest ?? 0 : 0),
            newestKey: keys.newest ?? 0)
    }
}
