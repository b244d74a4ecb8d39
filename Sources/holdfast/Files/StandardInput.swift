// SPDX-License-Identifier: Apache-2.0
// Standard input, read without keeping a cooperative thread, and streams that somebody closed.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode

/// The octets on standard input.
struct StandardInput: Sendable {
    private static let pieceBytes = 256 << 10
    private static let name = "standard input"

    private let thread = DiskThread(name: "input")

    /// The next octets; empty at the end. Throws a `DiskError` when they cannot be read.
    func nextPiece() async throws -> [UInt8] {
        try await thread.run { try Self.piece() }
    }

    /// All of it, in a file without a name.
    ///
    /// - Parameter show: told how many bytes there are so far.
    func spooled(_ show: (UInt64) async -> Void) async throws -> RealFile {
        let file = try await thread.run { try RealDisk().createNameless(in: temporaryFolder) }
        var bytes: UInt64 = 0
        while true {
            let count = try await thread.run { [bytes] in
                let piece = try Self.piece()
                try file.write(piece, at: bytes)
                return piece.count
            }
            guard count > 0 else { return file }
            bytes += UInt64(count)
            await show(bytes)
        }
    }

    private static func piece() throws(DiskError) -> [UInt8] {
        var piece = [UInt8](repeating: 0, count: pieceBytes)
        var count = -1
        repeat {
            count = piece.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
        } while count < 0 && errno == EINTR
        guard count >= 0 else {
            throw .failed(operation: "reading", path: name, errno: errno)
        }
        piece.removeLast(piece.count - count)
        return piece
    }
}

/// The three streams that a program begins with.
enum StandardStreams {
    /// Whoever closed one of them (`<&-`) shall hear of it where it is used: no file that is opened later
    /// may come in its place, to be read or written by mistake.
    static func hold() {
        for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        where fcntl(stream, F_GETFD) < 0 {
            // It gets the lowest number that is free: this one. Reading input fails, writing output
            // fails, and messages are for nobody.
            _ = open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_WRONLY)
        }
    }
}
