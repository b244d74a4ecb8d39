// SPDX-License-Identifier: Apache-2.0
// Where a message that is too large to be held waits until it is appended.

package import HoldfastDisk
package import HoldfastModel
internal import HoldfastSegments

/// A file without a name, on the disk of a data folder: gone when nobody holds it.
package final class Landing: Sendable {
    package let file: any DiskFile
    private let thread: DiskThread

    init(file: any DiskFile, thread: DiskThread) {
        self.file = file
        self.thread = thread
    }

    package func write(_ octets: ArraySlice<UInt8>, at offset: UInt64) async throws {
        try await thread.run { [file] in
            try octets.withUnsafeBytes { try file.write($0, at: offset) }
        }
    }

    /// As much as there is at an offset, up to `count` bytes.
    package func read(at offset: UInt64, count: Int) async throws -> ArraySlice<UInt8> {
        try await thread.run { [file] in
            try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                filled = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
            }[...]
        }
    }
}

extension RecordKeeper {
    package func makeLanding() async throws -> Landing {
        let path = folder.path + "/landing"
        let file = try await readThread.run { [disk = machine.disk] in
            if disk.exists(path) { try disk.remove(path) }
            let file = try disk.create(path)
            try disk.remove(path)
            return file
        }
        return Landing(file: file, thread: readThread)
    }

    /// Lets a message land that comes in pieces, and checks that it is what the record says.
    package func land(_ record: Record, _ next: NextPiece) async throws -> Landing {
        let landing = try await makeLanding()
        var (bytes, checksum): (UInt64, UInt32) = (0, 0)
        let message = record.header.message
        while let piece = try await next() {
            // Zeros at the end of the record are not of the message.
            let part = piece.prefix(Int(clamping: message.bytes - bytes))
            try await landing.write(part, at: bytes)
            bytes += UInt64(part.count)
            checksum = crc32c(part, from: checksum)
        }
        guard bytes == message.bytes else { throw RecordError.cutShort }
        guard checksum == message.checksum else { throw RecordError.damagedSection }
        return landing
    }
}
