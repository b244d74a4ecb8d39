// SPDX-License-Identifier: Apache-2.0
// Records as the body of a message on the wire: written once, copied once.

package import HTTPTypes
package import HoldfastModel
package import NIOCore

extension ByteBuffer {
    /// The records one after the other.
    package init(records: some Sequence<Record>, bytes: UInt64) {
        self = ByteBufferAllocator().buffer(capacity: Int(clamping: bytes))
        for record in records { record.encode { writeBytes($0) } }
    }
}

extension [Record] {
    /// All of them as one body.
    package var body: ByteBuffer {
        ByteBuffer(records: self, bytes: reduce(0) { $0 + $1.header.recordBytes })
    }
}

extension AsyncSequence where Element == ByteBuffer {
    /// All octets of a body in one array, which the records in it then share.
    ///
    /// - Parameter expected: the length that was announced, for which room is made at once.
    /// - Throws: `Refusal.tooLarge` for more than `bytesMax`.
    package func octets(
        expecting expected: Int?, upTo bytesMax: Int
    ) async throws -> ArraySlice<UInt8> {
        let tooLarge = Refusal.tooLarge("The body is larger than \(bytesMax) bytes.")
        guard expected ?? 0 <= bytesMax else { throw tooLarge }
        var octets: [UInt8] = []
        octets.reserveCapacity(Swift.max(0, expected ?? 0))
        for try await buffer in self {
            guard octets.count + buffer.readableBytes <= bytesMax else { throw tooLarge }
            buffer.withUnsafeReadableBytes { octets.append(contentsOf: $0) }
        }
        return octets[...]
    }
}

extension HTTPFields {
    /// The announced length of a body.
    package var bodyBytes: Int? { self[.contentLength].flatMap { Int($0) } }
}
