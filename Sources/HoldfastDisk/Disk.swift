// SPDX-License-Identifier: Apache-2.0
// The few things we ask of a disk, behind a protocol that a test can break.

/// A disk as Holdfast uses it. Every call blocks, so none may be made on a cooperative thread.
package protocol Disk: Sendable {
    /// Makes a new file, open for writing. Fails when there is one already.
    func create(_ path: String) throws(DiskError) -> any DiskFile
    func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile
    /// The names in a folder, sorted.
    func names(in folder: String) throws(DiskError) -> [String]
    /// Makes a folder and those above it; it may be there already.
    func makeFolder(_ path: String) throws(DiskError)
    func exists(_ path: String) -> Bool
    func rename(_ path: String, to other: String) throws(DiskError)
    func remove(_ path: String) throws(DiskError)
    /// Makes creations, renames and removals in a folder durable.
    func syncFolder(_ path: String) throws(DiskError)
    /// Free and total bytes of the file system under a path.
    func space(at path: String) throws(DiskError) -> DiskSpace
}

/// An open file. Offsets are absolute; there is no current place.
package protocol DiskFile: AnyObject, Sendable {
    /// Writes all the bytes, or fails with an unknown part of them written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError)
    /// Fills as much of `bytes` as the file has; returns how much.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int
    /// Makes what was written durable. After a failure the file must not be written or synced again:
    /// the kernel has forgotten which pages were lost (D1).
    func sync() throws(DiskError)
    /// Reserves room, so that writes inside it cannot fail for want of space.
    func preallocate(from offset: UInt64, bytes: UInt64) throws(DiskError)
    func truncate(to bytes: UInt64) throws(DiskError)
    func size() throws(DiskError) -> UInt64
}

extension DiskFile {
    package func write(_ bytes: [UInt8], at offset: UInt64) throws(DiskError) {
        try bytes.withUnsafeBufferPointer { bytes throws(DiskError) in
            try write(UnsafeRawBufferPointer(bytes), at: offset)
        }
    }
}

/// How much room a file system has, in bytes.
package struct DiskSpace: Hashable, Sendable {
    package var free: UInt64
    package var total: UInt64

    package init(free: UInt64, total: UInt64) {
        self.free = free
        self.total = total
    }
}

/// What a disk can answer instead of doing as it was told.
package enum DiskError: Error, Equatable {
    /// No room, no inodes or no quota. Nothing that was durable is harmed.
    case full(path: String)
    case absent(path: String)
    case exists(path: String)
    /// Something else lies where a folder is needed.
    case notFolder(path: String)
    /// Another process has it.
    case locked(path: String)
    /// Anything else, with the system's errno.
    case failed(operation: String, path: String, errno: Int32)
}

extension DiskError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .full(let path): "no room left on the disk of \(path)"
        case .absent(let path): "\(path) is not there"
        case .exists(let path): "\(path) is there already"
        case .notFolder(let path): "\(path) is a file, and a folder is needed"
        case .locked(let path): "\(path) is in use by another process"
        case .failed(let operation, let path, let errno):
            "\(operation) \(path): \(systemMessage(errno))"
        }
    }
}
