// SPDX-License-Identifier: Apache-2.0
// What of a node's segments is not what was written.

internal import HoldfastLedger
package import HoldfastModel
internal import HoldfastSegments
internal import Synchronization

/// Knows the places that were found damaged, at a start or by reading (D5): each once, until another
/// record stands for the mail or the segment has gone. The ledger keeps them over a restart.
package final class Damage: Sendable {
    private let places: Mutex<Set<DamagedPlace>>
    private let onNew: @Sendable (DamagedPlace) -> Void

    /// - Parameter onNew: told of each place that was not known.
    init(_ places: [DamagedPlace], onNew: @escaping @Sendable (DamagedPlace) -> Void) {
        self.places = Mutex(Set(places))
        self.onNew = onNew
    }

    package var count: Int { places.withLock(\.count) }

    package func note(segment: SegmentNumber, offset: UInt64) {
        let place = DamagedPlace(segment: segment, offset: offset)
        if places.withLock({ $0.insert(place).inserted }) { onNew(place) }
    }

    /// Counts what an error tells of, if it tells of damage.
    package func note(_ error: any Error) {
        guard case SegmentError.damaged(let segment, let offset) = error else { return }
        note(segment: segment, offset: offset)
    }

    package func isKnown(segment: SegmentNumber, offset: UInt64) -> Bool {
        places.withLock { $0.contains(DamagedPlace(segment: segment, offset: offset)) }
    }

    /// The places in a segment.
    package func offsets(in segment: SegmentNumber) -> Set<UInt64> {
        places.withLock { places in
            Set(places.filter { $0.segment == segment }.map(\.offset))
        }
    }

    /// Another record stands for what lay there.
    package func heal(segment: SegmentNumber, offset: UInt64) {
        _ = places.withLock { $0.remove(DamagedPlace(segment: segment, offset: offset)) }
    }

    func forget(_ segment: SegmentNumber) {
        places.withLock { places in places = places.filter { $0.segment != segment } }
    }
}
