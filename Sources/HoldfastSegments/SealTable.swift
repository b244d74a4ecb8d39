// SPDX-License-Identifier: Apache-2.0
// The table at the end of a sealed segment: what it holds, without reading it all.
//
//   line    = mail id (16) · offset (8) · length (8) · position (8) · keep-until (4) · kind (4)
//   trailer = a block: magic, segment, offset of the table's batch, number of lines

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

    static func trailer(of header: SegmentHeader, tableAt offset: UInt64, lines: Int) -> [UInt8] {
        var block = Block()
        block.write(magic)
        block.write(header.number)
        block.write(offset)
        block.write(UInt64(lines))
        return block.sealed
    }
}
