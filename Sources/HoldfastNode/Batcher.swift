// SPDX-License-Identifier: Apache-2.0
// Many callers, one batch: how the cost of a sync is shared.

internal import Synchronization

/// Takes all that waits, does it as one batch on its thread, answers every caller, then takes what
/// came meanwhile: thirty-two callers pay one sync. There is no timer.
///
/// This is where the paper's nodes lost their speed (3.3).
package final class Batcher<Request: Sendable, Answer: Sendable>: Sendable {
    /// Does a batch; answers each request, in order.
    package typealias Work = @Sendable ([Request]) -> [Result<Answer, any Error>]

    private struct Waiting {
        var request: Request
        var weight: Int
        var answer: @Sendable (Result<Answer, any Error>) -> Void
    }

    private struct State {
        var waiting: [Waiting] = []
        var weight = 0
        var isScheduled = false
    }

    private let thread: DiskThread
    private let weightMax: Int
    private let work: Work
    private let state = Mutex(State())

    /// - Parameter weightMax: how much goes into one batch at the most, in the callers' units; one
    ///   request that weighs more is a batch of its own.
    package init(on thread: DiskThread, weightMax: Int, work: @escaping Work) {
        self.thread = thread
        self.weightMax = weightMax
        self.work = work
    }

    /// The weight of all that waits or is being done.
    package var waitingWeight: Int { state.withLock { $0.weight } }

    package func submit(_ request: Request, weight: Int) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            submit(request, weight: weight) { continuation.resume(with: $0) }
        }
    }

    /// As `submit`, for callers that are not tasks; `answer` is called on the batcher's thread.
    package func submit(
        _ request: Request, weight: Int,
        answer: @escaping @Sendable (Result<Answer, any Error>) -> Void
    ) {
        let mustSchedule = state.withLock { state in
            state.waiting.append(Waiting(request: request, weight: weight, answer: answer))
            state.weight += weight
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if mustSchedule { thread.enqueue(doBatch) }
    }

    @Sendable private func doBatch() {
        let batch = state.withLock { state in
            var weight = 0
            let count =
                state.waiting.firstIndex { waiting in
                    weight += waiting.weight
                    return weight > weightMax
                } ?? state.waiting.count
            let batch = Array(state.waiting.prefix(max(1, count)))
            state.waiting.removeFirst(batch.count)
            return batch
        }
        let answers = work(batch.map(\.request))
        precondition(answers.count == batch.count, "every request of a batch is answered")
        let hasMore = state.withLock { state in
            state.weight -= batch.reduce(0) { $0 + $1.weight }
            state.isScheduled = !state.waiting.isEmpty
            return state.isScheduled
        }
        for (waiting, answer) in zip(batch, answers) { waiting.answer(answer) }
        if hasMore { thread.enqueue(doBatch) }
    }
}
