// SPDX-License-Identifier: Apache-2.0
// One page of a sorted answer, picked out of all mails that match: the same from every database.

internal import HoldfastMIME

/// Sees the place of every mail that matches, and keeps those of one page.
///
/// No index is kept for it, which every mail would pay for. Memory is that of two pages, and folding is
/// ours, so that all databases sort alike.
struct SortedPage {
    private let order: SearchOrder
    private let after: SearchPlace?
    private let capacity: Int
    private var kept: [SearchPlace] = []
    /// What comes behind this is not on the page.
    private var last: SearchPlace?

    /// Bytes of a text's words that are compared.
    private static let textBytesMax = 128

    init(_ order: SearchOrder, after: SearchPlace?, capacity: Int) {
        self.order = order
        self.after = after
        self.capacity = capacity
    }

    mutating func take(_ place: SearchPlace) {
        if let after, !order.precedes(after, place) { return }
        if let last, !order.precedes(place, last) { return }
        kept.append(place)
        if kept.count >= 2 * capacity + 16 { cut() }
    }

    /// The page, in its order.
    mutating func finish() -> [SearchPlace] {
        cut()
        return kept
    }

    private mutating func cut() {
        kept.sort(by: order.precedes)
        guard kept.count > capacity else { return }
        kept.removeLast(kept.count - capacity)
        last = kept.last
    }

    static func value(ofText text: String?) -> SortValue {
        guard let text else { return .none }
        var words: [UInt8] = []
        SearchText.append(text, to: &words, bytesMax: textBytesMax)
        return words.isEmpty ? .none : .text(String(decoding: words, as: UTF8.self))
    }
}
