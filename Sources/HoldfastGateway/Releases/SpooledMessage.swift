// SPDX-License-Identifier: Apache-2.0
// The octets of a released mail, read from the spool.

internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSMTP
internal import HoldfastSegments

/// The message of an order, in the plain, chunk by chunk.
struct SpooledMessage: Sendable {
    let keeper: RecordKeeper
    let keys: KeyRing
    let source: Release.Source
    /// The mail under whose id the message was encoded.
    let mail: MailID

    /// Why there is nothing to send.
    enum Problem: Error, CustomStringConvertible {
        /// The octets are not those that were taken in.
        case damaged

        var description: String { "the message in the spool is not the one that was taken in" }
    }

    /// What must be known of a message before it is sent.
    struct Inspection: Sendable {
        /// Octets as they will go out.
        var bytes = 0
        var isEightBit = false
        /// A CR or LF stands by itself, and becomes CRLF.
        var needsRepair = false
    }

    /// Gives out the octets, and throws at their end unless they are what was taken in.
    func eachChunk(_ give: ([UInt8]) async throws -> Void) async throws {
        let source = source
        let record = try await keeper.read { _, reader in
            try reader.record(segment: source.segment, offset: source.offset, mail: source.order)
        }
        let header = record.header
        let key = header.encrypted ? try keys.key(header.keyNumber, for: mail) : nil
        var decoder = MessageDecoder(mail: mail, compression: header.compression, key: key)
        var hash = MessageHash()
        var offset: UInt64 = 0
        while offset < header.message.bytes {
            let piece = try await piece(of: record, from: offset)
            guard !piece.isEmpty else { throw RecordError.cutShort }
            offset += UInt64(piece.count)
            var chunks: [[UInt8]] = []
            try decoder.add(piece) { chunks.append($0) }
            for chunk in chunks {
                hash.add(chunk[...])
                try await give(chunk)
            }
        }
        try decoder.finish()
        let digest = hash.digest
        let expected =
            header.encrypted ? try keys.keyed(digest, number: header.keyNumber) : digest
        guard expected == header.digest else { throw Problem.damaged }
    }

    private func piece(of record: Record, from offset: UInt64) async throws -> ArraySlice<UInt8> {
        guard record.messageIsBeside else { return record.message.dropFirst(Int(offset)) }
        let source = source
        return try await keeper.read { _, reader in
            try reader.messagePart(
                of: record, segment: source.segment, offset: source.offset, from: offset,
                count: Wire.pieceBytes)
        }
    }

    func inspect() async throws -> Inspection {
        var inspection = Inspection()
        var repair = LineEndRepair()
        var output: [UInt8] = []
        try await eachChunk { chunk in
            output.removeAll(keepingCapacity: true)
            repair.write(chunk[...], to: &output)
            inspection.bytes += output.count
            inspection.isEightBit = inspection.isEightBit || chunk.contains { $0 >= 0x80 }
        }
        output.removeAll()
        repair.finish(to: &output)
        inspection.bytes += output.count
        inspection.needsRepair = repair.hasChanged
        return inspection
    }

    /// Gives out what goes over the wire, but for the final dot.
    func eachPieceOnTheWire(
        repairing: Bool, _ give: ([UInt8]) async throws -> Void
    ) async throws {
        var repair = LineEndRepair()
        var dots = DotWriter()
        var output: [UInt8] = []
        try await eachChunk { chunk in
            var octets = chunk
            if repairing {
                octets = []
                repair.write(chunk[...], to: &octets)
            }
            output.removeAll(keepingCapacity: true)
            try dots.write(octets[...], to: &output)
            if !output.isEmpty { try await give(output) }
        }
        var last: [UInt8] = []
        if repairing { repair.finish(to: &last) }
        output.removeAll()
        try dots.write(last[...], to: &output)
        try dots.finish(to: &output)
        if !output.isEmpty { try await give(output) }
    }
}
