// SPDX-License-Identifier: Apache-2.0
// What of a node's segments is not what was written.

internal import HoldfastLedger
package import HoldfastModel
internal import HoldfastSegments
internal import Synchronization

/// Knows the places that were found damaged, at a start or by reading (D5): each once, until the segment
/// has gone. A place is healed when another record stands for what lay there. The ledger keeps them over
/// a restart.
package final class Damage: Sendable {
    private struct State {
        var places: Set<CopyPlace>
        var healed: Set<CopyPlace>
    }

    private let state: Mutex<State>
    private let onNew: @Sendable (CopyPlace) -> Void

    /// - Parameter onNew: told of each place that was not known.
    init(
        _ places: [CopyPlace], healed: [CopyPlace] = [],
        onNew: @escaping @Sendable (CopyPlace) -> Void
    ) {
        state = Mutex(State(places: Set(places + healed), healed: Set(healed)))
        self.onNew = onNew
    }

    /// Places for which no other record stands yet.
    package var count: Int { state.withLock { $0.places.count - $0.healed.count } }

    /// Places for which another record stands.
    package var healedCount: Int { state.withLock { $0.healed.count } }

    package func note(segment: SegmentNumber, offset: UInt64) {
        let place = CopyPlace(segment: segment, offset: offset)
        if state.withLock({ $0.places.insert(place).inserted }) { onNew(place) }
    }

    /// Counts what an error tells of, if it tells of damage.
    package func note(_ error: any Error) {
        guard case SegmentError.damaged(let segment, let offset) = error else { return }
        note(segment: segment, offset: offset)
    }

    package func isKnown(segment: SegmentNumber, offset: UInt64) -> Bool {
        state.withLock { $0.places.contains(CopyPlace(segment: segment, offset: offset)) }
    }

    /// What lies there is whole after all.
    package func heal(segment: SegmentNumber, offset: UInt64) {
        let place = CopyPlace(segment: segment, offset: offset)
        state.withLock { $0.healed.formUnion($0.places.intersection([place])) }
    }

    /// Takes over from the ledger what was healed since the last time. Blocks.
    func heal(asIn ledger: Ledger) {
        // A ledger that cannot be read now is asked again with the next batch.
        guard ledger.takeHasHealed(), let places = try? ledger.damagedPlaces(healed: true) else {
            return
        }
        state.withLock { $0.healed.formUnion($0.places.intersection(places)) }
    }

    func forget(_ segment: SegmentNumber) {
        state.withLock { state in
            state.places = state.places.filter { $0.segment != segment }
            state.healed = state.healed.filter { $0.segment != segment }
        }
    }
}
