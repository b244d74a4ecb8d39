// SPDX-License-Identifier: Apache-2.0
// The way in, for SMTP, LMTP and HTTP alike.

internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Logging

/// Takes mails in: on `kept` a mail is durable in the spool, and not before (D1).
final class Intake: Sendable {
    let rules: IntakeRules
    let limits: GatewayConfiguration.Limits
    let room: DiskRoom
    let tally = Tally()
    private let keeper: RecordKeeper
    private let keys: KeyRing
    private let indexesEncryptedWords: Bool
    private let memory: MemoryBudget
    private let unsure = UnsureMails()
    let waits = CopyWaits()
    let histories = TaskHistories()
    /// So many copies a mail must have before who brought it is told that it is kept (D12).
    let copiesBeforeReply: Int
    private let storages: @Sendable () -> Int
    let clock: ClockWatch
    private let logger: Logger

    /// What became of a mail.
    enum Outcome: Sendable {
        /// - Parameter until: the day until which it was asked to be kept.
        case kept(MailID, isNew: Bool, until: Day)
        case later(Obstacle)
        case refused(String)
    }

    /// Why a mail cannot be taken in now.
    enum Obstacle: Error, Equatable {
        case diskNearlyFull
        case overloaded
        /// Fewer storages are there than must have the mail before the reply.
        case tooFewStorages
        /// So many have not had it in time.
        case copiesMissing
        /// By this clock a mail would be given a day that nobody means.
        case clockIsOff
        case failed(String)
    }

    /// - Parameter storages: how many copies of one mail can be kept now.
    init(
        rules: IntakeRules, configuration: GatewayConfiguration, keeper: RecordKeeper,
        keys: KeyRing, room: DiskRoom, clock: ClockWatch, logger: Logger,
        storages: @escaping @Sendable () -> Int
    ) {
        self.clock = clock
        self.storages = storages
        copiesBeforeReply = configuration.copiesBeforeReply
        self.rules = rules
        self.keeper = keeper
        self.keys = keys
        self.room = room
        self.logger = logger
        limits = configuration.limits
        indexesEncryptedWords = configuration.indexesEncryptedWords
        memory = MemoryBudget(bytesMax: configuration.limits.memoryBytesMax)
    }

    /// Why no mail should even be begun; nil nearly always.
    var obstacle: Obstacle? {
        if clock.isDaysOff { return .clockIsOff }
        if room.isNearlyFull { return .diskNearlyFull }
        if memory.state == .spent { return .overloaded }
        return missingStorages == nil ? nil : .tooFewStorages
    }

    /// How many storages are there, and must be before a mail can be answered for; nil when they are.
    var missingStorages: (there: Int, needed: Int)? {
        let needed = copiesNeeded(rules.standard.copies)
        return isShort(of: needed) ? (storages(), needed) : nil
    }

    /// How many copies a mail that wants so many must have before the reply.
    private func copiesNeeded(_ wanted: Int) -> Int { min(copiesBeforeReply, wanted) }

    private func isShort(of copies: Int) -> Bool { copies > 0 && storages() < copies }

    var now: Timestamp { keeper.clock.now }

    /// Begins a mail; its id is from the clock.
    func begin() throws -> IncomingMail {
        var random = keeper.machine.chance
        return try begin(MailID(at: now, using: &random), coding: rules.coding)
    }

    /// Begins a mail whose id is known.
    private func begin(
        _ id: MailID, received: Timestamp? = nil, coding: IntakeRules.Coding
    ) throws -> IncomingMail {
        IncomingMail(
            id: id, received: received ?? now, rules: rules, coding: coding,
            key: try key(coding, id), bytesMax: limits.messageBytesMax, share: memory.makeShare()
        ) { [keeper, room] in
            guard !room.isNearlyFull else { throw Obstacle.diskNearlyFull }
            return try await keeper.makeLanding()
        }
    }

    /// Keeps a mail whose octets have all come.
    ///
    /// - Parameter identity: whether the same octets are to be one mail, as for imports.
    func keep(
        _ mail: consuming IncomingMail, for envelope: Envelope, asked: IntakeRules.Wishes = .init(),
        identity: Identity = .clock
    ) async -> Outcome {
        do {
            let offered = try await offer(mail, for: envelope, asked: asked, identity: identity)
            return await keep([offered])[0]
        } catch {
            return .later(obstacle(error))
        }
    }

    private func offer(
        _ mail: consuming IncomingMail, for envelope: Envelope, asked: IntakeRules.Wishes,
        identity: Identity
    ) async throws -> RecordKeeper.Offer {
        let message = try await mail.finish()
        let terms = rules.terms(
            for: envelope, [asked, message.wishes], bytes: message.bytes)
        let coding = rules.coding(of: terms)
        let digest = try headerDigest(message.digest, coding)
        let id =
            switch identity {
            case .clock: unsure.id(for: digest, envelope, now: mail.received) ?? mail.id
            case .octets: MailID(ofOctets: message.digest)
            }
        let isFresh = id == mail.id
        // The rules may want it written in another way than it was begun.
        let isAsWanted = coding == mail.coding && (isFresh || coding.keyNumber == 0)
        let encoded =
            isAsWanted ? message : try await encodeAgain(mail, message, as: id, coding)
        var offer = offer(
            encoded, id: id, received: mail.received, headerDigest: digest, envelope: envelope,
            terms, coding)
        offer.isFresh = isFresh
        return offer
    }

    enum Identity { case clock, octets }

    /// Keeps a batch of mails that were offered before this: an outcome for each.
    func keep(_ offers: [RecordKeeper.Offer]) async -> [Outcome] {
        let slips = offers.map { try? Slip(decoding: $0.item.record.slip) }
        let needed = slips.map { copiesNeeded($0?.copiesWanted ?? 1) }
        guard !needed.contains(where: isShort) else {
            return offers.map { _ in .later(.tooFewStorages) }
        }
        // Whoever carries it may be quicker than we are.
        let begun = zip(offers, needed).map { offer, copies in
            copies > 0 ? waits.begin(offer.mail, copies: copies) : nil
        }
        defer { for wait in begun { wait.map(waits.end) } }
        let results = await keeper.keep(offers)
        for (offer, result) in zip(offers, results) {
            // A batch that failed may have reached the disk all the same.
            if case .failure(SegmentError.disk) = result { rememberUnsure(offer) }
        }
        let headers = offers.map(\.item.record.header)
        var outcomes = zip(headers, results).map { outcome(of: $1, $0) }
        let end = keeper.clock.monotonicMilliseconds + Int64(limits.replySecondsMax) * 1000
        for (place, wait) in begun.enumerated() {
            guard let wait, case .kept = outcomes[place],
                !isKeptAlready(results[place], copies: wait.copies),
                !(await wait.reached(
                    withinMilliseconds: max(0, end - keeper.clock.monotonicMilliseconds),
                    by: keeper.clock))
            else { continue }
            rememberUnsure(offers[place])
            outcomes[place] = .later(.copiesMissing)
        }
        return outcomes
    }

    /// It is not the first time that it is offered, and enough storages have it.
    private func isKeptAlready(
        _ result: Result<RecordKeeper.Kept, any Error>, copies: Int
    ) -> Bool {
        guard case .success(.held(let held)) = result else { return false }
        return histories.copies(at: held.position) >= copies
    }

    /// It may be ours although nobody was told so.
    private func rememberUnsure(_ offer: RecordKeeper.Offer) {
        let record = offer.item.record
        guard let envelope = try? Envelope(decoding: record.envelope) else { return }
        unsure.insert(offer.mail, record.header.digest, envelope, at: record.header.received)
    }

    /// What was sealed under one id does not open under another.
    private func encodeAgain(
        _ mail: borrowing IncomingMail, _ message: TakenMessage, as id: MailID,
        _ coding: IntakeRules.Coding
    ) async throws -> TakenMessage {
        var again = try begin(id, received: mail.received, coding: coding)
        var decoder = MessageDecoder(
            mail: mail.id, compression: mail.coding.compression, key: try key(mail.coding, mail.id))
        try await message.eachPiece { piece in
            var chunks: [[UInt8]] = []
            try decoder.add(piece) { chunks.append($0) }
            for chunk in chunks { try await again.add(chunk[...]) }
        }
        try decoder.finish()
        return try await again.finish()
    }

    /// The mail as it is offered to the spool.
    private func offer(
        _ message: TakenMessage, id: MailID, received: Timestamp, headerDigest digest: Digest,
        envelope: Envelope, _ terms: MailTerms, _ coding: IntakeRules.Coding
    ) -> RecordKeeper.Offer {
        let slip = rules.slip(terms, today: received.day)
        var record = Record(
            RecordHeader(
                kind: .mail, mail: id, received: received, keepUntil: slip.keepUntil,
                digest: digest, originalBytes: UInt64(message.bytes),
                compression: coding.compression, keyNumber: coding.keyNumber))
        record.setSlip(slip)
        record.setEnvelope(envelope.encoded[...])
        if coding.keyNumber != 0 {
            record.setSummary(message.summary(withWords: indexesEncryptedWords).encoded[...])
        }
        if let landed = message.landed {
            record.setMessage(beside: landed.section)
        } else {
            record.setMessage(message.section[...])
        }
        return RecordKeeper.Offer(
            Appendable(record, message: message.landed?.landing.file), keepClass: .untilAcked,
            sender: envelope.sender)
    }

    /// An imported mail of a batch, as it is offered to the spool.
    ///
    /// - Parameter section: the message as the client encoded it, which may do for us.
    func offer(
        imported octets: [UInt8], _ digest: Digest, encoded section: ArraySlice<UInt8>,
        by compression: Compression, wishes: IntakeRules.Wishes, envelope: Envelope,
        asked: IntakeRules.Wishes
    ) throws -> RecordKeeper.Offer {
        let id = MailID(ofOctets: digest)
        let terms = rules.terms(for: envelope, [asked, wishes], bytes: octets.count)
        let coding = rules.coding(of: terms)
        let isAsWanted = coding.keyNumber == 0 && coding.compression == compression
        let encoded =
            isAsWanted
            ? Array(section)
            : try octets.withUnsafeBytes { octets in
                try MessageEncoder.section(
                    of: octets, mail: id, compression: coding.compression, key: try key(coding, id))
            }
        let message = TakenMessage(digest: digest, octets: octets, wishes: wishes, section: encoded)
        return offer(
            message, id: id, received: now, headerDigest: try headerDigest(digest, coding),
            envelope: envelope, terms, coding)
    }

    private func outcome(
        of result: Result<RecordKeeper.Kept, any Error>, _ header: RecordHeader
    ) -> Outcome {
        switch result {
        case .success(.placed):
            tally.countMail(bytes: Int(clamping: header.originalBytes))
            return .kept(header.mail, isNew: true, until: header.keepUntil)
        case .success(.held(let held)):
            guard held.digest == header.digest else {
                logger.error("Same id, other content", metadata: ["mail": "\(header.mail)"])
                return .refused("another mail has this id")
            }
            keeper.noteSoon(.counted(.known, [header.received.day: 1]))
            return .kept(header.mail, isNew: false, until: header.keepUntil)
        case .failure(let error): return .later(obstacle(error))
        }
    }

    /// What an error means for who brought the mail.
    func obstacle(_ error: any Error) -> Obstacle {
        switch error {
        case let obstacle as Obstacle: return obstacle
        case SegmentError.full: return .diskNearlyFull
        case let SegmentError.disk(DiskError.full(path)):
            logger.error("Spool full", metadata: ["path": "\(path)"])
            return .diskNearlyFull
        case RecordKeeper.Problem.overloaded, IncomingMail.Problem.tooMuchAtOnce:
            return .overloaded
        default:
            logger.error("Mail not kept", metadata: ["error": "\(error)"])
            return .failed("\(error)")
        }
    }

    private func key(_ coding: IntakeRules.Coding, _ mail: MailID) throws -> MailKey? {
        coding.keyNumber == 0 ? nil : try keys.key(coding.keyNumber, for: mail)
    }

    private func headerDigest(_ digest: Digest, _ coding: IntakeRules.Coding) throws -> Digest {
        coding.keyNumber == 0 ? digest : try keys.keyed(digest, number: coding.keyNumber)
    }
}

extension Intake {
    /// What recovery found may be mails whose clients were never answered (D12).
    func remember(_ recovered: some Sequence<RecordHeader>) async {
        await remember(recovered.filter { $0.kind == .mail && isRecent($0) }.map(\.mail))
    }

    /// Likewise whatever lies in the spool, where replies waited for storages.
    func remember(_ mails: [MailID]) async {
        for start in stride(from: 0, to: mails.count, by: 256) {
            let some = Array(mails.dropFirst(start).prefix(256))
            let records = try? await keeper.read { ledger, reader in
                let held = try ledger.held(some)
                return some.compactMap { mail in
                    // A record that cannot be read is nobody's second offer.
                    held[mail].flatMap { try? reader.sections(of: mail, at: $0) }
                }
            }
            for (header, envelope) in records ?? [] where isRecent(header) {
                unsure.insert(header.mail, header.digest, envelope, at: header.received)
            }
        }
    }

    private func isRecent(_ header: RecordHeader) -> Bool {
        now < header.received.advanced(bySeconds: UnsureBook.seconds)
    }
}

extension SegmentReader {
    fileprivate func sections(
        of mail: MailID, at place: Held
    ) throws -> (RecordHeader, Envelope) {
        let record = try record(segment: place.segment, offset: place.offset, mail: mail)
        return (record.header, try Envelope(decoding: record.envelope))
    }
}
