// SPDX-License-Identifier: Apache-2.0
// Who waits for their reply until enough storages have the mail (D12).

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Owns the waits of all who brought a mail and are answered when so many copies are kept.
final class CopyWaits: Sendable {
    private struct State {
        var waits: [MailID: [Wait]] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Somebody who waits; to be begun before the mail can be offered to anybody.
    final class Wait: Sendable {
        let mail: MailID
        let copies: Int
        private let signal = Signal()
        private let isOver = Mutex<Bool?>(nil)

        fileprivate init(mail: MailID, copies: Int) {
            self.mail = mail
            self.copies = copies
        }

        fileprivate func end(_ isReached: Bool) {
            isOver.withLock { $0 = $0 ?? isReached }
            signal.notify()
        }

        /// Whether so many copies were kept in time.
        func reached(withinMilliseconds milliseconds: Int64, by clock: MachineClock) async -> Bool {
            // The first `notify` is the end of it: whoever comes later finds it.
            await signal.wait(after: 0, milliseconds: milliseconds, by: clock)
            return isOver.withLock { $0 } ?? false
        }
    }

    /// - Parameter copies: so many must be kept; at least one.
    func begin(_ mail: MailID, copies: Int) -> Wait {
        let wait = Wait(mail: mail, copies: copies)
        let isClosed = state.withLock { state in
            if !state.isClosed { state.waits[mail, default: []].append(wait) }
            return state.isClosed
        }
        if isClosed { wait.end(false) }
        return wait
    }

    /// Nobody waits any more.
    func end(_ wait: Wait) {
        state.withLock { state in
            state.waits[wait.mail]?.removeAll { $0 === wait }
            if state.waits[wait.mail]?.isEmpty ?? false { state.waits[wait.mail] = nil }
        }
    }

    /// A mail lies on so many storages now.
    ///
    /// - Returns: whether somebody waits for still more.
    @discardableResult
    func kept(_ mail: MailID, copies: Int) -> Bool {
        let waits = state.withLock { $0.waits[mail] ?? [] }
        for wait in waits where wait.copies <= copies { wait.end(true) }
        return waits.contains { $0.copies > copies }
    }

    /// Nobody need wait any longer: the gateway stops, and the same mail may come again.
    func close() {
        let waits = state.withLock { state in
            state.isClosed = true
            return state.waits.values.flatMap(\.self)
        }
        for wait in waits { wait.end(false) }
    }
}
