// SPDX-License-Identifier: Apache-2.0
// Taking many imported mails in at once: `POST mails/batch`.

internal import HTTPTypes
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import Hummingbird
internal import NIOCore

extension MailRoutes {
    /// Takes framed records of kind mail and answers a framed result for each, in their order.
    func postBatch(_ request: Request) async throws -> Response {
        if let obstacle = intake.obstacle { throw refusal(obstacle) }
        let body = try await request.body.octets(
            expecting: request.headers.bodyBytes, upTo: 2 * Wire.batchBytesMax)
        let results = await take(try Record.all(in: body))
        return Response(
            status: .ok, headers: [.contentType: Wire.contentType],
            body: .init(byteBuffer: ByteBuffer(bytes: results.encoded)))
    }

    /// One bad item never fails a batch.
    private func take(_ records: [Record]) async -> [ItemResult] {
        var results = records.map { ItemResult(mail: $0.header.mail, outcome: .later("")) }
        var offers: [(place: Int, offer: RecordKeeper.Offer)] = []
        for (place, record) in records.enumerated() {
            do {
                let offer = try BatchedMail(record, intake: intake).offer()
                offers.append((place, offer))
            } catch let fault as BatchedMail.Fault {
                results[place].outcome = .refused(fault.description)
            } catch {
                results[place].outcome = .refused("The message cannot be read: \(error)")
            }
        }
        for ((place, offer), outcome) in zip(offers, await intake.keep(offers.map(\.offer))) {
            results[place].outcome = Self.outcome(outcome)
            // Of what is new its slip says until when it is kept.
            guard results[place].outcome == .kept else { continue }
            results[place].slip = try? Slip(decoding: offer.item.record.slip)
        }
        return results
    }

    private static func outcome(_ outcome: Intake.Outcome) -> Outcome {
        switch outcome {
        case .kept(_, let isNew, _): isNew ? .kept : .alreadyHeld
        case .refused(let reason): .refused(reason)
        case .later(let obstacle): .later(obstacle.sentence)
        }
    }
}

/// One mail of a batch: what the client says of it is checked, then it is written as our rules want.
struct BatchedMail {
    /// Why it cannot be taken, for the client.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private let record: Record
    private let intake: Intake
    private let envelope: Envelope

    init(_ record: Record, intake: Intake) throws {
        let header = record.header
        guard header.kind == .mail, !header.encrypted else {
            throw Fault(description: "A batch holds mails in the plain.")
        }
        guard header.originalBytes <= UInt64(intake.limits.messageBytesMax) else {
            throw Fault(
                description: "A message has at most \(intake.limits.messageBytesMax) octets here.")
        }
        envelope = try Envelope(decoding: record.envelope)
        let fault = EnvelopeRules.fault(
            sender: envelope.sender, recipients: envelope.recipients, recipientsNeeded: false)
        if let fault { throw Fault(description: fault) }
        self.record = record
        self.intake = intake
    }

    func offer() throws -> RecordKeeper.Offer {
        let (digest, octets, wishes) = try read()
        guard digest == record.header.digest, MailID(ofOctets: digest) == record.header.mail else {
            throw Fault(description: "The octets are not those of the id.")
        }
        return try intake.offer(
            imported: octets, digest, encoded: record.message, by: record.header.compression,
            wishes: wishes, envelope: envelope, asked: IntakeRules.Wishes(keepDays: askedDays))
    }

    /// A client that wants another time than ours says so by its slip.
    private var askedDays: Int? {
        guard !record.slip.isEmpty, record.header.received.milliseconds > 0 else { return nil }
        return Int(record.header.keepUntil.number) - Int(record.header.received.day.number)
    }

    private func read() throws -> (Digest, [UInt8], IntakeRules.Wishes) {
        var decoder = MessageDecoder(
            mail: record.header.mail, compression: record.header.compression, key: nil)
        var hash = MessageHash()
        var header = intake.rules.headerWishes
        var octets: [UInt8] = []
        octets.reserveCapacity(Int(min(record.header.originalBytes, 4 << 20)))
        try decoder.add(record.message) { chunk in
            guard octets.count + chunk.count <= record.header.originalBytes else {
                throw Fault(description: "There are more octets than the header says.")
            }
            hash.add(chunk[...])
            header.read(chunk[...])
            octets += chunk
        }
        try decoder.finish()
        guard octets.count == record.header.originalBytes else {
            throw Fault(description: "There are fewer octets than the header says.")
        }
        return (hash.digest, octets, header.wishes)
    }
}
