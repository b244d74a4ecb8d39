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
    /// Moments of calls of the first helper, in any of which it may die.
    var moments: Int
}

/// Runs one seed.
struct Trial {
    let seed: UInt64
    let plant: Plant?
    let isPrinted: Bool
    /// Nothing goes wrong but this: the first helper dies after so many moments of its calls; below zero
    /// it does not.
    var death: Int?

    /// A seed takes some ten thousands; what goes round for ever is found soon.
    private static let stepsMax = 800_000

    func run() -> Verdict {
        let plan = death == nil ? Plan(seed: seed) : Plan(seed: seed).calm
        let world = World(seed: seed, plan: plan, plant: plant, isPrinted: isPrinted)
        let accepted = Cell(0)
        let result = world.run(stepsMax: Self.stepsMax) { [world, death] () -> String? in
            let course = Course(in: world)
            do {
                if let death, death >= 0 { world.box("hand1")?.dies(afterMoments: death) }
                try await course.run()
                accepted.value = course.senders.accepted.count
                return ""
            } catch {
                accepted.value = course.senders.accepted.count
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
            seconds: world.loop.now / 1_000_000, moments: world.box("hand1")?.moments.value ?? 0)
    }
}
