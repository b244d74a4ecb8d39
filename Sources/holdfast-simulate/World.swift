// SPDX-License-Identifier: Apache-2.0
// One simulated cluster: its machines, its wires, its time.

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Everything there is in the simulation of one seed.
final class World: Sendable {
    /// Every call carries it.
    static let token = "simulated"

    let seed: UInt64
    let plan: Plan
    let plant: Plant?
    let loop: EventLoop
    let dice: Dice
    let log: EventLog
    let wires = Cell(Wires())
    let smarthost = SmarthostDesk()
    private let all = Cell<[Box]>([])
    private let spawner = Spawner()

    init(seed: UInt64, plan: Plan, plant: Plant?, isPrinted: Bool) {
        self.seed = seed
        self.plant = plant
        self.plan = plan
        loop = EventLoop()
        EveryTask.runs(on: loop)
        dice = Dice(seed: seed)
        log = EventLog(of: loop, isPrinted: isPrinted)
        all.value = Box.all(in: self)
    }

    var boxes: [Box] { all.value }
    var storages: [Box] { boxes.filter { $0.duty.isStorage } }
    var gateways: [Box] { boxes.filter { $0.duty.isGateway } }

    /// The storage that is emptied, when the plan has one.
    var drained: Box? { plan.drained.flatMap { box("store\($0)") } }

    func box(_ name: String) -> Box? { boxes.first { $0.name == name } }

    /// What time it really is.
    var now: Timestamp { Timestamp(milliseconds: plan.epoch + loop.now / 1000) }

    /// Who answers for a machine now, and the life that ends with the answers.
    func server(of name: String) -> (DirectServer, Life)? { box(name)?.server }

    /// Has something done in a task of its own, which nobody waits for.
    func spawn(_ body: @escaping @Sendable () async -> Void) {
        spawner.add(body)
    }

    /// Has something done in a task of its own, which ends with none but itself, and waits for it.
    func answer<Answer: Sendable>(
        _ body: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withUnsafeThrowingContinuation { continuation in
            // Whoever asks when all is over would wait for ever.
            guard !spawner.isOver else {
                return continuation.resume(throwing: Unreachable(description: "all is over"))
            }
            spawn {
                do {
                    continuation.resume(returning: try await body())
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Runs something in this world, on this thread, until it ends; then everything in it ends.
    func run<Result: Sendable>(
        stepsMax: Int, _ body: @escaping @Sendable () async -> Result
    ) -> Result? {
        let result = Cell<Result?>(nil)
        let isOver = Cell(false)
        // The one task that has no parent: all others are its children.
        Task(executorPreference: loop) { [self] in
            await withDiscardingTaskGroup { group in
                group.addTask { [self] in
                    result.value = await body()
                    for box in boxes { box.end() }
                    spawner.end()
                }
                while let work = await spawner.next() { group.addTask { await work() } }
                group.cancelAll()
            }
            isOver.value = true
        }
        _ = loop.run(stepsMax: stepsMax) { isOver.value || result.value != nil }
        // What cannot end is left behind with this world.
        _ = loop.run(stepsMax: stepsMax / 10) { isOver.value }
        return result.value
    }
}

/// What is to be begun, for the one task that owns all the others.
private final class Spawner: Sendable {
    typealias Work = @Sendable () async -> Void

    private struct State {
        var waiting: [Work] = []
        var next = 0
        var isOver = false
        var watcher: UnsafeContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    var isOver: Bool { state.withLock { $0.isOver } }

    func add(_ work: @escaping Work) {
        change { $0.waiting.append(work) }
    }

    func end() {
        change { $0.isOver = true }
    }

    private func change(_ body: (inout State) -> Void) {
        let watcher = state.withLock { state in
            body(&state)
            defer { state.watcher = nil }
            return state.watcher
        }
        watcher?.resume()
    }

    func next() async -> Work? {
        while true {
            let (work, isOver): (Work?, Bool) = state.withLock { state in
                guard state.next < state.waiting.count else {
                    state.waiting = []
                    state.next = 0
                    return (nil, state.isOver)
                }
                state.next += 1
                return (state.waiting[state.next - 1], false)
            }
            if let work { return work }
            if isOver { return nil }
            await withUnsafeContinuation { continuation in
                let hasNews = state.withLock { state in
                    state.watcher = continuation
                    return state.isOver || !state.waiting.isEmpty
                }
                if hasNews { change { _ in } }
            }
        }
    }
}
