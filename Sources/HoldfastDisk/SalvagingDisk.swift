// SPDX-License-Identifier: Apache-2.0
// Reading around sectors that cannot be read, for those who look for what is left.

internal import Foundation
internal import Synchronization

/// A disk whose files are read around single blocks that cannot be read: those read as zeros, so that
/// what lay there is damaged, and all else is found. A file of which much cannot be read still fails:
/// that is a disk that answers nothing, and says nothing of what lies on it.
package struct SalvagingDisk: Disk {
    private let disk: any Disk

    package init(_ disk: any Disk) {
        self.disk = disk
    }

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try disk.create(path)
    }

    package func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile {
        let file = try disk.open(path, forWriting: forWriting)
        return forWriting ? file : SalvagedFile(file)
    }

    package func names(in folder: String) throws(DiskError) -> [String] {
        try disk.names(in: folder)
    }

    package func makeFolder(_ path: String) throws(DiskError) { try disk.makeFolder(path) }

    package func exists(_ path: String) -> Bool { disk.exists(path) }

    package func rename(_ path: String, to other: String) throws(DiskError) {
        try disk.rename(path, to: other)
    }

    package func remove(_ path: String) throws(DiskError) { try disk.remove(path) }

    package func syncFolder(_ path: String) throws(DiskError) { try disk.syncFolder(path) }

    package func space(at path: String) throws(DiskError) -> DiskSpace {
        try disk.space(at: path)
    }
}

/// A file that is open for reading.
private final class SalvagedFile: DiskFile {
    private let file: any DiskFile
    /// Blocks that could not be read, each counted once.
    private let lost = Mutex<Set<UInt64>>([])

    /// What a disk reads at once, and remaps when it is written anew.
    private static let blockBytes: UInt64 = 4096
    private static let blocksMax = 64

    init(_ file: any DiskFile) {
        self.file = file
    }

    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int
    {
        do throws(DiskError) {
            return try file.read(into: bytes, at: offset)
        } catch {
            guard case .failed(_, _, EIO) = error else { throw error }
            return try readBlocks(into: bytes, at: offset)
        }
    }

    private func readBlocks(
        into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(DiskError) -> Int {
        let size = try file.size()
        guard offset < size else { return 0 }
        let end = min(size, offset + UInt64(bytes.count))
        var place = offset
        while place < end {
            let block = place / Self.blockBytes
            let next = min(end, (block + 1) * Self.blockBytes)
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: bytes[Int(place - offset)..<Int(next - offset)])
            try read(piece, of: block, at: place)
            place = next
        }
        return Int(end - offset)
    }

    private func read(
        _ piece: UnsafeMutableRawBufferPointer, of block: UInt64, at place: UInt64
    ) throws(DiskError) {
        if !lost.withLock({ $0.contains(block) }) {
            do throws(DiskError) {
                _ = try file.read(into: piece, at: place)
                return
            } catch {
                let count = lost.withLock { lost in
                    lost.insert(block)
                    return lost.count
                }
                guard case .failed(_, _, EIO) = error, count <= Self.blocksMax else { throw error }
            }
        }
        piece.initializeMemory(as: UInt8.self, repeating: 0)
    }

    func size() throws(DiskError) -> UInt64 { try file.size() }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
        try file.write(bytes, at: offset)
    }

    func sync() throws(DiskError) { try file.sync() }

    func preallocate(from offset: UInt64, bytes: UInt64) throws(DiskError) {
        try file.preallocate(from: offset, bytes: bytes)
    }

    func truncate(to bytes: UInt64) throws(DiskError) { try file.truncate(to: bytes) }
}
