// SPDX-License-Identifier: Apache-2.0
// A message's octets on this machine, checked: in memory, or in a file when they are many.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode

/// The octets of one message, as they were received.
enum MessageOctets: Sendable {
    case memory([UInt8])
    /// The file has no name any more and goes when nobody holds it.
    case file(any DiskFile, bytes: UInt64)

    private static let pieceBytes = 1 << 20

    var count: UInt64 {
        switch self {
        case .memory(let octets): UInt64(octets.count)
        case .file(_, let bytes): bytes
        }
    }

    /// All of them in order. Reads the file, so not for cooperative threads.
    func eachPiece(_ take: (ArraySlice<UInt8>) throws -> Void) throws {
        switch self {
        case .memory(let octets): try take(octets[...])
        case .file(let file, let bytes):
            var offset: UInt64 = 0
            while offset < bytes {
                let piece = try Self.piece(of: file, at: offset, bytes: bytes)
                try take(piece[...])
                offset += UInt64(piece.count)
            }
        }
    }

    /// The piece at an offset; empty at the end. Reads the file, so not for cooperative threads.
    func piece(at offset: UInt64) throws -> ArraySlice<UInt8> {
        switch self {
        case .memory(let octets): octets[min(Int(offset), octets.count)...]
        case .file(let file, let bytes): try Self.piece(of: file, at: offset, bytes: bytes)[...]
        }
    }

    private static func piece(
        of file: any DiskFile, at offset: UInt64, bytes: UInt64
    ) throws(DiskError) -> [UInt8] {
        let wanted = min(pieceBytes, Int(bytes - offset))
        let piece = try file.read(upTo: wanted, at: offset)
        guard piece.count == wanted else {
            throw .failed(operation: "reading", path: "a temporary file", errno: EIO)
        }
        return piece
    }

    /// All of them at once, for a reader that needs that. Not for cooperative threads.
    func whole() throws -> [UInt8] {
        guard case .file(_, let bytes) = self else { return try Array(piece(at: 0)) }
        var octets: [UInt8] = []
        octets.reserveCapacity(Int(bytes))
        try eachPiece { octets.append(contentsOf: $0) }
        return octets
    }
}

/// Where files without a name are made.
var temporaryFolder: String { ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp" }

/// Takes octets as they come; moves to a file when they become many.
struct OctetsCollector: Sendable {
    private let thread: DiskThread
    private var waiting: [UInt8] = []
    private var file: (any DiskFile)?
    private var written: UInt64 = 0

    /// - Parameter thread: does the writing.
    init(thread: DiskThread) {
        self.thread = thread
    }

    mutating func add(_ octets: [UInt8]) async throws {
        waiting.append(contentsOf: octets)
        if waiting.count > Wire.wholeMessageBytesMax { try await flush() }
    }

    mutating func finish() async throws -> MessageOctets {
        guard file != nil else { return .memory(waiting) }
        try await flush()
        guard let file else { preconditionFailure("flushing leaves a file") }
        return .file(file, bytes: written)
    }

    private mutating func flush() async throws {
        let (octets, offset, known) = (waiting, written, file)
        file = try await thread.run {
            let file = try known ?? Self.makeFile()
            try file.write(octets, at: offset)
            return file
        }
        written += UInt64(octets.count)
        waiting.removeAll(keepingCapacity: true)
    }

    private static func makeFile() throws -> any DiskFile {
        try RealDisk().createNameless(in: temporaryFolder)
    }
}
