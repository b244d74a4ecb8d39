// SPDX-License-Identifier: Apache-2.0
// The course of one simulation: trouble, then peace, then what must be so; and again when days have passed.

/// Leads one world from its beginning to its last check.
struct Course: Sendable {
    let world: World
    let senders: Senders
    private let orders: Orders
    private let wishers: Wishers
    private let troubles: Troubles
    private let draining: Draining?
    private let active: Int64

    /// A mail that waits for its ack is offered again after a quarter of an hour at the latest.
    private static let quietSecondsMax: Int64 = 3_600
    private static let daySeconds: Int64 = 86_400

    init(in world: World) {
        self.world = world
        active = world.plan.activeSeconds * 1_000_000
        orders = Orders(in: world)
        wishers = Wishers(in: world)
        senders = Senders(in: world, orders: orders, wishers: wishers)
        troubles = Troubles(in: world, until: active)
        draining = world.drained.map { Draining($0, in: world) }
    }

    func run() async throws {
        for box in world.boxes { box.start() }
        senders.begin(until: active)
        troubles.begin()
        draining?.begin(until: active)
        await world.loop.sleep(active)
        await Troubles.end(in: world)
        let wears = !Set(world.plan.troubles).isDisjoint(with: [.flippedBit, .lostFolder])
        let worn = wears ? troubles.worn : nil
        let calm = Calm(of: world, worn: worn)
        let checks = Checks(world: world, wishers: wishers, worn: worn, client: calm.client)
        await world.loop.sleep(5_000_000)
        await calm.retry()
        try await quiet(calm)
        if world.plan.troubles.contains(.flippedBit) {
            try await calm.verify()
            // Heartbeats tell of damage.
            await world.loop.sleep(30_000_000)
            try await quiet(calm)
        }
        try await checks.check(senders.accepted)
        try await orders.check(calm.client)
        if let draining, world.plan.isRetired {
            try await draining.retire(calm.client)
            try await quiet(calm)
            try await checks.check(senders.accepted)
        }
        try await passDays(checks)
    }

    private func passDays(_ checks: Checks) async throws {
        guard world.plan.daysAfterwards > 0 else { return }
        world.log.note("\(world.plan.daysAfterwards) days pass")
        world.loop.skip(Int64(world.plan.daysAfterwards) * Self.daySeconds * 1_000_000)
        await world.loop.sleep(130_000_000)
        try await checks.check(senders.accepted, isDaysLater: true)
        try await checks.checkDropped()
    }

    /// Waits until there is nothing left to do.
    private func quiet(_ calm: Calm) async throws {
        let limit = world.loop.now + Self.quietSecondsMax * 1_000_000
        var reason: String?
        while world.loop.now < limit {
            let last = reason
            reason = await unrest(calm)
            guard let reason else { return }
            if reason != last { world.log.note("waiting: \(reason)") }
            await world.loop.sleep(5_000_000)
        }
        throw Fault(description: "it does not become quiet: \(reason ?? "no reason")")
    }

    private func unrest(_ calm: Calm) async -> String? {
        guard senders.areDone else { return "mails are still brought" }
        guard wishers.areDone else { return "somebody still wants something of a mail" }
        if let reason = await calm.unrest() { return reason }
        if let draining, !draining.box.isRetired.value,
            let reason = await draining.unrest(calm.client)
        {
            return reason
        }
        return await orders.unrest(calm.client)
    }
}
