// SPDX-License-Identifier: Apache-2.0
// What a query means, told a second time without a database: the engines are held against it.

import HoldfastCatalog
import HoldfastModel

/// A mail with what else is known of it, as a query sees it.
struct Matchable {
    var sample: Sample
    var copies = 1
    var isReleased = false
    var kept: [KeptAt] = []

    func matches(_ condition: Condition) -> Bool { whole.matches(condition) == true }

    /// All of it read, in which case there is an answer to everything.
    var whole: MailView {
        var view = withoutWords
        view.words = sample.words
        view.copies = copies
        view.copiesWanted = sample.slip.copiesWanted
        view.isReleased = isReleased
        view.isHeld = false
        view.keepUntil = sample.slip.keepUntil
        view.kept = kept
        return view
    }

    var withoutWords: MailView {
        MailView(
            id: sample.id, received: sample.received, summary: sample.summary,
            envelope: sample.envelope)
    }

    /// As a ledger knows it.
    var fromLedger: MailView {
        var view = MailView(id: sample.id)
        view.received = sample.received
        view.size = sample.summary.size
        view.subject = sample.summary.subject
        view.messageID = sample.summary.messageID
        view.sender = sample.envelope.sender
        return view
    }
}
