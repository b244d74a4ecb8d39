// SPDX-License-Identifier: Apache-2.0
// The one loop on which all of a simulated cluster runs: jobs in their order, then the next timer.

internal import Foundation
internal import Synchronization

/// Runs the jobs of all tasks on the thread that calls `run`, one after the other, and moves the time
/// to the next timer when there are none. The same beginning leads to the same end.
///
/// The shipped components are async: with this executor a run of them is a sequence that chance alone
/// does not change, because every wait of theirs ends by a timer or by another job.
final class EventLoop: TaskExecutor, Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        var nextJob = 0
        var timers = TimerHeap()
        var works: [UInt64: @Sendable () -> Void] = [:]
        var lastTimer: UInt64 = 0
        var now: Int64 = 0
        var steps = 0
    }

    private let state = Mutex(State())
    private let thread = pthread_self()

    /// Microseconds since the simulation began.
    var now: Int64 { state.withLock { $0.now } }

    /// Jobs that were run so far.
    var steps: Int { state.withLock { $0.steps } }

    func enqueue(_ job: consuming ExecutorJob) {
        enqueue(UnownedJob(job))
    }

    func enqueue(_ job: UnownedJob) {
        precondition(
            pthread_equal(thread, pthread_self()) != 0,
            "something waits for another thread, and would make seeds not reproduce")
        state.withLock { $0.jobs.append(job) }
    }

    /// Has some work done at a time, after what was asked for that time before.
    @discardableResult
    func at(_ time: Int64, _ work: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            state.lastTimer += 1
            state.timers.insert(time: max(time, state.now), number: state.lastTimer)
            state.works[state.lastTimer] = work
            return state.lastTimer
        }
    }

    /// Returns when so many microseconds have passed, or the task is cancelled.
    func sleep(_ microseconds: Int64) async {
        let sleeper = Sleeper()
        await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                guard sleeper.begin(continuation), !Task.isCancelled else {
                    return sleeper.wake()
                }
                at(now + microseconds) { sleeper.wake() }
            }
        } onCancel: {
            sleeper.wake()
        }
    }

    /// Lets all clocks jump together: nobody was awake meanwhile.
    func skip(_ microseconds: Int64) {
        state.withLock { $0.now += microseconds }
    }

    /// Runs until it is so, until there is nothing to do, or until too much was done.
    ///
    /// - Returns: whether it is so.
    func run(stepsMax: Int, until isDone: () -> Bool) -> Bool {
        let end = steps + stepsMax
        while !isDone() {
            if let job = nextJob() {
                job.runSynchronously(on: asUnownedTaskExecutor())
            } else if let work = nextTimer() {
                work()
            } else {
                return isDone()
            }
            guard steps < end else { return false }
        }
        return true
    }

    private func nextJob() -> UnownedJob? {
        state.withLock { state in
            guard state.nextJob < state.jobs.count else { return nil }
            defer {
                state.nextJob += 1
                state.steps += 1
                if state.nextJob == state.jobs.count {
                    state.jobs.removeAll(keepingCapacity: true)
                    state.nextJob = 0
                }
            }
            return state.jobs[state.nextJob]
        }
    }

    private func nextTimer() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard let (time, number) = state.timers.removeFirst() else { return nil }
            state.now = max(state.now, time)
            state.steps += 1
            return state.works.removeValue(forKey: number)
        }
    }
}

/// One who sleeps, woken once by whoever comes first.
private final class Sleeper: Sendable {
    private struct State {
        var continuation: UnsafeContinuation<Void, Never>?
        var isOver = false
    }

    private let state = Mutex(State())

    /// False when it was woken before it slept; the continuation is kept in any case.
    func begin(_ continuation: UnsafeContinuation<Void, Never>) -> Bool {
        state.withLock { state in
            state.continuation = continuation
            return !state.isOver
        }
    }

    func wake() {
        let continuation = state.withLock { state in
            state.isOver = true
            defer { state.continuation = nil }
            return state.continuation
        }
        continuation?.resume()
    }
}

/// Timers, soonest first, and those of one time in the order in which they were set: a binary heap.
private struct TimerHeap {
    private var heap: [(time: Int64, number: UInt64)] = []

    mutating func insert(time: Int64, number: UInt64) {
        heap.append((time, number))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> (time: Int64, number: UInt64)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
