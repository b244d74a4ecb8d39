// SPDX-License-Identifier: Apache-2.0
// One machine of the cluster with its one process: it starts, dies, and starts again.

internal import HoldfastCatalog
internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode

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
    private let identity: Cell<UInt128>
    /// Two machines may have folders on one disk.
    let diskNumber: UInt64
    private let folderDisk = Cell(SimulatedDisk())
    /// It was told to give its copies away.
    let isDraining = Cell(false)
    /// The moments of its calls so far: before one goes, when it has arrived, when its answer is there.
    let moments = Cell(0)
    private let lastMoment = Cell<Int?>(nil)
    /// It never starts again.
    let isRetired = Cell(false)
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
        identity = Cell(Self.newIdentity(world.dice))
        diskNumber = disk
    }

    var node: UInt128 { identity.value }
    var disk: SimulatedDisk { folderDisk.value }

    private static func newIdentity(_ dice: Dice) -> UInt128 {
        UInt128(dice.next()) << 64 | UInt128(dice.next())
    }

    /// Its data folder is deleted: what starts there next is another node.
    func loseFolder() {
        world.log.note("\(name) loses its folder")
        kill()
        folderDisk.value = SimulatedDisk()
        identity.value = Self.newIdentity(world.dice)
        kept.change { $0 = Kept() }
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

    /// Has it die after so many more moments, and start again; nil for never.
    func dies(afterMoments count: Int?) {
        lastMoment.value = count.map { moments.value + 1 + $0 }
    }

    /// One more moment of a call.
    func pass() {
        moments.change { $0 += 1 }
        guard moments.value == lastMoment.value else { return }
        kill()
        world.spawn { [self] in
            await world.loop.sleep(1_000_000)
            start()
        }
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
        guard process.value?.life.isOver ?? true, !isRetired.value else { return }
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
            // Nobody is answered by it any more; what it has open goes with it.
            process.change { current in
                if current?.life === life { current?.server = nil }
            }
        }
    }
}
