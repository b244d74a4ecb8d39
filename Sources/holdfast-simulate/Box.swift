// SPDX-License-Identifier: Apache-2.0
// One machine of the cluster with its one process: it starts, dies, and starts again.

internal import HoldfastCatalog
internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import Logging
internal import NIOCore
internal import NIOEmbedded

/// What a machine is there for.
enum Duty: Hashable, Sendable {
    /// Registry and DAL.
    case office
    case gateway
    case helper
    case storage

    var isStorage: Bool { self == .storage }
    var isGateway: Bool { self == .gateway }
}

/// A machine. What lies on its disk and in its databases outlives its process.
final class Box: Sendable {
    /// What survives the process.
    struct Kept: Sendable {
        var ledger: Ledger?
        /// An earlier state of the ledger, and how often it had been synced.
        var olderLedger: (ledger: Ledger, syncs: Int)?
        var catalog: SQLiteCatalog?
        var olderCatalog: SQLiteCatalog?
        var run: UInt32 = 0
    }

    /// The process that runs now.
    private struct Process: Sendable {
        var life: Life
        var server: DirectServer?
    }

    let name: String
    let duty: Duty
    let node: UInt128
    /// Two machines may have folders on one disk.
    let diskNumber: UInt64
    let disk = SimulatedDisk()
    let kept = Cell(Kept())
    /// Milliseconds by which the wall clock is wrong.
    let clockIsWrongBy = Cell<Int64>(0)
    /// How often everything on the disk takes longer.
    let slowness = Cell<Int64>(1)
    unowned let world: World
    private let process = Cell<Process?>(nil)

    static let folder = "/data"

    init(_ name: String, _ duty: Duty, disk: UInt64, in world: World) {
        self.name = name
        self.duty = duty
        self.world = world
        node = UInt128(world.dice.next()) << 64 | UInt128(world.dice.next())
        diskNumber = disk
    }

    /// All machines that a plan wants.
    static func all(in world: World) -> [Box] {
        let plan = world.plan
        var boxes = [Box("office", .office, disk: 1, in: world)]
        for number in 1...plan.gateways {
            boxes.append(Box("gate\(number)", .gateway, disk: 10 + UInt64(number), in: world))
        }
        for number in 1...plan.helpers {
            boxes.append(Box("hand\(number)", .helper, disk: 0, in: world))
        }
        for number in 1...plan.storages {
            let isShared = plan.sharesADisk && number == plan.storages
            let disk = 100 + UInt64(isShared ? 1 : number)
            boxes.append(Box("store\(number)", .storage, disk: disk, in: world))
        }
        return boxes
    }

    var isUp: Bool { process.value.map { !$0.life.isOver && $0.server != nil } ?? false }

    /// Nil while nobody listens.
    var server: (DirectServer, Life)? {
        guard let process = process.value, !process.life.isOver, let server = process.server else {
            return nil
        }
        return (server, process.life)
    }

    /// Ends the process wherever it is.
    func end() {
        process.value?.life.end()
    }

    /// Kills the process; what it wrote is still there.
    func kill() {
        guard let process = process.value, !process.life.isOver else { return }
        world.log.note("\(name) killed")
        process.life.end()
    }

    /// The power fails: what was not synced is lost, whole or in part.
    func cutPower() {
        world.log.note("\(name) without power")
        process.value?.life.end()
        disk.powerCut { [dice = world.dice] in dice.happens(500) }
        kept.change { kept in
            // The ledger is not synced at each commit; the catalog is.
            if let older = kept.olderLedger, older.syncs == kept.ledger?.syncs {
                kept.ledger = older.ledger
            }
        }
    }

    /// Starts the process, again and again until it can be opened.
    func start() {
        guard process.value?.life.isOver ?? true else { return }
        let life = Life()
        process.value = Process(life: life)
        world.log.note("\(name) starts")
        world.spawn { [self] in
            var attempt: Open?
            while attempt == nil, !life.isOver {
                do {
                    attempt = try await open(life)
                } catch {
                    world.log.note("\(name) not opened: \(error)")
                    await world.loop.sleep(1_000_000)
                }
            }
            guard let opened = attempt, !life.isOver else { return }
            process.value?.server = opened.server
            world.log.note("\(name) is up")
            await run(opened, life)
        }
    }

    /// Everything that a process has open.
    struct Open: Sendable {
        var server: DirectServer
        var components: [any Component]
        var surroundings: Surroundings
        var work: [@Sendable () async -> Void]
    }

    private func open(_ life: Life) async throws -> Open {
        let (machine, logger) = (machine(life), logger)
        let client = NodeClient(
            token: World.token, over: SimulatedTransport(from: name, life: life, world: world))
        let roster = RosterView(
            registries: ["http://office:80/registry/registry"], client: client,
            clock: machine.clock)
        let surroundings = Surroundings(
            machine: machine, client: client, roster: roster, logger: logger)
        let parts = try await Parts(of: self, surroundings, life: life)
        let server = NodeServer(token: World.token, logger: logger)
        for component in parts.components { component.addRoutes(to: server) }
        return Open(
            server: DirectServer(server, channel: EmbeddedChannel(), logger: logger),
            components: parts.components, surroundings: surroundings, work: parts.work)
    }

    private func run(_ opened: Open, _ life: Life) async {
        let (components, surroundings) = (opened.components, opened.surroundings)
        await withTaskGroup(of: Void.self) { group in
            for work in opened.work { group.addTask { await work() } }
            for component in components {
                let path = component.path
                let address = "http://\(name):80\(path.text)"
                let heartbeat = Heartbeat(
                    registries: { surroundings.roster.registries },
                    client: surroundings.client, logger: surroundings.logger,
                    clock: surroundings.clock
                ) { await component.registration(address: address) }
                // It ends with its life, and throws nothing then.
                group.addTask { try? await heartbeat.run() }
            }
            group.addTask {
                while !Task.isCancelled {
                    // The last roster stands when none comes.
                    _ = try? await surroundings.roster.refresh()
                    let isKnown = surroundings.roster.current != nil
                    await surroundings.clock.sleep(milliseconds: isKnown ? 10_000 : 200)
                }
            }
            await life.ended()
            group.cancelAll()
        }
    }

    private var logger: Logger {
        Logger(label: name) { [world, name] _ in EventLogHandler(box: name, log: world.log) }
    }

    private func machine(_ life: Life) -> Machine {
        let (loop, dice) = (world.loop, world.dice)
        let lies = world.plant == .ackBeforeSync && duty.isGateway
        return Machine(
            clock: MachineClock(BoxClock(box: self)), chance: Chance { dice.next() },
            disk: MachineDisk(disk, of: life, liesAboutSyncs: lies),
            makeThread: { [slowness] _ in
                let busyUntil = Cell<Int64>(0)
                return DiskThread { work in
                    let pause = life.isOver ? 0 : dice.within(50...1_500) * slowness.value
                    let time = max(loop.now, busyUntil.value) + pause
                    busyUntil.value = time
                    loop.at(time, work)
                }
            })
    }
}

/// The clocks of a machine.
struct BoxClock: SimulatedClock {
    unowned let box: Box

    var now: Timestamp {
        Timestamp(milliseconds: box.world.now.milliseconds + box.clockIsWrongBy.value)
    }

    var monotonicMilliseconds: Int64 {
        let running = 1_000_000 + box.world.loop.now / 1000
        // Who does not look for a jump sees none.
        return box.isCredulous ? running + box.clockIsWrongBy.value : running
    }

    func sleep(milliseconds: Int64) async {
        // What looks again and again every second may come late, and costs less.
        let lateness: Int64 = milliseconds <= 1000 ? 4 : milliseconds <= 2000 ? 2 : 1
        await box.world.loop.sleep(milliseconds * lateness * 1000)
    }
}

extension Box {
    /// It believes its wall clock (a planted bug).
    var isCredulous: Bool { world.plant == .expiryOnAJumpedClock && duty.isStorage }
}
