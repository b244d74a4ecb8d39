// SPDX-License-Identifier: Apache-2.0
// The last of many.

/// Holds the last `max` of what is appended to it, and no more than twice as many meanwhile.
package struct Newest<Item: Sendable>: Sendable {
    package let max: Int
    private var held: [Item] = []

    package init(max: Int) {
        precondition(max >= 0, "a count of things")
        self.max = max
    }

    /// In the order in which they came.
    package var items: ArraySlice<Item> { held.suffix(max) }

    package mutating func append(contentsOf items: some Collection<Item>) {
        held += items.suffix(max)
        if held.count > 2 * max { held.removeFirst(held.count - max) }
    }
}
