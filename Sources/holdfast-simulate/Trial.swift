// SPDX-License-Identifier: Apache-2.0
// The simulation of one seed from its beginning to its verdict.

/// What one seed came to.
struct Verdict: Sendable {
    /// What was wrong; nil when all held.
    var fault: String?
    var events: Int
    var hash: UInt64
    var accepted: Int
    /// Seconds that passed in the simulation.
    var seconds: Int64
}

/// Runs one seed.
struct Trial {
    let seed: UInt64
    let plant: Plant?
    let isPrinted: Bool

    private static let stepsMax = 4_000_000
    /// A mail that waits for its ack is offered again after a quarter of an hour at the latest.
    private static let quietSecondsMax: Int64 = 3_600
    private static let daySeconds: Int64 = 86_400

    func run() -> Verdict {
        let world = World(seed: seed, plant: plant, isPrinted: isPrinted)
        let accepted = Cell(0)
        let result = world.run(stepsMax: Self.stepsMax) { [world] () -> String? in
            let orders = Orders(in: world)
            let senders = Senders(in: world, orders: orders)
            do {
                try await Self.live(in: world, senders, orders)
                accepted.value = senders.accepted.count
                return ""
            } catch {
                accepted.value = senders.accepted.count
                world.log.note("FAULT: \(error)")
                return "\(error)"
            }
        }
        let fault: String? =
            switch result {
            case "": nil
            case let words?: words
            case nil: "it does not end: \(Self.stepsMax) steps were not enough"
            }
        return Verdict(
            fault: fault, events: world.log.count, hash: world.log.hash, accepted: accepted.value,
            seconds: world.loop.now / 1_000_000)
    }

    private static func live(
        in world: World, _ senders: Senders, _ orders: Orders
    ) async throws {
        let active = world.plan.activeSeconds * 1_000_000
        for box in world.boxes { box.start() }
        senders.begin(until: active)
        let troubles = Troubles(in: world, until: active)
        troubles.begin()
        await world.loop.sleep(active)
        // What has begun ends by itself at the latest so much later.
        await world.loop.sleep(20_000_000)
        await Troubles.end(in: world)
        let worn = world.plan.troubles.contains(.flippedBit) ? troubles.worn : nil
        let checks = Checks(of: world, worn: worn)
        try await calmDown(world, checks, senders, orders)
        try await checks.check(senders.accepted)
        try await orders.check(checks.client)
        guard world.plan.daysAfterwards > 0 else { return }
        world.log.note("\(world.plan.daysAfterwards) days pass")
        world.loop.skip(Int64(world.plan.daysAfterwards) * daySeconds * 1_000_000)
        await world.loop.sleep(130_000_000)
        try await checks.check(senders.accepted)
        try await checks.checkDropped()
    }

    /// Waits until there is nothing left to do.
    private static func calmDown(
        _ world: World, _ checks: Checks, _ senders: Senders, _ orders: Orders
    ) async throws {
        let limit = world.loop.now + quietSecondsMax * 1_000_000
        await world.loop.sleep(5_000_000)
        await checks.retry()
        var reason: String?
        while world.loop.now < limit {
            reason = senders.areDone ? await checks.unrest() : "mails are still brought"
            if reason == nil { reason = await orders.unrest(checks.client) }
            if reason == nil { return }
            await world.loop.sleep(5_000_000)
        }
        throw Fault(description: "it does not become quiet: \(reason ?? "no reason")")
    }
}
