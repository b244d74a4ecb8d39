// SPDX-License-Identifier: Apache-2.0
// QtDAL: the central index, and the Terminator that makes acks (R15, R24).

package import HoldfastCatalog
internal import HoldfastModel
package import HoldfastNode
internal import Logging
internal import ServiceLifecycle
internal import Synchronization

/// One DAL over one catalog.
package final class DALComponent: Component {
    package let path: NodePath
    let name: String
    let queues: DALQueues
    let only: OnlyDAL
    let repairs: Repairs
    let surroundings: Surroundings
    let catalog: any HoldfastCatalog.Catalog
    /// Nil for a catalog that lies in no file.
    private let file: CatalogFile?
    /// Two orders for one mail at the same time must not both find that there is none.
    let ordering = Turn()
    let firstSights = Mutex(FirstSights())
    /// On the clock that never jumps.
    let began: Int64
    let gatewayDays: Mutex<GatewayDays>
    let catalogPath: String
    private let searches: [DiskThread]
    let clock: ClockWatch

    private static let searchThreads = 2
    private static let tickSeconds = 60
    private static let placeMilliseconds: Int64 = 200
    private static let expiryStep = 2000
    private static let acksMax = 1_000_000
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Opens the catalog; makes it when there is none.
    package convenience init(
        name: String, configuration: DALConfiguration, surroundings: Surroundings
    ) async throws {
        let writer = surroundings.machine.makeThread("catalog \(name)")
        let file: CatalogFile
        do {
            file = try await writer.run {
                try CatalogFile.open(configuration.path, logger: surroundings.logger)
            }
        } catch {
            writer.stop()
            throw error
        }
        try await self.init(
            name: name, configuration: configuration, catalog: file.catalog, file: file,
            writer: writer, surroundings: surroundings)
    }

    /// A DAL over a catalog that lies in no file.
    package convenience init(
        name: String, configuration: DALConfiguration, catalog: any HoldfastCatalog.Catalog,
        surroundings: Surroundings
    ) async throws {
        try await self.init(
            name: name, configuration: configuration, catalog: catalog, file: nil,
            writer: surroundings.machine.makeThread("catalog \(name)"),
            surroundings: surroundings)
    }

    private init(
        name: String, configuration: DALConfiguration, catalog: any HoldfastCatalog.Catalog,
        file: CatalogFile?, writer: DiskThread, surroundings: Surroundings
    ) async throws {
        self.name = name
        self.catalog = catalog
        self.file = file
        self.surroundings = surroundings
        began = surroundings.clock.monotonicMilliseconds
        gatewayDays = Mutex(GatewayDays())
        path = NodePath(role: .dal, name: name)
        catalogPath = configuration.path
        searches = (0..<Self.searchThreads).map { number in
            surroundings.machine.makeThread("search \(number)")
        }
        let clock = surroundings.clock
        let orders = TransientQueue(
            clock: clock, itemsMax: DALQueues.ordersMax, keepMilliseconds: .max)
        let storageOrders = StorageOrders(queue: orders)
        only = OnlyDAL(name: name, roster: surroundings.roster)
        self.clock = ClockWatch(clock) { [roster = surroundings.roster] in roster.clockAhead }
        queues = DALQueues(
            catalog: catalog, writer: writer, configuration: configuration,
            acks: TransientQueue(
                clock: clock, itemsMax: Self.acksMax, keepMilliseconds: Self.dayMilliseconds),
            orders: orders, storageOrders: storageOrders, only: only, surroundings: surroundings)
        repairs = Repairs(
            catalog: catalog, writer: writer, orders: storageOrders, configuration: configuration,
            surroundings: surroundings)
        do {
            let marks = try await writer.run { try catalog.marks() }
            self.clock.begin(ClockHistory(marks: marks))
            gatewayDays.withLock { $0 = GatewayDays(marks: marks) }
        } catch {
            await close()
            throw error
        }
    }

    /// Reads on one of the threads for searches.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any HoldfastCatalog.Catalog) throws -> Result
    ) async throws -> Result {
        var random = surroundings.machine.chance
        let thread = searches[Int.random(in: 0..<searches.count, using: &random)]
        do {
            return try await thread.run { [catalog] in try body(catalog) }
        } catch CatalogError.damaged(let words) {
            throw Refusal.unavailable("\(CatalogFile.notice): \(words)")
        }
    }

    /// Works while no other DAL does.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                if only.other == nil { await work() }
                await pause()
            }
        }
    }

    private func pause() async {
        await surroundings.clock.sleep(milliseconds: Self.placeMilliseconds)
    }

    /// Keeps the catalog tidy, and true, until another DAL has the place.
    private func work() async {
        let audit = Audit(
            catalog: catalog, writer: queues.writer, surroundings: surroundings
        ) { [self] storages in
            firstSights.withLock { $0.look(at: storages) }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.tidy() }
            group.addTask { await audit.run() }
            group.addTask { await self.watchFilling() }
            group.addTask { await self.repairs.run { try await self.doubt() } }
            group.addTask {
                while !Task.isCancelled, self.only.other == nil { await self.pause() }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Removes what has expired, step by step, between the merges, and takes up orders that found no
    /// room before.
    private func tidy() async {
        while !Task.isCancelled {
            do {
                if let history = clock.historyToNote() {
                    try await queues.writer.run { [catalog] in try catalog.set(history.marks) }
                }
                try await expire()
                if queues.orders.wantsMore { try await queues.loadOrders() }
            } catch {
                surroundings.logger.error("Tidying failed", metadata: ["error": "\(error)"])
            }
            await surroundings.clock.sleep(milliseconds: Int64(Self.tickSeconds) * 1000)
        }
    }

    /// Removes what has expired, unless the clock is doubtful: in a box that is all there is, the
    /// Registry's clock jumps with ours.
    func expire() async throws {
        if let doubt = clock.doubt() {
            surroundings.logger.debug(
                "Expiry refused", metadata: ["node": "\(name)", "why": "\(doubt)"])
            return
        }
        let today = surroundings.clock.now.day
        var isUnfinished = true
        while isUnfinished, !Task.isCancelled {
            isUnfinished = try await queues.writer.run { [catalog] in
                try catalog.expire(before: today, limit: Self.expiryStep).isUnfinished
            }
        }
    }

    package func registration(address: String) async -> Registration {
        only.lies(at: address)
        return Registration(
            name: name, role: .dal, address: address, writable: !catalog.isDamaged,
            notice: catalog.isDamaged ? CatalogFile.notice : nil,
            clock: surroundings.clock.now.milliseconds)
    }

    package func giveMemoryBack() async {
        catalog.giveMemoryBack()
    }

    package func close() async {
        queues.writer.stop()
        for thread in searches { thread.stop() }
        file?.leave()
    }

    func status() async throws -> StatusAnswer {
        var answer = StatusAnswer(name: name, role: Role.dal.rawValue)
        if catalog.isDamaged { (answer.writable, answer.notice) = (false, CatalogFile.notice) }
        // Looked at now: what was known a moment ago may be of the catalog before.
        var progress: String?
        do {
            let filling = try await filling()
            (answer.incomplete, progress) = (filling.doubt, filling.progress)
        } catch {
            answer.incomplete = "the catalog does not say how complete it is: \(error)"
        }
        if answer.notice == nil {
            answer.notice = only.notice ?? progress ?? clock.wait ?? answer.incomplete
        }
        answer.queues = ["acks": queues.acks.count, "orders": queues.orders.count]
        guard let statistics = try? await read({ try $0.statistics() }) else { return answer }
        answer.mails = statistics.mails
        answer.bytes = statistics.databaseBytes
        answer.repairs = try? await read { [repairs] in try repairs.answer(reading: $0) }
        return answer
    }

    package func metrics() async -> [Metric] {
        guard let status = try? await status() else { return [] }
        let short = status.repairs?.short ?? 0
        return [
            Metric(
                "holdfast_catalog_short", .gauge, "Mails with fewer copies than wanted.",
                labels: ["node": name], value: Double(short)),
            Metric(
                "holdfast_catalog_mails", .gauge, "Mails that a search can find.",
                labels: ["node": name], value: Double(status.mails ?? 0)),
            Metric(
                "holdfast_catalog_bytes", .gauge, "Bytes of the catalog's database.",
                labels: ["node": name], value: Double(status.bytes ?? 0)),
        ]
    }
}
