// SPDX-License-Identifier: Apache-2.0
// Copying records forward: the same record in a newer segment, before its old one goes.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments

/// Writes records again that must outlive their segment. The new record stands for the mail from then
/// on, and its entry replaces the old one.
struct Forwarding: Sendable {
    let keeper: RecordKeeper

    /// Records read and written at a time.
    private static let batch = 64
    private static let pageRecords = 256

    /// What could not be written again: nothing may be dropped.
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// On return each of these that can be read is durable in a newer segment.
    ///
    /// - Parameter keepUntil: they are kept at least so long from now on; nil leaves their day.
    func copy(_ entries: [QueueEntry], keepUntil: Day?) async throws {
        var batch: [RecordKeeper.Offer] = []
        for entry in entries {
            guard let offer = try await offer(entry, keepUntil: keepUntil) else { continue }
            batch.append(offer)
            if batch.count == Self.batch || offer.item.message != nil {
                try await keep(batch)
                batch = []
            }
        }
        try await keep(batch)
    }

    /// The same for the records of a segment that stand for their mails.
    ///
    /// - Parameter mails: only these, and what people did to them (D9); nil for all.
    func copy(
        livingIn segment: SegmentNumber, keepUntil: Day?, about mails: Set<MailID>? = nil
    ) async throws {
        var last = Position.none
        while true {
            let page = try await keeper.read { [last] ledger, _ in
                try ledger.living(in: segment, after: last, limit: Self.pageRecords)
            }
            guard let end = page.last else { return }
            let wanted = if let mails { try await those(of: page, about: mails) } else { page }
            try await copy(wanted, keepUntil: keepUntil)
            last = end.position
        }
    }

    /// Whether something lies in a segment that cannot be read and that somebody may need: it is not left
    /// behind (D5). What `copy` met before is among it.
    ///
    /// - Parameter isNeeded: by whose record it is; nil where nobody knows.
    func leavesDamage(
        in segment: SegmentNumber, isNeeded: @escaping @Sendable (MailID?) -> Bool
    ) async throws -> Bool {
        try await keeper.note(.kept([], segments: []))
        return try await keeper.read { ledger, _ in
            try ledger.damaged(in: segment).contains { damaged in
                try !damaged.isHealed && isNeeded(damaged.mail)
                    && !ledger.isPurged(segment: segment, offset: damaged.place.offset)
            }
        }
    }

    /// The notes are read, for only they know which mail they are about.
    private func those(
        of page: [QueueEntry], about mails: Set<MailID>
    ) async throws -> [QueueEntry] {
        try await keeper.read { [keeper] _, reader in
            try page.filter { entry in
                guard entry.kind == .note else { return mails.contains(entry.mail) }
                do {
                    let record = try reader.record(
                        segment: entry.segment, offset: entry.offset, mail: entry.mail)
                    return mails.contains(
                        try Note(id: entry.mail, decoding: record.summary).mail)
                } catch let error as SegmentError {
                    if case .disk = error { throw error }
                    keeper.damage.note(error)
                    return false
                }
            }
        }
    }

    private func keep(_ offers: [RecordKeeper.Offer]) async throws {
        guard !offers.isEmpty else { return }
        for result in await keeper.keep(offers) {
            if case .failure(let error) = result { throw Failed(description: "\(error)") }
        }
        // The rows of what follows must find these.
        try await keeper.note(.kept([], segments: []))
    }

    /// Nil for what is damaged: it is no copy any more, and another one is brought from elsewhere.
    private func offer(_ entry: QueueEntry, keepUntil: Day?) async throws -> RecordKeeper.Offer? {
        var record: Record
        let held: Held?
        do {
            (record, held) = try await keeper.read { ledger, reader in
                let record = try reader.record(
                    segment: entry.segment, offset: entry.offset, mail: entry.mail)
                return (record, try ledger.held([entry.mail])[entry.mail])
            }
        } catch let error as SegmentError {
            if case .disk = error { throw error }
            keeper.damage.note(error)
            return nil
        }
        guard let held, held.position == entry.position else { return nil }
        var slip = try held.joinedSlip ?? Slip(decoding: record.slip)
        slip.keepUntil = max(slip.keepUntil, keepUntil ?? slip.keepUntil)
        record.setSlip(slip)
        let summary = record.summary
        let known =
            record.header.kind == .mail && !summary.isEmpty
            ? try Summary(decoding: summary) : Summary()
        let landing = try await landing(of: record, entry)
        var offer = RecordKeeper.Offer(
            Appendable(record, message: landing?.file),
            keepClass: KeepClass(keepUntil: slip.keepUntil, today: keeper.clock.now.day),
            sender: record.header.kind == .mail
                ? try Envelope(decoding: record.envelope).sender : "",
            subject: known.subject, messageID: known.messageID, passesOn: slip.wantsMoreCopies)
        offer.wish = try Wish(record)
        offer.replacesHeld = true
        return offer
    }

    /// A large message goes by a file, piece by piece, and is checked on the way.
    private func landing(of record: Record, _ entry: QueueEntry) async throws -> Landing? {
        guard record.messageIsBeside else { return nil }
        let pieces = keeper.pieces(of: record, segment: entry.segment, offset: entry.offset)
        var next: UInt64 = 0
        return try await keeper.land(record) {
            guard next < record.header.message.bytes else { return nil }
            let piece = try await pieces(next, Wire.pieceBytes)
            next += UInt64(piece.count)
            return piece.isEmpty ? nil : piece
        }
    }
}
