// SPDX-License-Identifier: Apache-2.0
// Finding mails without a catalog: in the storage's own index and records.

internal import HoldfastCatalog
internal import HoldfastLedger
internal import HoldfastMIME
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Answers a query page by page, newest first. What the index cannot decide is read from the records.
struct OwnSearch: Sendable {
    let keeper: RecordKeeper

    /// Mails that are looked at for one page, at the most; and how long, in milliseconds.
    private static let candidatesMax = 10_000
    private static let pageMilliseconds: Int64 = 5_000
    private static let recordsAtATime = 200
    private static let wordsOctetsMax = 8 << 20

    /// One page of an answer.
    struct Page: Sendable {
        var found: [(place: ReceiptPlace, mail: MailAnswer)] = []
        /// Where the next page begins; nil when this is the last.
        var next: ReceiptPlace?
        /// Mails that may match, and whose record cannot be read here.
        var unreadable = 0
    }

    func page(
        _ condition: Condition, below place: ReceiptPlace?, limit: Int, today: Day
    ) async throws -> Page {
        try await keeper.readLong { [keeper] _, _ in
            try Self.page(condition, below: place, limit: limit, today: today, of: keeper)
        }
    }

    private static func page(
        _ condition: Condition, below place: ReceiptPlace?, limit: Int, today: Day,
        of keeper: RecordKeeper
    ) throws -> Page {
        let end = keeper.clock.monotonicMilliseconds + pageMilliseconds
        let bounds = condition.receivedBounds
        let newest = bounds.until ?? Timestamp(milliseconds: .max)
        var candidates = try keeper.ledger.newest(
            below: place ?? ReceiptPlace(received: newest, mail: MailID(0)),
            from: bounds.from, visibleOn: today, limit: candidatesMax)[...]
        let isAll = candidates.count < candidatesMax
        var page = Page()
        while !candidates.isEmpty, page.found.count < limit,
            page.next == nil || keeper.clock.monotonicMilliseconds < end
        {
            let some = candidates.prefix(recordsAtATime)
            candidates = candidates.dropFirst(some.count)
            try look(at: some, for: condition, in: keeper, &page)
            page.next = some.last?.place
        }
        if page.found.count > limit {
            page.found.removeLast(page.found.count - limit)
            page.next = page.found.last?.place
        } else if candidates.isEmpty, isAll {
            page.next = nil
        }
        return page
    }

    /// Takes those that match into the page, in their order; reads in the order in which they lie.
    private static func look(
        at mails: ArraySlice<IndexedMail>, for condition: Condition, in keeper: RecordKeeper,
        _ page: inout Page
    ) throws {
        let possible = mails.filter { MailView($0).matches(condition) != false }
        let entries = try keeper.ledger.entries(at: possible.map(\.position))
            .filter { $0.kind == .mail }
            .sorted { ($0.segment, $0.offset) < ($1.segment, $1.offset) }
        var found: [MailID: MailAnswer] = [:]
        for entry in entries {
            do {
                found[entry.mail] = try answer(entry, condition, keeper)
            } catch let error where error is SegmentError || error is CodecError {
                keeper.damage.note(error)
                page.unreadable += 1
            }
        }
        page.found += possible.compactMap { mail in
            found[mail.mail].map { (place: mail.place, mail: $0) }
        }
    }

    /// The mail as it is shown; nil when it does not match.
    private static func answer(
        _ entry: QueueEntry, _ condition: Condition, _ keeper: RecordKeeper
    ) throws -> MailAnswer? {
        let reader = keeper.reader
        let record = try reader.record(
            segment: entry.segment, offset: entry.offset, mail: entry.mail)
        var view = try MailView(record)
        var matches = view.matches(condition)
        if matches == nil, view.words == nil, !record.header.encrypted {
            view.words = MessageReader.words(
                of: try reader.octets(
                    of: record, segment: entry.segment, offset: entry.offset, key: nil,
                    upTo: wordsOctetsMax))
            matches = view.matches(condition)
        } else if matches == nil {
            // Nobody but its readers knows what stands in it: as little as the catalog does.
            view.words = ""
            matches = view.matches(condition)
        }
        guard matches == true, let summary = view.summary, let envelope = view.envelope else {
            return nil
        }
        let slip = try keeper.ledger.held([entry.mail])[entry.mail]?.joinedSlip
        return MailAnswer(
            record.header, summary, envelope, copies: 1,
            copiesWanted: try (slip ?? Slip(decoding: record.slip)).copiesWanted,
            keepUntil: slip?.keepUntil ?? record.header.keepUntil)
    }
}

extension MailView {
    /// What the local index knows.
    fileprivate init(_ mail: IndexedMail) {
        self.init(id: mail.mail)
        guard !mail.isBare else { return }
        received = mail.received
        size = mail.size
        subject = mail.subject
        sender = mail.sender
        messageID = mail.messageID
    }
}
