// SPDX-License-Identifier: Apache-2.0
// What an import counts, and what a person sees of it meanwhile.

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// All senders of an import count here.
final class ImportReport: Sendable {
    private struct State {
        var tally = ImportTally()
        var refusals = RefusalLines()
        var waits = WaitLines()
        /// How far the sources were read.
        var bytesRead: UInt64 = 0
        /// Ids seen in a dry run.
        var seen: Set<MailID> = []
    }

    private let state = Mutex(State())
    private let progress = ProgressLine()
    private let clock = MachineClock()
    private let bytesInAll: UInt64?

    private static let advice = ": try later"

    /// - Parameter bytesInAll: what the sources hold, for a bar; nil where nobody knows.
    init(bytesInAll: UInt64?) {
        self.bytesInAll = bytesInAll
    }

    var tally: ImportTally { state.withLock { $0.tally } }

    func count(_ name: String, _ outcome: ImportGateway.Outcome) async {
        switch outcome {
        case .stored(let until): state.withLock { $0.tally.store(until: until) }
        case .duplicate: state.withLock { $0.tally.countDuplicate() }
        case .refused(let reason): await refuse(name, reason)
        }
    }

    /// A dry run knows only of duplicates among the sources themselves.
    func compare(_ message: FoundMessage) {
        guard case .whole(let octets) = message.octets else {
            return state.withLock { $0.tally.read += 1 }
        }
        let id = MailID(ofOctets: .sha256(of: octets))
        state.withLock { state in
            if state.seen.insert(id).inserted {
                state.tally.read += 1
            } else {
                state.tally.countDuplicate()
            }
        }
    }

    func refuse(_ name: String, _ reason: String) async {
        let line = state.withLock { state in
            state.tally.refuse(name, reason)
            return state.refusals.line(name, reason)
        }
        if let line { await say(line) }
    }

    func skip(_ path: String, _ reason: String) async {
        let count = state.withLock { state in
            state.tally.skip(path, reason)
            return state.tally.skipped_files
        }
        guard count <= ImportTally.skipsMax else { return }
        await say("skipped: \(path): \(reason)")
        if count == ImportTally.skipsMax {
            await say("skipped: more files are only counted from here on")
        }
    }

    /// The gateway takes nothing now, for what it said, and is asked again.
    func waits(_ said: String) async {
        // That is what is done.
        let cause = said.hasSuffix(Self.advice) ? String(said.dropLast(Self.advice.count)) : said
        let isDue = state.withLock { [now = clock.monotonicMilliseconds] state in
            state.waits.isDue(cause, now: now)
        }
        let tally = tally
        if isDue {
            await say(
                "holdfast: waiting: \(cause) (\(tally.read) read, \(tally.stored) stored so far);"
                    + " goes on by itself")
        }
        await progress.show("\(bar)\(tally.line); waiting: \(cause)")
    }

    /// Draws how far it is.
    func show(bytesRead: UInt64) async {
        state.withLock { $0.bytesRead = max($0.bytesRead, bytesRead) }
        await progress.show("\(bar)\(tally.line)")
    }

    /// Nothing more is drawn; says what was only counted.
    func end() async {
        await progress.clear()
        for line in state.withLock({ $0.refusals.rest }) { await Output.say(line) }
    }

    private var bar: String {
        guard let bytesInAll else { return "" }
        return ProgressBar.text(done: state.withLock { $0.bytesRead }, of: bytesInAll) + "  "
    }

    private func say(_ line: String) async {
        await progress.clear()
        await Output.say(line)
    }
}

/// When a person is told that the import waits: once a minute for each cause, and of few causes.
struct WaitLines {
    private var said: Set<String> = []
    private var next: Int64 = 0

    private static let milliseconds: Int64 = 60_000
    private static let causesMax = 4

    mutating func isDue(_ cause: String, now: Int64) -> Bool {
        if now >= next { (said, next) = ([], now + Self.milliseconds) }
        return said.count < Self.causesMax && said.insert(cause).inserted
    }
}

/// A line for each refusal, but for a reason that comes again and again: the first ones are named, the
/// rest are counted.
struct RefusalLines {
    private var counts: [String: Int] = [:]

    private static let linesMax = 20
    private static let reasonsMax = 1000
    /// Stands for all that come when there are so many.
    private static let anyReason = "for other reasons"

    /// Nil for one that is only counted.
    mutating func line(_ name: String, _ reason: String) -> String? {
        let isKnown = counts[reason] != nil || counts.count < Self.reasonsMax
        let count = counts[isKnown ? reason : Self.anyReason, default: 0] + 1
        counts[isKnown ? reason : Self.anyReason] = count
        return count <= Self.linesMax ? "refused: \(name): \(reason)" : nil
    }

    /// What was only counted, most first.
    var rest: [String] {
        counts.filter { $0.value > Self.linesMax }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map {
                "refused: \($0.value - Self.linesMax) more: \($0.key) (--format json names more)"
            }
    }
}
