// SPDX-License-Identifier: Apache-2.0
// The same check all the time, at a rate that nobody feels.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// Checks one segment after the other, round after round.
final class Scrub: Sendable {
    private let checker: Checker
    private let configuration: StorageConfiguration.Scrub
    private let thread: DiskThread
    private let state: Mutex<ScrubState>

    private static let megabyte: UInt64 = 1_000_000

    init(checker: Checker, configuration: StorageConfiguration.Scrub) throws {
        self.checker = checker
        self.configuration = configuration
        thread = checker.keeper.machine.makeThread("scrub \(checker.name)")
        state = Mutex(ScrubState(try checker.keeper.ledger.marks()))
    }

    var progress: ScrubState { state.withLock { $0 } }

    func stop() { thread.stop() }

    /// Goes on until it is cancelled.
    func run() async {
        guard configuration.megabytesPerSecond > 0 else { return }
        while !Task.isCancelled {
            var rest = ScrubRules.restMillisecondsMax
            do {
                rest = try await checkNext()
            } catch is CancellationError {
                return
            } catch {
                checker.logger.error(
                    "Scrub failed", metadata: ["node": "\(checker.name)", "error": "\(error)"])
            }
            await checker.keeper.clock.sleep(milliseconds: rest)
        }
    }

    /// Checks one segment; returns how long to rest after it.
    private func checkNext() async throws -> Int64 {
        let clock = checker.keeper.clock
        let segments = try await checker.segments(on: thread)
        let all = segments.reduce(0) { $0 + $1.bytes }
        guard let next = progress.next(of: segments.map(\.file.segment)) else {
            if !segments.isEmpty { save { $0.finish(at: clock.now) } }
            return ScrubRules.restMillisecondsMin
        }
        let started = clock.monotonicMilliseconds
        let rate = UInt64(configuration.megabytesPerSecond) * Self.megabyte
        let pace = Pace(bytesPerSecond: rate, clock: clock)
        let checked = try await check(next, pace)
        save { $0.note(next, bad: checked?.bad.count ?? 0, healed: checked?.healed ?? 0) }
        let bytes = segments.first { $0.file.segment == next }?.bytes ?? 0
        return ScrubRules.rest(
            after: bytes, of: all, took: clock.monotonicMilliseconds - started,
            days: configuration.days)
    }

    /// Nil when it cannot be read at all: the others are checked all the same.
    private func check(_ segment: SegmentNumber, _ pace: Pace) async throws -> Checker.Checked? {
        do {
            return try await checker.check(segment, on: thread, pace: pace)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            checker.logger.error(
                "Segment not checked",
                metadata: [
                    "node": "\(checker.name)", "segment": "\(segment)", "error": "\(error)",
                ])
            return nil
        }
    }

    private func save(_ change: (inout ScrubState) -> Void) {
        state.withLock { state in
            change(&state)
            checker.keeper.noteSoon(.marks(state.marks))
        }
    }
}

extension ScrubState {
    private enum Mark {
        static let segment = "scrub segment"
        static let bad = "scrub bad"
        static let healed = "scrub healed"
        static let finished = "scrub last finished"
        static let lastBad = "scrub last bad"
        static let lastHealed = "scrub last healed"
    }

    init(_ marks: [String: Int64]) {
        self.init()
        segment = SegmentNumber(clamping: marks[Mark.segment] ?? 0)
        bad = Int(marks[Mark.bad] ?? 0)
        healed = Int(marks[Mark.healed] ?? 0)
        last = marks[Mark.finished].map { finished in
            Round(
                finished: Timestamp(milliseconds: finished), bad: Int(marks[Mark.lastBad] ?? 0),
                healed: Int(marks[Mark.lastHealed] ?? 0))
        }
    }

    var marks: [String: Int64] {
        var marks = [
            Mark.segment: Int64(clamping: segment), Mark.bad: Int64(bad),
            Mark.healed: Int64(healed),
        ]
        if let last {
            marks[Mark.finished] = last.finished.milliseconds
            marks[Mark.lastBad] = Int64(last.bad)
            marks[Mark.lastHealed] = Int64(last.healed)
        }
        return marks
    }
}
