// SPDX-License-Identifier: Apache-2.0
// The way back out: a mail's octets from whichever copy is at hand and whole.

internal import AsyncHTTPClient
internal import Crypto
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOCore
internal import NIOHTTP1

/// Fetches messages, and gives out none whose octets are not those that were received.
struct CopyReader: Sendable {
    let cluster: Cluster
    /// Does what waits for a disk.
    let thread = DiskThread(name: "octets")

    /// Why a copy does not serve; the next one is tried.
    private struct Unfit: Error {
        var reason: String
        var isAway: Bool
    }

    /// The octets from the first copy that is there and whole.
    func octets(of mail: MailDetailsAnswer) async throws -> MessageOctets {
        var reasons: [String] = []
        var someAreAway = false
        for copy in mail.places {
            do {
                let octets = try await octets(of: mail.mail, from: copy)
                for reason in reasons { await Output.say("holdfast: \(reason); read another copy") }
                return octets
            } catch let unfit as Unfit {
                reasons.append("the copy \(copy.location) \(unfit.reason)")
                someAreAway = someAreAway || unfit.isAway
            }
        }
        let why =
            reasons.isEmpty
            ? "no storage holds a copy of it any more" : reasons.joined(separator: "; ")
        throw Failure(
            someAreAway ? .unreachable : .someFailed, "mail \(mail.mail.id) cannot be read: \(why)")
    }

    private func octets(of mail: MailAnswer, from copy: CopyAnswer) async throws -> MessageOctets {
        guard let id = MailID(mail.id) else { throw Unfit(reason: "has no id", isAway: false) }
        guard let storage = cluster.storage(copy.node_id) else { throw absence(of: copy) }
        do {
            let url = NodeClient.recordURL(
                at: storage.address, segment: copy.segment, offset: copy.offset, mail: id)
            let response = try await cluster.client.send(.GET, url)
            var stream = RecordStream(response.body.makeAsyncIterator())
            var opener = try opener(of: try await stream.readSections(), mail)
            while let piece = try await stream.nextPiece() { try await opener.take(piece) }
            return try await opener.finish()
        } catch let error as NodeError {
            throw Unfit(reason: "could not be fetched: \(error)", isAway: error.isTemporary)
        } catch let error as CodecError {
            throw Unfit(reason: error.sentence, isAway: false)
        } catch let error as RecordError {
            throw Unfit(reason: "is damaged: \(error)", isAway: false)
        }
    }

    /// Under the name of a storage that was replaced another one lives; one that was left out has its
    /// name in the roster, and no identity.
    private func absence(of copy: CopyAnswer) -> Unfit {
        let namesake = cluster.roster.nodes(of: .storage).first { $0.name == copy.node }
        return namesake?.node == nil
            ? Unfit(reason: "lies on a storage that is away", isAway: true)
            : Unfit(
                reason: "is gone: the storage that held it is not there any more", isAway: false)
    }

    private func opener(of record: Record, _ mail: MailAnswer) throws(CodecError) -> SectionOpener {
        let header = record.header
        let key =
            header.encrypted ? try cluster.keys.key(header.keyNumber, for: header.mail) : nil
        return SectionOpener(
            header: header, keys: cluster.keys, left: header.message.bytes,
            decoder: MessageDecoder(
                mail: header.mail, compression: header.compression, key: key),
            collector: OctetsCollector(thread: thread), check: OctetsCheck(mail: mail))
    }
}

/// Opens a message section that comes piece by piece; holds no more of it than a chunk.
private struct SectionOpener {
    let header: RecordHeader
    let keys: KeyRing
    /// Bytes of the section still to come.
    var left: UInt64
    var decoder: MessageDecoder
    var collector: OctetsCollector
    var check: OctetsCheck

    mutating func take(_ piece: ArraySlice<UInt8>) async throws {
        // Zeros up to the next record may follow the section.
        let section = piece.prefix(Int(clamping: left))
        left -= UInt64(section.count)
        check.add(section: section)
        var chunks: [[UInt8]] = []
        try decoder.add(section) { chunks.append($0) }
        for chunk in chunks {
            check.add(octets: chunk)
            try await collector.add(chunk)
        }
    }

    mutating func finish() async throws -> MessageOctets {
        try decoder.finish()
        try check.finish(header, keys: keys)
        return try await collector.finish()
    }
}

/// Checks octets on their way against all that is known of them.
private struct OctetsCheck {
    private let expected: HoldfastModel.Digest?
    private var hash = SHA256()
    private var checksum: UInt32 = 0

    init(mail: MailAnswer) {
        expected = Digest(hex: mail.sha256)
    }

    mutating func add(section: ArraySlice<UInt8>) {
        checksum = crc32c(section, from: checksum)
    }

    mutating func add(octets: [UInt8]) {
        hash.update(data: octets)
    }

    /// Throws unless section, record and catalog all mean these octets.
    func finish(_ header: RecordHeader, keys: KeyRing) throws {
        guard checksum == header.message.checksum else { throw RecordError.damagedSection }
        let digest = HoldfastModel.Digest(hash.finalize())
        let inHeader = header.encrypted ? try keys.keyed(digest, number: header.keyNumber) : digest
        guard inHeader == header.digest, expected == nil || expected == digest else {
            throw CodecError.damaged
        }
    }
}

extension CodecError {
    /// What it means for somebody who wants to read the mail.
    var sentence: String {
        switch self {
        case .damaged: "does not hold the octets that were received"
        case .keyAbsent(let number): "needs key \(number), which is not in the key file"
        case .outOfMemory: "could not be opened for want of memory"
        }
    }
}
