// SPDX-License-Identifier: Apache-2.0
// Whether the DAL holds more of a storage than that ever shipped: then its folder is an older state of
// itself (D3).

package import HoldfastModel

/// Up to where a storage has given positions, as far as it knows.
///
/// A folder that was overwritten in place with an older state of itself has the identity that it had, and
/// gives again what it gave before. The DAL is who remembers.
package struct GivenPositions: Sendable {
    /// What a position that the DAL holds shows.
    package enum Verdict: Hashable, Sendable {
        case known
        /// Never given here, in an answer to something that was not shipped here: it was meant for another
        /// node of this name.
        case stray
        /// Never given here, in an answer to what was: it was given by a later state of this folder.
        case later
    }

    private let run: UInt32
    private let lastBefore: Position
    private var lastShipped = Position.none
    /// What the lease that is out ships.
    private var shipped: [Position: MailID] = [:]

    /// - Parameter lastBefore: the last position of the runs before this one; nil when the start missed
    ///   something, and another may have been given.
    package init(run: UInt32, lastBefore: Position?) {
        self.run = run
        self.lastBefore = lastBefore ?? Position(run: max(1, run) - 1, number: .max)
    }

    /// A lease goes out.
    package mutating func ship(_ items: [Position: MailID]) {
        shipped = items
        lastShipped = max(lastShipped, items.keys.max() ?? .none)
    }

    package func judge(_ position: Position, answering results: [ItemResult]) -> Verdict {
        guard position > (position.run < run ? lastBefore : lastShipped) else { return .known }
        let isAnswer = !results.isEmpty && results.allSatisfy { shipped[$0.position] == $0.mail }
        return isAnswer ? .later : .stray
    }
}
