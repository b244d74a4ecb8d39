// SPDX-License-Identifier: Apache-2.0
// A node's clocks since its process began, what was noted of them before, and what the Registries say.

internal import HoldfastLedger
package import HoldfastModel
internal import Hummingbird
internal import Synchronization

/// Gathers the evidence for and against a node's wall clock.
package final class ClockWatch: Sendable {
    private struct State {
        var history: ClockHistory?
        /// When it was last to be noted, on the clock that never jumps.
        var noted: Int64?
    }

    private let clock: MachineClock
    private let started: Timestamp
    private let startedMonotonic: Int64
    private let ahead: @Sendable () -> Int64?
    private let state = Mutex(State())

    private static let dayMilliseconds: Int64 = 86_400_000
    private static let noteMilliseconds: Int64 = 600_000

    /// - Parameter ahead: the Registry's clock minus ours, in milliseconds; nil before it is known.
    package init(_ clock: MachineClock, ahead: @escaping @Sendable () -> Int64?) {
        self.clock = clock
        self.ahead = ahead
        (started, startedMonotonic) = (clock.now, clock.monotonicMilliseconds)
    }

    /// What was noted before this process began; without it the clock is as good as new.
    package func begin(_ history: ClockHistory?) {
        state.withLock { $0.history = history }
    }

    /// Somebody who has looked says that the clock is right.
    package func believe() {
        let history = ClockHistory(seen: started, steadyMilliseconds: ClockHistory.steadyEnough)
        state.withLock { $0 = State(history: history) }
    }

    /// Why nothing may be dropped on the word of this clock; nil when it is believed.
    ///
    /// - Parameter newest: when the newest record here was received.
    package func doubt(newest: Timestamp? = nil) -> String? { evidence(newest).doubt }

    /// Why nothing expires although nobody says that the clock is wrong: this process began long after, or
    /// before, what was noted last. Nil where nothing could have been expected to expire, as in a node that
    /// is new.
    package var wait: String? {
        let evidence = evidence(nil)
        guard let history = evidence.history, !history.goesOn(at: started) else { return nil }
        return evidence.wait
    }

    /// What to note for the next process, every few minutes. A clock that contradicts others, or itself, is
    /// not noted: a restart would make it true.
    package func historyToNote() -> ClockHistory? {
        let evidence = evidence(nil)
        guard evidence.contradiction == nil else { return nil }
        let now = clock.monotonicMilliseconds
        let isDue = state.withLock { state in
            if let noted = state.noted, now - noted < Self.noteMilliseconds { return false }
            state.noted = now
            return true
        }
        guard isDue else { return nil }
        return ClockHistory(seen: evidence.now, steadyMilliseconds: evidence.steadyMilliseconds)
    }

    private func evidence(_ newest: Timestamp?) -> ClockEvidence {
        ClockEvidence(
            now: clock.now, started: started,
            runningMilliseconds: clock.monotonicMilliseconds - startedMonotonic,
            newestRecord: newest, registryAheadMilliseconds: ahead(),
            history: state.withLock { $0.history })
    }

    /// Whether what comes now would be given another day than is meant, as the Registries have it.
    package var isDaysOff: Bool { abs(ahead() ?? 0) > Self.dayMilliseconds }
}

/// `POST /clock` of a node that lets things expire: somebody says that its clock is right.
package struct ClockAnswer: Codable, Hashable, Sendable {
    package var believed: Bool
}

extension NodeServer {
    /// - Parameter note: notes it for the next process.
    package func takeWord(
        for clock: ClockWatch, at path: NodePath,
        note: @escaping @Sendable (ClockHistory) async throws -> Void
    ) {
        router.post("\(path.text)/clock") { _, _ in
            clock.believe()
            if let history = clock.historyToNote() { try await note(history) }
            return JSONAnswer(ClockAnswer(believed: true))
        }
    }
}

extension RecordKeeper {
    /// Notes what the next process must know of this clock.
    package func noteSoon(_ clock: ClockWatch) {
        if let history = clock.historyToNote() { noteSoon(.marks(history.marks)) }
    }
}
