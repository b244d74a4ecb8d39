// SPDX-License-Identifier: Apache-2.0
// The message section: the octets in chunks, each compressed and encrypted on its own (D4).
//
//   message = chunk · chunk · …
//   chunk   = stored bytes (4) · original bytes (4) · flags (4) · stored
//   stored  = octets | compressed octets | nonce (12) · ciphertext · tag (16)

package import HoldfastModel

/// Sizes and marks of the message section.
enum Chunk {
    /// Octets of one chunk before compression, at the most.
    static let octetsMax = 1 << 20
    static let headerBytes = 12
    static let isLast: UInt32 = 1
    static let isCompressed: UInt32 = 2
    static let knownFlags = isLast | isCompressed
    /// What encryption adds to a chunk.
    static let sealBytes = 28
}

/// Makes the message section while the octets arrive; holds at most one chunk of them.
package struct MessageEncoder: Sendable {
    private let mail: MailID
    private let compression: Compression
    private let key: MailKey?
    private var waiting: [UInt8] = []
    private var number: UInt32 = 0

    /// - Parameter key: nil leaves the message in the plain.
    package init(mail: MailID, compression: Compression, key: MailKey?) {
        self.mail = mail
        self.compression = compression
        self.key = key
    }

    /// Takes more octets; appends the chunks that became full to `section`.
    package mutating func add(
        _ octets: UnsafeRawBufferPointer, to section: inout [UInt8]
    ) throws(CodecError) {
        var rest = octets[...]
        // A full chunk waits until more comes: only then is it known not to be the last.
        while waiting.count + rest.count > Chunk.octetsMax {
            let part = rest.prefix(Chunk.octetsMax - waiting.count)
            waiting.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
            try emit(isLast: false, to: &section)
        }
        waiting.append(contentsOf: rest)
    }

    /// Appends the last chunk.
    package mutating func finish(to section: inout [UInt8]) throws(CodecError) {
        try emit(isLast: true, to: &section)
    }

    /// The section of a message that is at hand.
    package static func section(
        of octets: UnsafeRawBufferPointer, mail: MailID, compression: Compression, key: MailKey?
    ) throws(CodecError) -> [UInt8] {
        var encoder = MessageEncoder(mail: mail, compression: compression, key: key)
        var section: [UInt8] = []
        try encoder.add(octets, to: &section)
        try encoder.finish(to: &section)
        return section
    }

    private mutating func emit(isLast: Bool, to section: inout [UInt8]) throws(CodecError) {
        var flags = isLast ? Chunk.isLast : 0
        var stored = waiting
        if let smaller = Compressor.compressed(waiting, by: compression) {
            stored = smaller
            flags |= Chunk.isCompressed
        }
        let originalBytes = UInt32(waiting.count)
        if let key {
            let bound = ChunkBinding(
                mail: mail, number: number, flags: flags, originalBytes: originalBytes)
            stored = try key.seal(stored, bound: bound)
        }
        for value in [UInt32(stored.count), originalBytes, flags] {
            withUnsafeBytes(of: value.littleEndian) { section.append(contentsOf: $0) }
        }
        section.append(contentsOf: stored)
        number += 1
        waiting.removeAll(keepingCapacity: true)
    }
}

/// Reads a message section while it arrives; gives out the octets chunk by chunk.
package struct MessageDecoder: Sendable {
    private let mail: MailID
    private let compression: Compression
    private let key: MailKey?
    private var waiting: [UInt8] = []
    private var number: UInt32 = 0
    private var isComplete = false

    /// - Parameter mail: the id under which the message was encoded.
    package init(mail: MailID, compression: Compression, key: MailKey?) {
        self.mail = mail
        self.compression = compression
        self.key = key
    }

    /// Takes more of the section; hands each whole chunk's octets to `give`.
    package mutating func add(
        _ stored: ArraySlice<UInt8>, give: ([UInt8]) throws -> Void
    ) throws {
        waiting.append(contentsOf: stored)
        var rest = waiting[...]
        while let chunk = try nextChunk(&rest) { try give(chunk) }
        waiting.removeFirst(waiting.count - rest.count)
    }

    /// To be called when the section has ended: a message without its last chunk is no message.
    package func finish() throws(CodecError) {
        guard isComplete, waiting.isEmpty else { throw .damaged }
    }

    /// The octets of a whole section.
    package static func octets(
        of section: ArraySlice<UInt8>, mail: MailID, compression: Compression, key: MailKey?
    ) throws(CodecError) -> [UInt8] {
        var decoder = MessageDecoder(mail: mail, compression: compression, key: key)
        var rest = section
        guard var octets = try decoder.nextChunk(&rest) else { throw .damaged }
        while let chunk = try decoder.nextChunk(&rest) { octets.append(contentsOf: chunk) }
        guard decoder.isComplete, rest.isEmpty else { throw .damaged }
        return octets
    }

    private mutating func nextChunk(_ rest: inout ArraySlice<UInt8>) throws(CodecError) -> [UInt8]?
    {
        guard rest.count >= Chunk.headerBytes else { return nil }
        let storedBytes = Self.integer(rest.dropFirst(0))
        let originalBytes = Self.integer(rest.dropFirst(4))
        let flags = Self.integer(rest.dropFirst(8))
        guard !isComplete, originalBytes <= Chunk.octetsMax, flags & ~Chunk.knownFlags == 0,
            storedBytes <= originalBytes + UInt32(Chunk.sealBytes)
        else { throw .damaged }
        guard rest.count >= Chunk.headerBytes + Int(storedBytes) else { return nil }
        let stored = rest.dropFirst(Chunk.headerBytes).prefix(Int(storedBytes))
        rest = rest.dropFirst(Chunk.headerBytes + Int(storedBytes))
        let bound = ChunkBinding(
            mail: mail, number: number, flags: flags, originalBytes: originalBytes)
        number += 1
        isComplete = flags & Chunk.isLast != 0
        return try octets(of: stored, bound: bound)
    }

    private func octets(
        of stored: ArraySlice<UInt8>, bound: ChunkBinding
    ) throws(CodecError) -> [UInt8] {
        let opened =
            try key.map { key throws(CodecError) in try key.open(stored, bound: bound)[...] }
            ?? stored
        guard bound.flags & Chunk.isCompressed != 0 else {
            guard opened.count == Int(bound.originalBytes) else { throw .damaged }
            return Array(opened)
        }
        return try Compressor.octets(of: opened, by: compression, bytes: Int(bound.originalBytes))
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// Why a message section does not yield its octets.
package enum CodecError: Error, Equatable {
    /// It is not what was written, or not under this key.
    case damaged
    /// The key of this number is not in the key file.
    case keyAbsent(UInt32)
    /// The compressor found no memory.
    case outOfMemory
}
