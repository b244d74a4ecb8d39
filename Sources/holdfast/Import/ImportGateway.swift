// SPDX-License-Identifier: Apache-2.0
// Hands imported messages to a gateway, and asks again while it says "later".

internal import AsyncHTTPClient
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode
internal import NIOCore
internal import NIOHTTP1

/// The gateways, as an import sees them.
struct ImportGateway: Sendable {
    enum Outcome: Hashable, Sendable {
        /// - Parameter until: the last day until which it is kept, where the gateway says it.
        case stored(until: Day?)
        /// The same octets were here already.
        case duplicate
        case refused(String)
    }

    let cluster: Cluster
    /// How long the mails are kept; nil leaves it to the gateway.
    let keepDays: Int?
    /// Is told what is waited for.
    let report: ImportReport

    /// What became of each of some mails, in their order.
    ///
    /// A gateway knows a mail only until the ack, and the catalog from then on: both are asked.
    func send(_ records: [Record]) async throws -> [Outcome] {
        let known = await cluster.known(records.map(\.header.mail))
        var outcomes = records.map { known.outcome(of: $0.header.mail) }
        var patience = Patience()
        while true {
            let open = outcomes.indices.filter { outcomes[$0] == nil }
            guard !open.isEmpty else { return outcomes.compactMap(\.self) }
            let results = try await put(open.map { records[$0] }, patience)
            for (place, result) in zip(open, results) { outcomes[place] = result.known }
            let waits = results.compactMap(\.outcome.postponed)
            if waits.count < results.count { patience = Patience() }
            if let reason = waits.first { try await patience.wait(reason, report) }
        }
    }

    /// What became of one message that is too large to be held.
    func send(_ message: FoundMessage, from feed: ImportFeed) async throws -> Outcome {
        guard case .large(let path, let from, let to, let isQuoted) = message.octets else {
            preconditionFailure("a message that is whole travels in a batch")
        }
        let octets = LargeOctets(feed: feed, path: path, from: from, to: to, isQuoted: isQuoted)
        let (digest, beginning): (HoldfastModel.Digest, ArraySlice<UInt8>)
        do {
            (digest, beginning) = try await octets.digestAndBeginning()
        } catch let error as DiskError {
            return .refused("\(error)")
        }
        let id = MailID(ofOctets: digest)
        if let known = await cluster.known([id]).outcome(of: id) { return known }
        let envelope = EnvelopeGuess.envelope(
            of: beginning, fromLineSender: message.fromLineSender)
        var patience = Patience()
        while true {
            do {
                let answer = try await cluster.hand(
                    octets, count: octets.count, envelope, keepDays: keepDays, isImport: true,
                    turn: patience.tries)
                guard answer.outcome != "duplicate" else { return .duplicate }
                return .stored(until: answer.keep_until.flatMap { Day($0) })
            } catch let error as NodeError {
                guard error.isTemporary else { return .refused(error.message) }
                try await patience.wait("\(error)", report)
            } catch let failure as Failure where failure.code == .unreachable {
                try await patience.wait(failure.description, report)
            }
        }
    }

    /// One request; a gateway that does not answer counts as one that says "later".
    private func put(_ records: [Record], _ patience: Patience) async throws -> [ItemResult] {
        do {
            let gateway = try await cluster.gateway(turn: patience.tries)
            let answer = try await cluster.client.call(
                .POST, "\(gateway)/mails/batch", body: .bytes(records.body),
                headers: [("Content-Type", Wire.contentType)], answerBytesMax: Wire.batchBytesMax)
            let results = try [ItemResult](decoding: answer.octets)
            guard results.count == records.count else { throw RecordError.cutShort }
            return results
        } catch let error as NodeError {
            let outcome: HoldfastModel.Outcome =
                error.isTemporary ? .later("\(error)") : .refused(error.message)
            return records.map { ItemResult(mail: $0.header.mail, outcome: outcome) }
        } catch let failure as Failure where failure.code == .unreachable {
            let outcome = HoldfastModel.Outcome.later(failure.description)
            return records.map { ItemResult(mail: $0.header.mail, outcome: outcome) }
        }
    }
}

extension Cluster.Known {
    /// Nil for a mail that is to be offered.
    fileprivate func outcome(of mail: MailID) -> ImportGateway.Outcome? {
        if held.contains(mail) { return .duplicate }
        return purged[mail].map { .refused(HoldfastModel.Purge.refusal(until: $0)) }
    }
}

extension ItemResult {
    /// Nil while it is not known.
    fileprivate var known: ImportGateway.Outcome? {
        switch outcome {
        case .kept: .stored(until: slip?.keepUntil)
        case .alreadyHeld: .duplicate
        case .refused(let reason): .refused(reason)
        case .later, .notHere: nil
        }
    }
}

extension HoldfastModel.Outcome {
    fileprivate var postponed: String? {
        switch self {
        case .later(let reason), .notHere(let reason): reason
        case .kept, .alreadyHeld, .refused: nil
        }
    }
}

/// How long "later" is taken for an answer: pauses that double, ten minutes without any progress.
private struct Patience {
    private(set) var tries = 0
    private var waited = 0

    private static let pauseMilliseconds = 100...10_000
    /// A gateway that is only busy is not worth a word.
    private static let quietMilliseconds = 500
    private static let millisecondsMax = 600_000

    mutating func wait(_ reason: String, _ report: ImportReport) async throws {
        guard waited < Self.millisecondsMax else {
            throw Failure(
                .unreachable,
                "no gateway takes mail: \(reason); run the same import again later, it"
                    + " goes on where it stopped")
        }
        let pause = min(
            Self.pauseMilliseconds.lowerBound << min(tries, 7), Self.pauseMilliseconds.upperBound)
        tries += 1
        waited += pause
        if waited > Self.quietMilliseconds { await report.waits(reason) }
        try await Task.sleep(for: .milliseconds(pause))
    }
}
