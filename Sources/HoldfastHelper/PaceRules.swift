// SPDX-License-Identifier: Apache-2.0
// How much a helper carries at a time: it finds out by itself (R7).

package import HoldfastNode

/// Grows while a round stays quick, shrinks when the target is overloaded or slow.
package struct Pace: Hashable, Sendable {
    package private(set) var itemsMax: Int
    private let range: ClosedRange<Int>

    private static let quickMilliseconds: Int64 = 400

    package init(_ range: ClosedRange<Int> = 16...1024) {
        self.range = range
        itemsMax = min(max(256, range.lowerBound), range.upperBound)
    }

    package var request: LeaseRequest {
        LeaseRequest(itemsMax: itemsMax, bytesMax: Wire.batchBytesMax / 2, waitSeconds: 20)
    }

    /// - Parameter isRefused: the target had no room for it at this time.
    package mutating func learn(milliseconds: Int64, items: Int, isRefused: Bool) {
        if isRefused {
            itemsMax = max(range.lowerBound, itemsMax / 2)
        } else if milliseconds > Self.quickMilliseconds {
            itemsMax = max(range.lowerBound, itemsMax * 3 / 4)
        } else if items >= itemsMax {
            itemsMax = min(range.upperBound, itemsMax + itemsMax / 4)
        }
    }
}
