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
        case failed(String)
    }

    init(
        rules: IntakeRules, configuration: GatewayConfiguration, keeper: RecordKeeper,
        keys: KeyRing,
        room: DiskRoom, logger: Logger
    ) {
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
        if room.isNearlyFull { return .diskNearlyFull }
        return memory.state == .spent ? .overloaded : nil
    }

    var now: Timestamp { keeper.clock.now }

    /// Begins a mail; its id is from the clock.
    func begin() throws -> IncomingMail {
        var random = SystemRandomNumberGenerator()
        return try begin(MailID(at: now, using: &random))
    }

    /// Begins a mail whose id is known.
    func begin(_ id: MailID, received: Timestamp? = nil) throws -> IncomingMail {
        IncomingMail(
            id: id, received: received ?? now, rules: rules, key: try key(rules.coding, id),
            bytesMax: limits.messageBytesMax, share: memory.makeShare()
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
            let message = try await mail.finish()
            let digest = try headerDigest(message.digest, mail.coding)
            let id =
                switch identity {
                case .clock: unsure.id(for: digest, envelope, now: mail.received) ?? mail.id
                case .octets: MailID(ofOctets: message.digest)
                }
            let isFresh = id == mail.id
            guard !isFresh, mail.coding.keyNumber != 0 else {
                return await keep(
                    message, received: mail.received, as: id, isFresh: isFresh, digest, envelope,
                    asked)
            }
            let encoded = try await encodeAgain(mail, message, as: id)
            return await keep(
                encoded, received: mail.received, as: id, isFresh: false, digest, envelope, asked)
        } catch {
            return .later(obstacle(error))
        }
    }

    enum Identity: Sendable {
        case clock, octets
    }

    /// Keeps mails that came encoded as the rules want them; an outcome for each.
    func keep(_ offers: [RecordKeeper.Offer]) async -> [Outcome] {
        let results = await keeper.keep(offers)
        return zip(offers, results).map { offer, result in
            outcome(of: result, offer.item.record.header)
        }
    }

    /// What was sealed under one id does not open under another.
    private func encodeAgain(
        _ mail: IncomingMail, _ message: TakenMessage, as id: MailID
    ) async throws -> TakenMessage {
        var again = try begin(id, received: mail.received)
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

    private func keep(
        _ message: TakenMessage, received: Timestamp, as id: MailID, isFresh: Bool,
        _ digest: Digest, _ envelope: Envelope, _ asked: IntakeRules.Wishes
    ) async -> Outcome {
        var offer = offer(
            message, id: id, received: received, headerDigest: digest, envelope: envelope,
            asked: asked)
        offer.isFresh = isFresh
        let result = await keeper.keep([offer])[0]
        // A batch that failed may have reached the disk all the same.
        if case .failure(SegmentError.disk) = result {
            unsure.insert(id, digest, envelope, at: received)
        }
        return outcome(of: result, offer.item.record.header)
    }

    /// The mail as it is offered to the spool.
    private func offer(
        _ message: TakenMessage, id: MailID, received: Timestamp, headerDigest digest: Digest,
        envelope: Envelope, asked: IntakeRules.Wishes
    ) -> RecordKeeper.Offer {
        let slip = rules.slip(for: envelope, [asked, message.wishes], today: received.day)
        let coding = rules.coding
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
        let coding = rules.coding
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
            envelope: envelope, asked: asked)
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
        let day = UnsureBook.seconds
        let recent = recovered.filter { header in
            header.kind == .mail && now < header.received.advanced(bySeconds: day)
        }
        for start in stride(from: 0, to: recent.count, by: 256) {
            let some = Array(recent.dropFirst(start).prefix(256))
            let envelopes = try? await keeper.read { ledger, reader in
                let held = try ledger.held(some.map(\.mail))
                return some.map { header in
                    // A record that cannot be read is nobody's second offer.
                    held[header.mail].flatMap { try? reader.envelope(of: header.mail, at: $0) }
                }
            }
            for (header, envelope) in zip(some, envelopes ?? []) {
                guard let envelope else { continue }
                unsure.insert(header.mail, header.digest, envelope, at: header.received)
            }
        }
    }
}

extension SegmentReader {
    fileprivate func envelope(of mail: MailID, at place: Held) throws -> Envelope {
        try Envelope(
            decoding: record(segment: place.segment, offset: place.offset, mail: mail).envelope)
    }
}
