// SPDX-License-Identifier: Apache-2.0
// The table at the end of a sealed segment: what it holds, without reading it all.
//
//   line    = mail id (16) · offset (8) · length (8) · position (8) · keep-until (4) · kind (4)
//   trailer = a block: magic, segment, offset of the table's batch, number of lines, their CRC-32C

internal import HoldfastDisk
internal import HoldfastModel

/// What a sealed segment holds, a line for each record.
struct SealTable {
    struct Line: Hashable {
        var mail: MailID
        var offset: UInt64
        var length: UInt64
        var position: Position
        var keepUntil: Day
        var kind: RecordKind
    }

    static let lineBytes = 48
    private static let magic: UInt64 = 0x0A0D_4C41_4553_4648  // "HFSEAL" CR LF

    private(set) var lines: [Line] = []

    mutating func add(_ header: RecordHeader, at place: Placed) {
        lines.append(
            Line(
                mail: header.mail, offset: place.offset, length: place.length,
                position: place.position,
                keepUntil: header.keepUntil, kind: header.kind))
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(lines.count * Self.lineBytes)
        for line in lines {
            bytes.append(contentsOf: line.mail.bytes)
            for value in [line.offset, line.length, line.position.raw] { append(value, to: &bytes) }
            append(UInt32(bitPattern: line.keepUntil.number), to: &bytes)
            append(UInt32(line.kind.rawValue), to: &bytes)
        }
        return bytes
    }

    private func append(_ value: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    func trailer(of segment: SegmentNumber, tableAt offset: UInt64) -> [UInt8] {
        var block = Block()
        block.write(Self.magic)
        block.write(segment)
        block.write(offset)
        block.write(UInt64(lines.count))
        block.write(crc32c(encoded[...]))
        return block.sealed
    }
}

extension SealTable {
    /// The table of a sealed segment; nil when it is not whole: the file was cut short, or is damaged.
    static func read(
        from file: any DiskFile, of segment: SegmentNumber
    ) throws(SegmentError) -> SealTable? {
        let size = try onDisk { () throws(DiskError) in try file.size() }
        let blockBytes = UInt64(SegmentFormat.blockBytes)
        guard size >= SegmentFormat.dataOffset + blockBytes,
            var trailer = BlockReader(
                try file.bytes(at: size - blockBytes, count: SegmentFormat.blockBytes)),
            trailer.read() as UInt64 == magic, trailer.read() as UInt64 == segment
        else { return nil }
        let offset: UInt64 = trailer.read()
        let count: UInt64 = trailer.read()
        let checksum: UInt32 = trailer.read()
        guard offset < size, count <= size / UInt64(lineBytes) else { return nil }
        let bytes = try file.bytes(
            at: offset + UInt64(SegmentFormat.batchHeaderBytes), count: Int(count) * lineBytes)
        guard bytes.count == Int(count) * lineBytes, crc32c(bytes) == checksum else { return nil }
        return SealTable(decoding: bytes)
    }

    private init?(decoding bytes: ArraySlice<UInt8>) {
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: Self.lineBytes) {
            guard let line = Line(decoding: bytes[start..<start + Self.lineBytes]) else {
                return nil
            }
            lines.append(line)
        }
    }

    /// The records from an offset on that the segment held when it was sealed, and that were neither
    /// found whole nor lie in what is known to be damaged.
    func missing(
        from start: UInt64, found: Set<UInt64>, damaged: [Range<UInt64>]
    ) -> [Range<UInt64>] {
        lines.filter { line in
            line.offset >= start && !found.contains(line.offset)
                && !damaged.contains { $0.contains(line.offset) }
        }.map { $0.offset..<$0.offset + $0.length }
    }
}

extension SealTable.Line {
    fileprivate init?(decoding bytes: ArraySlice<UInt8>) {
        func integer<Integer: FixedWidthInteger>(at place: Int) -> Integer {
            bytes.dropFirst(place).prefix(MemoryLayout<Integer>.size).reversed()
                .reduce(0) { $0 << 8 | Integer($1) }
        }
        guard let mail = MailID(bytes: bytes.prefix(16)),
            let code = UInt8(exactly: integer(at: 44) as UInt32),
            let kind = RecordKind(rawValue: code)
        else { return nil }
        self.init(
            mail: mail, offset: integer(at: 16), length: integer(at: 24),
            position: Position(raw: integer(at: 32)),
            keepUntil: Day(number: Int32(bitPattern: integer(at: 40))), kind: kind)
        guard length <= .max - offset else { return nil }
    }
}
