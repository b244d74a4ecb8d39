// SPDX-License-Identifier: Apache-2.0
// What goes wrong while mails come, and how it ends.

internal import HoldfastCatalog
internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastSegments

/// Makes things go wrong until the time is over.
struct Troubles: Sendable {
    let world: World
    let until: Int64
    /// The one storage whose bits flip, and whose folder is lost.
    let worn: Box
    private let hasLostFolder = Cell(false)

    /// Where the copy of a segment's header lies.
    private static let secondHeader = SegmentFormat.blockBytes..<2 * SegmentFormat.blockBytes

    init(in world: World, until: Int64) {
        self.world = world
        self.until = until
        worn = world.dice.pick(world.storages.filter { $0 !== world.drained })
    }

    /// From now on nothing goes wrong any more.
    private var isOver: Bool { loop.now >= until }
    private var dice: Dice { world.dice }
    private var loop: EventLoop { world.loop }

    /// Begins all kinds of trouble that the plan has, each in a task of its own.
    func begin() {
        for trouble in world.plan.troubles {
            world.log.note("trouble: \(trouble)")
            world.spawn { await keepUp(trouble) }
        }
    }

    private func keepUp(_ trouble: Trouble) async {
        while true {
            let pause = dice.within(500_000...max(1_000_000, world.plan.activeSeconds * 400_000))
            guard loop.now + pause < until else { return }
            await loop.sleep(pause)
            await make(trouble)
        }
    }

    private func make(_ trouble: Trouble) async {
        switch trouble {
        case .lossyNetwork: await loseCalls()
        case .partition: await partition()
        case .kill:
            let box = dice.pick(unsteady)
            box.kill()
            await restart(box)
        case .powerCut: await cutPower(dice.pick(unsteady))
        case .failedSync: dice.pick(disks).disk.set(.failSync(after: dice.below(3)))
        case .fullDisk: await spoil(dice.pick(disks), .full)
        case .unreadableDisk: await spoil(dice.pick(disks), .failRead(from: 0))
        case .flippedBit: flipBit()
        case .jumpingClock: jump()
        case .olderCatalog: await restoreCatalog()
        case .lostLedger:
            let box = dice.pick(disks)
            box.kill()
            box.kept.change { $0.ledger = nil }
            await restart(box)
        case .lostFolder:
            // Once is enough for copies that are the only ones besides.
            guard hasLostFolder.value == false else { return }
            hasLostFolder.value = true
            worn.loseFolder()
            await restart(worn)
        case .dyingHelper:
            let helper = dice.pick(world.boxes.filter { $0.duty == .helper })
            helper.dies(afterMoments: dice.below(60))
        }
    }

    private var unsteady: [Box] {
        world.plan.isOnlyTheDAL ? world.boxes.filter { $0.duty == .office } : world.boxes
    }

    private var disks: [Box] { world.boxes.filter { $0.duty.isStorage || $0.duty.isGateway } }

    private func restart(_ box: Box) async {
        let longest: Int64 = world.plan.isOnlyTheDAL ? 100_000_000 : 15_000_000
        await loop.sleep(dice.within(200_000...longest))
        box.start()
    }

    private func loseCalls() async {
        world.wires.change { [dice] wires in
            wires.lostPermille = dice.below(200)
            wires.doubledPermille = dice.below(200)
            wires.latePermille = dice.below(30)
        }
        await loop.sleep(dice.within(1_000_000...20_000_000))
        world.wires.change { wires in
            (wires.lostPermille, wires.doubledPermille, wires.latePermille) = (0, 0, 0)
        }
    }

    private func partition() async {
        let one = dice.pick(world.boxes)
        let other = dice.pick(world.boxes.filter { $0 !== one })
        let cut = Wires.cut(one.name, other.name)
        world.log.note("cut between \(one.name) and \(other.name)")
        world.wires.change { _ = $0.cuts.insert(cut) }
        await loop.sleep(dice.within(1_000_000...40_000_000))
        world.wires.change { _ = $0.cuts.remove(cut) }
    }

    private func cutPower(_ box: Box) async {
        guard box.isUp else { return }
        let run = box.kept.value.run
        if dice.happens(700) {
            do {
                if let ledger = box.kept.value.ledger {
                    let older = (try ledger.copy(), ledger.syncs)
                    box.kept.change { $0.olderLedger = older }
                }
            } catch {
                preconditionFailure("a database in memory is copied: \(error)")
            }
            await loop.sleep(dice.within(0...8_000_000))
        }
        guard !isOver else { return }
        if dice.happens(500), box.duty != .office {
            // Within a write, if there is one soon.
            box.disk.set(.cutAfter(bytes: dice.below(30_000)))
            for _ in 0..<100 where !box.disk.isCut && !isOver { await loop.sleep(50_000) }
        }
        // Somebody else may have ended it meanwhile; then the older ledger is not this one's.
        guard box.kept.value.run == run, !isOver else { return box.disk.set(nil) }
        box.cutPower()
        await restart(box)
    }

    private func spoil(_ box: Box, _ fault: SimulatedDisk.Fault) async {
        world.log.note("\(box.name): \(fault)")
        box.disk.set(fault)
        await loop.sleep(dice.within(500_000...10_000_000))
        box.disk.set(nil)
    }

    private func flipBit() {
        let folder = Box.folder + "/segments"
        guard let names = try? worn.disk.names(in: folder), !names.isEmpty else { return }
        let path = folder + "/" + dice.pick(names)
        let bytes = worn.disk.writtenBytes(of: path)
        guard bytes > 0 else { return }
        let place = dice.below(bytes)
        // Of segments this small both headers and the first batch's would be hit now and then.
        guard !Self.secondHeader.contains(place) else { return }
        world.log.note("bit flipped: \(worn.name) \(path) \(place)")
        worn.disk.flipBit(in: path, at: place)
    }

    private func jump() {
        let box = dice.pick(world.boxes)
        let seconds = dice.pick([30, 3_000, 90_000, 10_000_000, 100_000_000] as [Int64])
        let isBack = dice.happens(500)
        // Who takes mail in gives it its last day: such a clock is only a little wrong.
        let limit: Int64 = box.duty.isGateway ? 3_000 : .max
        let change = min(limit, dice.within(1...seconds)) * (isBack ? -1000 : 1000)
        world.log.note("clock of \(box.name) wrong by \(change) ms")
        box.clockIsWrongBy.value = change
    }

    private func restoreCatalog() async {
        guard let office = world.box("office"), let catalog = office.kept.value.catalog else {
            return
        }
        do {
            let older = dice.happens(300) ? nil : try catalog.copy()
            await loop.sleep(dice.within(500_000...15_000_000))
            guard !isOver else { return }
            office.kill()
            world.log.note(older == nil ? "catalog lost" : "catalog restored")
            office.kept.change { $0.catalog = older }
        } catch {
            preconditionFailure("a database in memory is copied: \(error)")
        }
        await restart(office)
    }

    /// Ends all trouble: every machine works, every clock is right.
    static func end(in world: World) async {
        world.log.note("all is well again")
        world.wires.value = Wires()
        for box in world.boxes {
            box.dies(afterMoments: nil)
            box.disk.set(nil)
            box.slowness.value = 1
            let mustRestart = world.plan.troubles.contains(.unreadableDisk)
            if box.clockIsWrongBy.value != 0 || mustRestart {
                // A clock that jumped, and a segment that a start could not read: the log asks for it.
                box.clockIsWrongBy.value = 0
                box.kill()
            }
            if box.disk.isCut { box.cutPower() }
        }
        await world.loop.sleep(1_000_000)
        for box in world.boxes { box.start() }
    }
}
