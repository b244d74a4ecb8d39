// SPDX-License-Identifier: Apache-2.0
// A lease that waits for work, the same for every queue.

/// What one look into a queue found.
package enum LeaseLook<Work> {
    case work(Work)
    /// Nothing; by the clock that never jumps it is worth looking again at this millisecond, if that
    /// is known.
    case nothing(until: Int64?)
}

extension LeaseRequest {
    /// Looks for work until some is found or the time of the request is over: whenever one of the
    /// signals was given, or what came back is due.
    package func wait<Work>(
        for signals: Signal..., by clock: MachineClock, look: () async throws -> LeaseLook<Work>
    ) async rethrows -> Work? {
        let deadline = clock.monotonicMilliseconds + Int64(waitSeconds) * 1000
        while true {
            // Taken before the look, so that nothing that comes during it is missed.
            let seen = signals.map { ($0, $0.generation) }
            switch try await look() {
            case .work(let work): return work
            case .nothing(let appointment):
                let now = clock.monotonicMilliseconds
                guard now < deadline, !Task.isCancelled else { return nil }
                // What is due since ever is as good as due now.
                let next = max(now + 1, min(deadline, appointment ?? deadline))
                await Signal.wait(forAnyOf: seen, milliseconds: next - now, by: clock)
            }
        }
    }
}
