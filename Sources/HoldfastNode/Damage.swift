// SPDX-License-Identifier: Apache-2.0
// What of a node's segments is not what was written.

package import HoldfastModel
internal import HoldfastSegments
internal import Synchronization

/// Counts the places that were found damaged, at the start and by reading since (D5): each once.
package final class Damage: Sendable {
    private struct Place: Hashable {
        var segment: SegmentNumber
        var offset: UInt64
    }

    private struct State {
        var places: Set<Place> = []
        /// Ranges that the start found, and what did not fit into `places`.
        var others = 0
    }

    private let state: Mutex<State>
    private static let placesMax = 100_000

    /// - Parameter ranges: how many the start found.
    package init(ranges: Int = 0) {
        state = Mutex(State(others: ranges))
    }

    package var count: Int { state.withLock { $0.places.count + $0.others } }

    package func note(segment: SegmentNumber, offset: UInt64) {
        state.withLock { state in
            if state.places.count < Self.placesMax {
                state.places.insert(Place(segment: segment, offset: offset))
            } else {
                state.others += 1
            }
        }
    }

    package func isKnown(segment: SegmentNumber, offset: UInt64) -> Bool {
        state.withLock { $0.places.contains(Place(segment: segment, offset: offset)) }
    }

    /// Counts what an error tells of, if it tells of damage.
    package func note(_ error: any Error) {
        guard case SegmentError.damaged(let segment, let offset) = error else { return }
        note(segment: segment, offset: offset)
    }
}
