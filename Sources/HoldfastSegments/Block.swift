// SPDX-License-Identifier: Apache-2.0
// Fixed-size blocks of integers with a checksum, as segment headers and trailers are.

internal import HoldfastModel

/// Writes little-endian integers into a block of a fixed size. Its last four bytes (or the four at
/// `checksumAt`) are the CRC-32C of all the others.
struct Block {
    private var bytes: [UInt8] = []
    private let size: Int
    private let checksumAt: Int

    init(bytes size: Int = SegmentFormat.blockBytes, checksumAt: Int? = nil) {
        self.size = size
        self.checksumAt = checksumAt ?? size - 4
        bytes.reserveCapacity(size)
    }

    mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ node: NodeID) {
        bytes.append(contentsOf: node.bytes)
    }

    /// The whole block, zeros behind what was written, with its checksum.
    var sealed: [UInt8] {
        precondition(bytes.count <= size, "what a block holds is known when the format is made")
        var block = bytes + [UInt8](repeating: 0, count: size - bytes.count)
        let checksum = Block.checksum(of: block[...], at: checksumAt)
        withUnsafeBytes(of: checksum.littleEndian) {
            block.replaceSubrange(checksumAt..<checksumAt + 4, with: $0)
        }
        return block
    }

    fileprivate static func checksum(of block: ArraySlice<UInt8>, at place: Int) -> UInt32 {
        let first = crc32c(block.prefix(place))
        return crc32c(block.dropFirst(place + 4), from: first)
    }

    /// Whether a whole block matches its checksum.
    fileprivate static func holds(_ block: ArraySlice<UInt8>, checksumAt place: Int) -> Bool {
        guard place >= 0, block.count >= place + 4 else { return false }
        let found = block.dropFirst(place).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        return found == checksum(of: block, at: place)
    }

    static func isSealed(_ block: ArraySlice<UInt8>, checksumAt place: Int) -> Bool {
        holds(block, checksumAt: place)
    }
}

/// Reads the integers of a block that matches its checksum.
struct BlockReader {
    private var rest: ArraySlice<UInt8>

    init?(_ block: ArraySlice<UInt8>, checksumAt place: Int? = nil) {
        guard Block.isSealed(block, checksumAt: place ?? block.count - 4) else { return nil }
        rest = block
    }

    mutating func read<Integer: FixedWidthInteger>() -> Integer {
        let size = MemoryLayout<Integer>.size
        defer { rest = rest.dropFirst(size) }
        return rest.prefix(size).reversed().reduce(0) { $0 << 8 | Integer($1) }
    }

    mutating func readNode() -> NodeID {
        defer { rest = rest.dropFirst(16) }
        return NodeID(rest.prefix(16).reduce(0) { $0 << 8 | UInt128($1) })
    }
}
