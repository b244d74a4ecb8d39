// SPDX-License-Identifier: Apache-2.0
// Records as bytes, on disk and on the wire. The layout is normative in SegmentFormat.

internal import CHoldfast

/// Why bytes are not the record they should be.
package enum RecordError: Error, Equatable {
    /// There are fewer bytes than the record says it has.
    case cutShort
    /// What should be a header is none, or was altered.
    case damagedHeader
    /// A section does not match its checksum.
    case damagedSection
    /// The bytes are whole, but say what cannot be.
    case malformed(String)
}

extension RecordHeader {
    private static let magic: UInt32 = 0x4352_4648  // "HFRC" as it lies on disk
    private static let encryptedFlag: UInt8 = 1

    /// Writes the header into `bytes`, which has room for it.
    package func encode(into bytes: UnsafeMutableRawBufferPointer) {
        var place = ByteWriter(bytes)
        place.write(Self.magic)
        place.write(UInt32(0))
        place.write(kind.rawValue)
        place.write(encrypted ? Self.encryptedFlag : 0)
        place.write(compression.rawValue)
        place.write(UInt8(0))
        place.write(keyNumber)
        place.write(UInt64(truncatingIfNeeded: mail.number >> 64).byteSwapped)
        place.write(UInt64(truncatingIfNeeded: mail.number).byteSwapped)
        place.write(digest.words.0.byteSwapped)
        place.write(digest.words.1.byteSwapped)
        place.write(digest.words.2.byteSwapped)
        place.write(digest.words.3.byteSwapped)
        place.write(UInt64(bitPattern: received.milliseconds))
        place.write(position.raw)
        place.write(originalBytes)
        place.write(UInt32(bitPattern: keepUntil.number))
        place.write(UInt32(truncatingIfNeeded: slip.bytes))
        place.write(UInt32(truncatingIfNeeded: envelope.bytes))
        place.write(UInt32(truncatingIfNeeded: summary.bytes))
        place.write(message.bytes)
        for section in [slip, envelope, summary, message] { place.write(section.checksum) }
        place.write(UInt64(0))
        place.write(UInt64(0))
        let covered = UnsafeRawBufferPointer(bytes)[8..<Self.bytes]
        let checksum = holdfast_crc32c(
            0, UnsafeRawBufferPointer(rebasing: covered).baseAddress, covered.count)
        bytes.storeBytes(of: checksum.littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    /// Reads a header from the first 144 bytes.
    package init(decoding bytes: UnsafeRawBufferPointer) throws(RecordError) {
        guard bytes.count >= Self.bytes else { throw .cutShort }
        var place = ByteReader(bytes)
        let magic: UInt32 = place.read()
        let checksum: UInt32 = place.read()
        let covered = UnsafeRawBufferPointer(rebasing: bytes[8..<Self.bytes])
        guard magic == Self.magic,
            checksum == holdfast_crc32c(0, covered.baseAddress, covered.count)
        else {
            throw .damagedHeader
        }
        let kind: UInt8 = place.read()
        let flags: UInt8 = place.read()
        let compression: UInt8 = place.read()
        let reserved: UInt8 = place.read()
        guard let kind = RecordKind(rawValue: kind),
            let compression = Compression(rawValue: compression),
            flags & ~Self.encryptedFlag == 0, reserved == 0
        else { throw .malformed("a record of a kind that this version does not know") }
        self.kind = kind
        self.compression = compression
        encrypted = flags & Self.encryptedFlag != 0
        keyNumber = place.read()
        mail = MailID(UInt128(place.readBigEndian()) << 64 | UInt128(place.readBigEndian()))
        digest = Digest(
            words: (
                place.readBigEndian(), place.readBigEndian(), place.readBigEndian(),
                place.readBigEndian()
            ))
        received = Timestamp(milliseconds: Int64(bitPattern: place.read()))
        position = Position(raw: place.read())
        originalBytes = place.read()
        keepUntil = Day(number: Int32(bitPattern: place.read()))
        let slipBytes: UInt32 = place.read()
        let envelopeBytes: UInt32 = place.read()
        let summaryBytes: UInt32 = place.read()
        let messageBytes: UInt64 = place.read()
        guard messageBytes < 1 << 40 else { throw .malformed("a message of \(messageBytes) bytes") }
        slip = Section(bytes: UInt64(slipBytes), checksum: place.read())
        envelope = Section(bytes: UInt64(envelopeBytes), checksum: place.read())
        summary = Section(bytes: UInt64(summaryBytes), checksum: place.read())
        message = Section(bytes: messageBytes, checksum: place.read())
    }
}

extension Record {
    /// Appends header, sections and zeros. A message that lies beside is left out, with its zeros.
    package func encode(into bytes: inout [UInt8]) {
        encode { bytes.append(contentsOf: $0) }
    }

    /// The same, piece by piece, to wherever `write` puts them.
    package func encode(_ write: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: RecordHeader.bytes, alignment: 8) { header in
            self.header.encode(into: header)
            write(UnsafeRawBufferPointer(header))
        }
        slip.withUnsafeBytes(write)
        envelope.withUnsafeBytes(write)
        summary.withUnsafeBytes(write)
        message.withUnsafeBytes(write)
        guard !messageIsBeside else { return }
        withUnsafeBytes(of: UInt64(0)) { zeros in
            write(UnsafeRawBufferPointer(rebasing: zeros[..<paddingBytes]))
        }
    }

    /// How many zeros end the record.
    package var paddingBytes: Int {
        let sections =
            header.slip.bytes + header.envelope.bytes + header.summary.bytes + header.message.bytes
        return Int(header.recordBytes - UInt64(RecordHeader.bytes) - sections)
    }

    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(header.recordBytes))
        encode(into: &bytes)
        return bytes
    }

    /// Takes one record off the front of `bytes`. Its sections share their storage.
    ///
    /// Every section is checked, but for a message that lies beside.
    package init(
        takingFrom bytes: inout ArraySlice<UInt8>, messageBeside: Bool = false
    ) throws(RecordError) {
        header = try bytes.withUnsafeBufferPointer { bytes throws(RecordError) in
            try RecordHeader(decoding: UnsafeRawBufferPointer(bytes))
        }
        var rest = bytes.dropFirst(RecordHeader.bytes)
        slip = try Self.take(header.slip, from: &rest)
        envelope = try Self.take(header.envelope, from: &rest)
        summary = try Self.take(header.summary, from: &rest)
        message = messageBeside ? [] : try Self.take(header.message, from: &rest)
        if !messageBeside {
            guard rest.count >= paddingBytes else { throw .cutShort }
            rest = rest.dropFirst(paddingBytes)
        }
        bytes = rest
    }

    private static func take(
        _ section: Section, from rest: inout ArraySlice<UInt8>
    ) throws(RecordError) -> ArraySlice<UInt8> {
        guard section.bytes <= UInt64(rest.count) else { throw .cutShort }
        let octets = rest.prefix(Int(section.bytes))
        guard crc32c(octets) == section.checksum else { throw .damagedSection }
        rest = rest.dropFirst(Int(section.bytes))
        return octets
    }

    /// All the records that a batch holds.
    package static func all(in batch: ArraySlice<UInt8>) throws(RecordError) -> [Record] {
        var rest = batch
        var records: [Record] = []
        while !rest.isEmpty { records.append(try Record(takingFrom: &rest)) }
        return records
    }
}

/// Writes little-endian integers one after the other.
private struct ByteWriter {
    private let bytes: UnsafeMutableRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func write<Integer: FixedWidthInteger>(_ value: Integer) {
        bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self)
        offset += MemoryLayout<Integer>.size
    }
}

/// Reads little-endian integers one after the other.
private struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func read<Integer: FixedWidthInteger>() -> Integer {
        defer { offset += MemoryLayout<Integer>.size }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    mutating func readBigEndian() -> UInt64 {
        (read() as UInt64).byteSwapped
    }
}
