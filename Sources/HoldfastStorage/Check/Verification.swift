// SPDX-License-Identifier: Apache-2.0
// A check of everything, because somebody asks for proof.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging
internal import Synchronization

/// A segment that could not be read at all.
private struct Unread: Error, CustomStringConvertible {
    var description: String
}

/// One verification at a time: whoever asks while one is under way is told of that one.
final class Verification: Sendable {
    private struct State {
        var answer: VerificationAnswer?
        var bytesPerSecond: UInt64?
        var isWanted = false
        var count = 0
    }

    private let checker: Checker
    private let thread: DiskThread
    private let state = Mutex(State())
    private let ordered = Signal()

    private static let waitMilliseconds: Int64 = 3_600_000

    init(checker: Checker) {
        self.checker = checker
        thread = checker.keeper.machine.makeThread("check \(checker.name)")
    }

    /// Begins one, if none is under way.
    func order(bytesPerSecond: UInt64?) -> VerificationAnswer {
        let answer = state.withLock { state in
            if let answer = state.answer, answer.state == .reading { return answer }
            state.count += 1
            state.isWanted = true
            state.bytesPerSecond = bytesPerSecond
            var answer = VerificationAnswer()
            answer.number = state.count
            state.answer = answer
            return answer
        }
        ordered.notify()
        return answer
    }

    /// The one under way, or the last one.
    var current: VerificationAnswer? { state.withLock { $0.answer } }

    func stop() { thread.stop() }

    /// Does what is ordered, until it is cancelled.
    func run() async {
        while !Task.isCancelled {
            let generation = ordered.generation
            let wanted = state.withLock { state in
                defer { state.isWanted = false }
                return state.isWanted ? (rate: state.bytesPerSecond, ()) : nil
            }
            guard let wanted else {
                await ordered.wait(
                    after: generation, milliseconds: Self.waitMilliseconds,
                    by: checker.keeper.clock)
                continue
            }
            do {
                try await verify(bytesPerSecond: wanted.rate)
                update { $0.state = .done }
            } catch {
                update { ($0.state, $0.reason) = (.failed, "\(error)") }
            }
        }
    }

    private func update(_ change: (inout VerificationAnswer) -> Void) {
        state.withLock { state in
            guard var answer = state.answer else { return }
            change(&answer)
            state.answer = answer
        }
    }

    private func verify(bytesPerSecond: UInt64?) async throws {
        // What is kept from now on is left to the next one.
        let until = try await checker.keeper.read { ledger, _ in try ledger.lastPosition() }
        let segments = try await checker.segments(on: thread)
        update { answer in
            answer.until = until.raw
            answer.segments = segments.count
            answer.bytes = segments.reduce(0) { $0 + $1.bytes }
        }
        let pace = Pace(bytesPerSecond: bytesPerSecond, clock: checker.keeper.clock)
        var unread: Unread?
        for (file, bytes) in segments {
            var checked: Checker.Checked?
            do {
                checked = try await checker.check(file.segment, on: thread, pace: pace)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // What cannot be read keeps nothing else from being proved.
                unread = Unread(description: "segment \(file.segment): \(error)")
            }
            update { [checked] in
                $0.add(checked ?? Checker.Checked(), of: file.segment, bytes: bytes)
            }
        }
        for (segment, lost) in try await checker.forgetMissing() {
            update {
                $0.segments += 1
                $0.add(lost, of: segment, bytes: 0)
            }
        }
        if let unread { throw unread }
    }
}

extension VerificationAnswer {
    fileprivate mutating func add(
        _ checked: Checker.Checked, of segment: SegmentNumber, bytes: UInt64
    ) {
        segments_done += 1
        bytes_done += bytes
        records += checked.records
        bad += checked.bad.count
        healed += checked.healed
        restored += checked.undocumented
        for bad in checked.bad.prefix(Self.placesMax - places.count) {
            places.append(BadPlace(mail: bad.mail, segment: segment, offset: bad.offset))
        }
    }
}
