// SPDX-License-Identifier: Apache-2.0
// Choosing by chance.

import HoldfastChance

extension SplitMix64 {
    mutating func one<Element>(of elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    mutating func some<Element>(of elements: [Element], upTo count: Int) -> [Element] {
        (0..<below(count + 1)).map { _ in one(of: elements) }
    }

    mutating func chance(_ outOf: Int) -> Bool { below(outOf) == 0 }
}
