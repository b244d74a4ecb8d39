// SPDX-License-Identifier: Apache-2.0
// How far a storage has been emptied: a decision, without asking anybody.

internal import HoldfastNode

/// Whether a storage that is being emptied may be retired, in words.
struct DrainProgress {
    /// What a storage has that the catalog may not know.
    struct Left: Hashable {
        /// All that lies there, also what another record stands for.
        var records = 0
        /// Entries that it has not shipped, as far as it believes.
        var unshipped = 0
        /// Entries that nobody took.
        var buried = 0
        /// Up to where the catalog should hold its entries, and up to where it does.
        var end: UInt64 = 0
        var held: UInt64 = 0
    }

    let isDone: Bool
    let short: String
    let text: String

    /// - Parameter known: the storage as the catalog knows it.
    /// - Parameter doubt: why the catalog may not know all that there is.
    init(_ known: DependentsAnswer.Node?, _ left: Left, doubt: String?, name: String) {
        if let reason = Self.ignorance(known, left, doubt) {
            self.init(isDone: false, short: reason, text: "\(name): \(reason)")
        } else if let known, known.counts || known.recounting {
            self.init(
                isDone: false, short: "counting",
                text: "\(name): what depends on it is still being counted; ask again in a moment")
        } else if let known, known.dependent > 0 {
            self.init(
                isDone: false, short: "\(known.dependent) copies still to be made elsewhere",
                text: "\(name): \(known.dependent) copies have still to be made elsewhere"
                    + " (`holdfast status` shows the repairs)")
        } else if let known, known.copies > 0 {
            self.init(
                isDone: true, short: "empty",
                text: "\(name): nothing depends on its \(known.copies) copies; it may be retired")
        } else {
            self.init(
                isDone: true, short: "empty", text: "\(name): holds nothing; it may be retired")
        }
    }

    private init(isDone: Bool, short: String, text: String) {
        (self.isDone, self.short, self.text) = (isDone, short, text + "\n")
    }

    /// Why the catalog's word is not enough; nil when it knows all that lies there.
    private static func ignorance(
        _ known: DependentsAnswer.Node?, _ left: Left, _ doubt: String?
    ) -> String? {
        if let doubt { return "what it holds may not all be known: \(doubt)" }
        // Nothing is shipped of what is not there.
        guard left.records > 0 else { return nil }
        if left.buried > 0 {
            return "\(left.buried) of its entries lie buried, and no catalog knows them:"
                + " `holdfast retry index` ships them again"
        }
        guard left.unshipped == 0, known != nil, left.held >= left.end else {
            return "its entries are still on their way to the catalog"
        }
        return nil
    }
}
