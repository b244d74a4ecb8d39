// SPDX-License-Identifier: Apache-2.0
// The one process of a machine: what it has open, and what it keeps doing until it dies.

internal import HoldfastDisk
internal import HoldfastNode
internal import Logging
internal import NIOCore
internal import NIOEmbedded

extension Box {
    /// Everything that a process has open.
    struct Open: Sendable {
        var server: DirectServer
        var components: [any Component]
        var surroundings: Surroundings
        var work: [@Sendable () async -> Void]
    }

    func open(_ life: Life) async throws -> Open {
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

    func run(_ opened: Open, _ life: Life) async {
        let (components, surroundings, loop) = (
            opened.components, opened.surroundings, world.loop
        )
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
                    let roster = surroundings.roster.current?.roster
                    let isYoung = roster?.isYoung ?? false
                    await loop.sleep(roster == nil ? 200_000 : isYoung ? 2_000_000 : 15_000_000)
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
