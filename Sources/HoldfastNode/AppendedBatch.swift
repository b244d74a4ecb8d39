// SPDX-License-Identifier: Apache-2.0
// One batch of a record keeper: the offers of many callers, appended together.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastSegments

/// The offers of many callers appended as one batch, and one sync, for each class among them; and
/// what the ledger must note of it.
struct AppendedBatch {
    /// For each caller, what became of each of its offers.
    private(set) var results: [[Result<Placed, SegmentError>]]
    private(set) var mails: [MailID] = []
    private var rows: [LedgerRow] = []
    private var segments: [SegmentNumber: SegmentRow] = [:]

    private typealias Member = (caller: Int, index: Int)

    init(_ callers: [[RecordKeeper.Offer]], in store: SegmentStore, now: Timestamp) {
        results = callers.map { offers in offers.map { _ in .failure(.absent(0)) } }
        var classes: [KeepClass: [Member]] = [:]
        for (caller, offers) in callers.enumerated() {
            for (index, offer) in offers.enumerated() {
                mails.append(offer.mail)
                classes[offer.keepClass, default: []].append((caller, index))
            }
        }
        for (keepClass, members) in classes {
            append(members, of: callers, to: keepClass, in: store, now: now)
        }
    }

    var count: Int { mails.count }

    /// Rows, and how far the segments are followed once they are in the ledger.
    var change: LedgerChange { .kept(rows, segments: Array(segments.values)) }

    private mutating func append(
        _ members: [Member], of callers: [[RecordKeeper.Offer]], to keepClass: KeepClass,
        in store: SegmentStore, now: Timestamp
    ) {
        do throws(SegmentError) {
            let items = members.map { callers[$0.caller][$0.index].item }
            let placed = try store.append(items[...], to: keepClass, now: now)
            for (member, place) in zip(members, placed) {
                results[member.caller][member.index] = .success(place)
                note(callers[member.caller][member.index], at: place, of: keepClass, now.day)
            }
        } catch {
            for member in members { results[member.caller][member.index] = .failure(error) }
        }
    }

    private mutating func note(
        _ offer: RecordKeeper.Offer, at place: Placed, of keepClass: KeepClass, _ today: Day
    ) {
        var row = LedgerRow(
            header: offer.item.record.header, position: place.position, segment: place.segment,
            offset: place.offset, sender: offer.sender, subject: offer.subject,
            messageID: offer.messageID, passesOn: offer.passesOn, wish: offer.wish)
        row.mayReplace = offer.replacesHeld
        rows.append(row)
        let fresh = SegmentRow(
            segment: place.segment, day: today, dropDay: today.advanced(by: Int(keepClass.days)),
            recordedUpTo: 0, records: 0, bytes: 0)
        segments[place.segment, default: fresh].note(place)
    }
}

extension SegmentRow {
    /// Counts a record whose whole batch is noted with it.
    mutating func note(_ place: Placed) {
        records += 1
        bytes += place.length
        recordedUpTo = max(recordedUpTo, SegmentFormat.roundedToBlock(place.offset + place.length))
    }
}
