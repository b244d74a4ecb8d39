// SPDX-License-Identifier: Apache-2.0
// The Input Queue of a storage: what a helper brings is kept before it is answered for.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging

/// Takes records in: summary, one sync for all that waits, an answer for each.
struct Intake: Sendable {
    let name: String
    let here: Holder
    let configuration: StorageConfiguration
    let keeper: RecordKeeper
    let logger: Logger
    /// One large message at a time is read whole, so that memory stays bounded.
    let oneAtATime: Turn
    /// Says why nothing is taken; nil as long as mail is.
    let closed: @Sendable () -> String?
    /// Has the entry of a note shipped again.
    let shipAgain: @Sendable (_ note: Position) -> Void
    /// Told of mails whose slip changed, or whose entry must be shipped again.
    let reopened: @Sendable (_ mail: MailID, _ position: Position, _ slip: Slip) -> Void

    private var rules: IntakeRules {
        IntakeRules(here: here, disksMayBeShared: configuration.copiesMayShareADisk)
    }

    /// A result for each record, in their order; all that can be kept is durable on return.
    func take(_ records: [Record]) async -> [ItemResult] {
        let purges: [MailID: Purge]
        do {
            purges = try await self.purges(of: records.map(\.header.mail))
        } catch {
            return records.map {
                ItemResult(mail: $0.header.mail, outcome: .later("\(error)"), node: name)
            }
        }
        var prepared: [Result<Prepared, Refused>] = []
        prepared.reserveCapacity(records.count)
        for record in records {
            prepared.append(
                purges[record.header.mail].flatMap { refusal(of: record.header, by: $0) }
                    .map { .failure($0) } ?? prepare(record))
        }
        return await keep(prepared, of: records.map(\.header))
    }

    private func purges(of mails: [MailID]) async throws -> [MailID: Purge] {
        guard keeper.ledger.mayHavePurges else { return [:] }
        return try await keeper.read { ledger, _ in try ledger.purges(mails) }
    }

    /// Nil for what the purge does not cover.
    private func refusal(of header: RecordHeader, by purge: Purge) -> Refused? {
        switch rules.decide(header, purge: purge) {
        case .take: return nil
        case .alreadyHeld:
            // The DAL says so to whoever offers it.
            shipAgain(purge.note)
            return Refused(outcome: .alreadyHeld)
        case .refused(let reason): return Refused(outcome: .refused(reason))
        }
    }

    /// As `take`, for one record whose message has landed.
    func take(_ record: Record, in landing: Landing) async -> ItemResult {
        let mail = record.header.mail
        let prepared: Result<Prepared, Refused>
        do {
            let purge = try await purges(of: [mail])[mail]
            if let refused = purge.flatMap({ refusal(of: record.header, by: $0) }) {
                prepared = .failure(refused)
            } else {
                prepared = await oneAtATime.take { await prepare(record, in: landing) }
            }
        } catch {
            return ItemResult(mail: mail, outcome: .later("\(error)"), node: name)
        }
        return await keep([prepared], of: [record.header])[0]
    }

    private struct Prepared {
        var offer: RecordKeeper.Offer
        var slip: Slip
    }

    private struct Refused: Error {
        var outcome: Outcome
    }

    private func prepare(_ record: Record) -> Result<Prepared, Refused> {
        prepared(record, message: nil) { try SummaryMaker.octets(of: record) }
    }

    private func prepare(_ record: Record, in landing: Landing) async -> Result<Prepared, Refused> {
        let octets: Result<[UInt8], any Error>
        do {
            octets = .success(
                record.isReadable ? try await SummaryMaker.octets(of: record, in: landing) : [])
        } catch {
            octets = .failure(error)
        }
        return prepared(record, message: landing) { try octets.get() }
    }

    /// Decides, makes the summary if nobody has, and puts this storage on the slip.
    private func prepared(
        _ record: Record, message: Landing?, octets: () throws -> [UInt8]
    ) -> Result<Prepared, Refused> {
        var record = record
        do {
            let now = keeper.clock.now
            let offered = try Slip(decoding: record.slip)
            let slip: Slip
            switch rules.decide(
                record.header, offered, today: now.day, closed: closed())
            {
            case .keep(let joined): slip = joined
            case .notHere(let reason): return .failure(Refused(outcome: .notHere(reason)))
            case .refused(let reason): return .failure(Refused(outcome: .refused(reason)))
            }
            var summary = try record.keptSummary
            if record.isReadable {
                // Whoever made a summary before, the octets are checked here.
                let octets = try octets()
                try SummaryMaker.check(octets, record.header)
                if record.summary.isEmpty {
                    summary = SummaryMaker.summary(of: octets, record.header)
                    record.setSummary(summary.encoded[...])
                }
            }
            record.setSlip(slip)
            let offer = RecordKeeper.Offer(
                Appendable(record, message: message?.file),
                keepClass: KeepClass(keepUntil: slip.keepUntil, today: now.day),
                sender: record.header.kind == .mail
                    ? try Envelope(decoding: record.envelope).sender : "",
                subject: summary.subject, messageID: summary.messageID,
                passesOn: slip.wantsMoreCopies, wish: try Wish(record))
            return .success(Prepared(offer: offer, slip: slip))
        } catch let unreadable as UnreadableMail {
            return .failure(Refused(outcome: .refused(unreadable.reason)))
        } catch {
            return .failure(Refused(outcome: .refused("it cannot be read: \(error)")))
        }
    }

    private func keep(
        _ prepared: [Result<Prepared, Refused>], of headers: [RecordHeader]
    ) async -> [ItemResult] {
        let good = prepared.compactMap { try? $0.get() }
        let kept = await keeper.keep(good.map(\.offer))
        var remaining = zip(good, kept).makeIterator()
        var results: [ItemResult] = []
        for (header, item) in zip(headers, prepared) {
            switch item {
            case .failure(let refused):
                results.append(ItemResult(mail: header.mail, outcome: refused.outcome, node: name))
            case .success:
                guard let (prepared, kept) = remaining.next() else { continue }
                results.append(await result(of: kept, prepared))
            }
        }
        return results
    }

    private func result(
        of kept: Result<RecordKeeper.Kept, any Error>, _ prepared: Prepared
    ) async -> ItemResult {
        let mail = prepared.offer.mail
        switch kept {
        case .success(.placed):
            return ItemResult(mail: mail, outcome: .kept, slip: prepared.slip, node: name)
        case .success(.held(let held)):
            return await recognise(held, prepared)
        case .failure(let error):
            return ItemResult(mail: mail, outcome: outcome(of: error), node: name)
        }
    }

    private func outcome(of error: any Error) -> Outcome {
        switch error {
        case SegmentError.full: return .notHere("the disk is nearly full")
        case RecordKeeper.Problem.overloaded: return .later("more waits to be written than may")
        default:
            logger.error("Not kept", metadata: ["node": "\(name)", "error": "\(error)"])
            return .later("\(error)")
        }
    }

    /// A second offer: join the slips, and let queues begin again where the joined slip wants it.
    private func recognise(_ held: Held, _ prepared: Prepared) async -> ItemResult {
        let mail = prepared.offer.mail
        let header = prepared.offer.item.record.header
        // Its slip may be known without reading what lies here.
        if keeper.damage.isKnown(segment: held.segment, offset: held.offset) {
            return await replace(prepared, segment: held.segment, offset: held.offset)
        }
        do {
            let (digest, heldSlip) = try await keeper.known(of: held, mail)
            switch rules.recognise(
                header, prepared.slip, held: held, heldDigest: digest, heldSlip: heldSlip)
            {
            case .otherContent:
                logger.error(
                    "One id, two contents", metadata: ["node": "\(name)", "mail": "\(mail)"])
                return ItemResult(
                    mail: mail, outcome: .refused("another mail is held under this id"), node: name)
            case .same(let slip, let isNews):
                if isNews { try await keeper.note(.slip(slip, of: mail)) }
                reopened(mail, held.position, slip)
                return ItemResult(mail: mail, outcome: .alreadyHeld, slip: slip, node: name)
            case .renew(let slip):
                return await renew(prepared, slip)
            }
        } catch SegmentError.damaged(let segment, let offset) {
            return await replace(prepared, segment: segment, offset: offset)
        } catch {
            return ItemResult(mail: mail, outcome: .later("\(error)"), node: name)
        }
    }

    /// Writes the mail again, because what lies here would be dropped before its day.
    private func renew(_ prepared: Prepared, _ slip: Slip) async -> ItemResult {
        var offer = prepared.offer
        offer.item.record.setSlip(slip)
        offer.keepClass = KeepClass(keepUntil: slip.keepUntil, today: keeper.clock.now.day)
        offer.passesOn = slip.wantsMoreCopies
        offer.replacesHeld = true
        var prepared = prepared
        prepared.offer = offer
        prepared.slip = slip
        let kept = await keeper.keep([offer])
        return await result(of: kept[0], prepared)
    }

    /// A damaged copy is not held: what was offered takes its place.
    private func replace(
        _ prepared: Prepared, segment: SegmentNumber, offset: UInt64
    ) async -> ItemResult {
        logger.error(
            "Damaged record replaced",
            metadata: ["node": "\(name)", "segment": "\(segment)", "offset": "\(offset)"])
        keeper.damage.note(segment: segment, offset: offset)
        return await renew(prepared, prepared.slip)
    }
}

extension Record {
    /// A mail whose message lies in the plain: its octets can be checked, and its summary made.
    fileprivate var isReadable: Bool { header.kind == .mail && !header.encrypted }

    fileprivate var keptSummary: Summary {
        get throws {
            header.kind == .mail && !summary.isEmpty ? try Summary(decoding: summary) : Summary()
        }
    }
}
