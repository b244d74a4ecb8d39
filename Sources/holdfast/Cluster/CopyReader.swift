// SPDX-License-Identifier: Apache-2.0
// The way back out: a mail's octets from whichever copy is at hand and whole.

internal import Crypto
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOCore

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
        let why = reasons.isEmpty ? "no copy of it is known" : reasons.joined(separator: "; ")
        throw Failure(
            someAreAway ? .unreachable : .someFailed, "mail \(mail.mail.id) cannot be read: \(why)")
    }

    private func octets(of mail: MailAnswer, from copy: CopyAnswer) async throws -> MessageOctets {
        guard let id = MailID(mail.id) else { throw Unfit(reason: "has no id", isAway: false) }
        guard let address = cluster.address(of: .storage, named: copy.node) else {
            throw Unfit(reason: "lies on a storage that is away", isAway: true)
        }
        do {
            let carried = try await cluster.client.record(
                at: address, segment: copy.segment, offset: copy.offset, mail: id)
            var check = OctetsCheck(mail: mail)
            switch carried {
            case .batch(let records):
                guard let record = records.first else { throw RecordError.cutShort }
                return try await decoded(record, Whole(section: record.message), &check)
            case .large(let record, let rest):
                return try await decoded(record, rest, &check)
            }
        } catch let error as NodeError {
            throw Unfit(reason: "could not be fetched: \(error)", isAway: error.isTemporary)
        } catch let error as CodecError {
            throw Unfit(reason: error.sentence, isAway: false)
        } catch let error as RecordError {
            throw Unfit(reason: "is damaged: \(error)", isAway: false)
        }
    }

    /// Opens the message section piece by piece; holds no more than a large message's piece.
    private func decoded<Pieces: AsyncSequence>(
        _ record: Record, _ pieces: Pieces, _ check: inout OctetsCheck
    ) async throws -> MessageOctets where Pieces.Element == ByteBuffer {
        let header = record.header
        let key =
            header.encrypted ? try cluster.keys.key(header.keyNumber, for: header.mail) : nil
        var decoder = MessageDecoder(
            mail: header.mail, compression: header.compression, key: key)
        var collector = OctetsCollector(thread: thread)
        var left = header.message.bytes
        for try await piece in pieces {
            // Zeros up to the next record may follow the section.
            let section = piece.octets.prefix(Int(clamping: left))
            left -= UInt64(section.count)
            check.add(section: section)
            var chunks: [[UInt8]] = []
            try decoder.add(section) { chunks.append($0) }
            for chunk in chunks {
                check.add(octets: chunk)
                try await collector.add(chunk)
            }
        }
        try decoder.finish()
        try check.finish(header, keys: cluster.keys)
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

/// A section that is at hand, as a sequence of one piece.
private struct Whole: AsyncSequence, AsyncIteratorProtocol {
    typealias Element = ByteBuffer
    private var piece: ByteBuffer?

    init(section: ArraySlice<UInt8>) {
        piece = ByteBuffer(bytes: section)
    }

    mutating func next() async -> ByteBuffer? {
        defer { piece = nil }
        return piece
    }

    func makeAsyncIterator() -> Whole { self }
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
