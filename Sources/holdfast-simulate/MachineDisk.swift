// SPDX-License-Identifier: Apache-2.0
// The disk of a data folder as one process has it: until the process dies.

internal import HoldfastDisk

/// A simulated disk that no longer answers those who are dead.
final class MachineDisk: Disk {
    let disk: SimulatedDisk
    let life: Life
    /// Says that it has synced, and has not (a planted bug).
    let liesAboutSyncs: Bool

    init(_ disk: SimulatedDisk, of life: Life, liesAboutSyncs: Bool) {
        self.disk = disk
        self.life = life
        self.liesAboutSyncs = liesAboutSyncs
    }

    /// Does something with the disk, if that can be done at all.
    func checked<Result>(
        _ path: String, _ body: () throws(DiskError) -> Result
    ) throws(DiskError)
        -> Result
    {
        guard !life.isOver, !disk.isCut else { throw Self.gone(path) }
        let result = try body()
        // The power failed within this: nobody can say any more what came of it.
        guard !disk.isCut else { throw Self.gone(path) }
        return result
    }

    private static func gone(_ path: String) -> DiskError {
        .failed(operation: "reaching", path: path, errno: 5)
    }

    func create(_ path: String) throws(DiskError) -> any DiskFile {
        let file = try checked(path) { () throws(DiskError) in try disk.create(path) }
        return MachineFile(file, path: path, on: self)
    }

    func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile {
        let file = try checked(path) { () throws(DiskError) in
            try disk.open(path, forWriting: forWriting)
        }
        return MachineFile(file, path: path, on: self)
    }

    func names(in folder: String) throws(DiskError) -> [String] {
        try checked(folder) { () throws(DiskError) in try disk.names(in: folder) }
    }

    func makeFolder(_ path: String) throws(DiskError) {
        try checked(path) { () throws(DiskError) in try disk.makeFolder(path) }
    }

    func exists(_ path: String) -> Bool { disk.exists(path) }

    func rename(_ path: String, to other: String) throws(DiskError) {
        try checked(path) { () throws(DiskError) in try disk.rename(path, to: other) }
    }

    func remove(_ path: String) throws(DiskError) {
        try checked(path) { () throws(DiskError) in try disk.remove(path) }
    }

    func syncFolder(_ path: String) throws(DiskError) {
        try checked(path) { () throws(DiskError) in try disk.syncFolder(path) }
    }

    func space(at path: String) throws(DiskError) -> DiskSpace {
        try checked(path) { () throws(DiskError) in try disk.space(at: path) }
    }
}

/// An open file of such a disk.
private final class MachineFile: DiskFile {
    private let file: any DiskFile
    private let path: String
    private let disk: MachineDisk

    init(_ file: any DiskFile, path: String, on disk: MachineDisk) {
        self.file = file
        self.path = path
        self.disk = disk
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
        try disk.checked(path) { () throws(DiskError) in try file.write(bytes, at: offset) }
    }

    func read(
        into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(DiskError) -> Int {
        try disk.checked(path) { () throws(DiskError) in try file.read(into: bytes, at: offset) }
    }

    func sync() throws(DiskError) {
        try disk.checked(path) { () throws(DiskError) in
            if !disk.liesAboutSyncs { try file.sync() }
        }
    }

    func preallocate(from offset: UInt64, bytes: UInt64) throws(DiskError) {
        try disk.checked(path) { () throws(DiskError) in
            try file.preallocate(from: offset, bytes: bytes)
        }
    }

    func truncate(to bytes: UInt64) throws(DiskError) {
        try disk.checked(path) { () throws(DiskError) in try file.truncate(to: bytes) }
    }

    func size() throws(DiskError) -> UInt64 {
        try disk.checked(path) { () throws(DiskError) in try file.size() }
    }
}
