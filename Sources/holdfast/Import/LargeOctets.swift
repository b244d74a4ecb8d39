// SPDX-License-Identifier: Apache-2.0
// The octets of a large message, read while they are sent.

internal import Crypto
internal import HoldfastDisk
internal import HoldfastModel
internal import HoldfastNode
internal import NIOCore

/// A part of a file as a stream; holds one piece of it.
struct LargeOctets: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private static let pieceBytes: UInt64 = 256 << 10

    let feed: ImportFeed
    let path: String
    let from: UInt64
    let to: UInt64
    let isQuoted: Bool

    /// How many octets there will be; nil when only reading tells.
    var count: Int64? { isQuoted ? nil : Int64(to - from) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let octets: LargeOctets
        fileprivate var file: (any DiskFile)?
        fileprivate var offset: UInt64
        fileprivate var quoting = MboxQuoting(.unquote)
        fileprivate var hasEnded = false

        mutating func next() async throws -> ByteBuffer? {
            while !hasEnded {
                let piece = try await octets.readPiece(of: file, at: offset)
                (file, offset) = (piece.file, offset + UInt64(piece.octets.count))
                hasEnded = piece.octets.isEmpty
                guard octets.isQuoted else {
                    return hasEnded ? nil : ByteBuffer(bytes: piece.octets)
                }
                var text: [UInt8] = []
                quoting.add(piece.octets[...], to: &text)
                if hasEnded { quoting.finish(to: &text) }
                if !text.isEmpty { return ByteBuffer(bytes: text) }
            }
            return nil
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(octets: self, offset: from)
    }

    /// Reads it all once: the digest, and enough to find the header in.
    func digestAndBeginning() async throws -> (HoldfastModel.Digest, ArraySlice<UInt8>) {
        var hash = SHA256()
        var beginning: ArraySlice<UInt8> = []
        for try await buffer in self {
            let octets = buffer.octets
            if beginning.isEmpty { beginning = octets }
            octets.withUnsafeBytes { hash.update(bufferPointer: $0) }
        }
        return (HoldfastModel.Digest(hash.finalize()), beginning)
    }

    private func readPiece(
        of file: (any DiskFile)?, at offset: UInt64
    ) async throws -> (file: any DiskFile, octets: [UInt8]) {
        try await feed.run { [path, to] in
            let file = try file ?? RealDisk().open(path, forWriting: false)
            let wanted = Int(Swift.min(Self.pieceBytes, to - Swift.min(to, offset)))
            return (file, try file.read(upTo: wanted, at: offset))
        }
    }
}
