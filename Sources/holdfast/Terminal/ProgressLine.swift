// SPDX-License-Identifier: Apache-2.0
// A line that is drawn again and again while a verb works.

internal import HoldfastNode
internal import Synchronization

/// Says how far the work is: on a terminal only, and a few times a second.
final class ProgressLine: Sendable {
    private struct State {
        var shown = false
        var next: Int64 = 0
    }

    private static let milliseconds: Int64 = 200

    private let isTerminal = Terminal.errorIsTerminal
    private let clock = MachineClock()
    private let state = Mutex(State())

    func show(_ text: @autoclosure () -> String) async {
        guard isTerminal else { return }
        let now = clock.monotonicMilliseconds
        let isDue = state.withLock { state in
            guard now >= state.next else { return false }
            state = State(shown: true, next: now + Self.milliseconds)
            return true
        }
        guard isDue else { return }
        await Output.draw("\r" + Terminal.tidied(text()).fitted(to: Terminal.columns - 1))
    }

    /// Takes the line away, so that others can be written.
    func clear() async {
        let wasShown = state.withLock { state in
            defer { state = State() }
            return state.shown
        }
        if wasShown { await Output.draw("\r\u{1b}[K") }
    }
}

/// `[########........]`
enum ProgressBar {
    private static let columns = 24

    static func text(done: UInt64, of all: UInt64) -> String {
        let share = all == 0 ? 1 : min(1, Double(done) / Double(all))
        let filled = Int(share * Double(columns))
        return "[" + String(repeating: "#", count: filled)
            + String(repeating: ".", count: columns - filled) + "] \(Int(share * 100)) %"
    }
}
