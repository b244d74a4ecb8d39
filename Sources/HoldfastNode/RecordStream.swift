// SPDX-License-Identifier: Apache-2.0
// A large record as it arrives: its sections first, then the message piece by piece.

package import HoldfastModel
package import NIOCore

/// Reads one large record off a stream of buffers.
package struct RecordStream<Buffers: AsyncIteratorProtocol> where Buffers.Element == ByteBuffer {
    private var buffers: Buffers
    private var waiting: [UInt8] = []

    package init(_ buffers: Buffers) {
        self.buffers = buffers
    }

    /// The record without its message.
    package mutating func readSections() async throws -> Record {
        try await fill(RecordHeader.bytes)
        let header = try waiting.withUnsafeBytes { bytes in try RecordHeader(decoding: bytes) }
        guard header.messageOffset <= UInt64(Wire.sectionsBytesMax) else {
            throw RecordError.malformed("sections of \(header.messageOffset) bytes")
        }
        try await fill(Int(header.messageOffset))
        var bytes = waiting[...]
        let record = try Record(takingFrom: &bytes, messageBeside: true)
        waiting = Array(bytes)
        return record
    }

    /// The next piece of the message; nil at the end.
    package mutating func nextPiece() async throws -> ArraySlice<UInt8>? {
        if !waiting.isEmpty {
            defer { waiting = [] }
            return waiting[...]
        }
        return try await buffers.next()?.octets
    }

    private mutating func fill(_ count: Int) async throws {
        while waiting.count < count {
            guard let buffer = try await buffers.next() else { throw RecordError.cutShort }
            waiting.append(contentsOf: buffer.readableBytesView)
        }
    }
}
