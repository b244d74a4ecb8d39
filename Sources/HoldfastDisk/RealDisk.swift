// SPDX-License-Identifier: Apache-2.0
// The disk of this machine.

internal import CHoldfast
internal import Foundation

/// The disk of this machine, by the system's calls.
package struct RealDisk: Disk {
    package init() {}

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try RealFile(path: path, flags: O_RDWR | O_CREAT | O_EXCL)
    }

    package func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile {
        try RealFile(path: path, flags: forWriting ? O_RDWR : O_RDONLY)
    }

    package func names(in folder: String) throws(DiskError) -> [String] {
        guard let stream = opendir(FileName.systemPath(folder)) else {
            throw DiskError("opening", folder, errno)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                FileName.text(of: Array(bytes.prefix { $0 != 0 }))
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    package func makeFolder(_ path: String) throws(DiskError) {
        let systemPath = FileName.systemPath(path)
        guard mkdir(systemPath, 0o750) != 0 else { return }
        switch errno {
        case EEXIST:
            guard try FileStatus(of: path).kind == .folder else { throw .notFolder(path: path) }
        case ENOENT:
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            guard !parent.isEmpty else { throw .absent(path: path) }
            try makeFolder((path.hasPrefix("/") ? "/" : "") + parent)
            guard mkdir(systemPath, 0o750) == 0 || errno == EEXIST else {
                // The folder above is there: this file system lets nobody make one in it.
                throw DiskError("making", path, errno == ENOENT ? EOPNOTSUPP : errno)
            }
        default: throw DiskError("making", path, errno)
        }
    }

    /// A file without a name, which nobody else can find and which goes when nobody holds it.
    package func createNameless(in folder: String) throws(DiskError) -> RealFile {
        let path = "\(folder)/holdfast-\(UInt64.random(in: 0...UInt64.max))"
        let file = try RealFile(path: path, flags: O_RDWR | O_CREAT | O_EXCL)
        try remove(path)
        return file
    }

    package func exists(_ path: String) -> Bool {
        access(FileName.systemPath(path), F_OK) == 0
    }

    package func rename(_ path: String, to other: String) throws(DiskError) {
        let (old, new) = (FileName.systemPath(path), FileName.systemPath(other))
        guard Foundation.rename(old, new) == 0 else { throw DiskError("renaming", path, errno) }
    }

    /// Lets two files have each other's names, in one step; false where the file system cannot.
    func exchange(_ path: String, _ other: String) throws(DiskError) -> Bool {
        switch holdfast_exchange(FileName.systemPath(path), FileName.systemPath(other)) {
        case 0: return true
        case EINVAL, ENOSYS: return false
        case let code: throw DiskError("exchanging", path, code)
        }
    }

    package func remove(_ path: String) throws(DiskError) {
        guard unlink(FileName.systemPath(path)) == 0 else {
            throw DiskError("removing", path, errno)
        }
    }

    package func syncFolder(_ path: String) throws(DiskError) {
        let folder = try RealFile(path: path, flags: O_RDONLY | O_DIRECTORY)
        let result = withExtendedLifetime(folder) { fsync(folder.descriptor) }
        guard result == 0 else { throw DiskError("syncing", path, errno) }
    }

    package func space(at path: String) throws(DiskError) -> DiskSpace {
        var status = statvfs()
        guard statvfs(FileName.systemPath(path), &status) == 0 else {
            throw DiskError("asking the room of", path, errno)
        }
        let unit = UInt64(status.f_frsize)
        return DiskSpace(
            free: UInt64(status.f_bavail) * unit, total: UInt64(status.f_blocks) * unit)
    }

    /// The identity of the disk on which a folder lies.
    package func identity(of folder: String) throws(DiskError) -> UInt64 {
        let file = try RealFile(path: folder, flags: O_RDONLY | O_DIRECTORY)
        // It is closed with its owner, who would otherwise be gone before the call.
        return withExtendedLifetime(file) { holdfast_disk_identity(file.descriptor) }
    }

    /// Locks a file for as long as the result lives; makes it when it is not there.
    package func lock(_ path: String) throws(DiskError) -> RealFile {
        let file = try RealFile(path: path, flags: O_RDWR | O_CREAT)
        guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw errno == EWOULDBLOCK ? .locked(path: path) : DiskError("locking", path, errno)
        }
        return file
    }
}

/// An open file of this machine; closed when nobody holds it.
package final class RealFile: DiskFile {
    package let path: String
    let descriptor: Int32

    init(path: String, flags: Int32) throws(DiskError) {
        self.path = path
        descriptor = Foundation.open(FileName.systemPath(path), flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw DiskError("opening", path, errno) }
    }

    deinit {
        // Nothing is lost by a failure here: what matters was synced, or is known not to be.
        _ = close(descriptor)
    }

    /// Where this process finds the file for as long as it is open, with or without a name.
    package var pathWhileOpen: String { "/proc/self/fd/\(descriptor)" }

    /// Lets another have the lock before the file is closed.
    package func unlock() {
        // What cannot be unlocked is when it is closed.
        _ = flock(descriptor, LOCK_UN)
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
        let start = try place(offset, "writing")
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let count = pwrite(
                descriptor, rest.baseAddress, rest.count, start + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw DiskError("writing", path, errno) }
            done += count
        }
    }

    package func read(
        into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(DiskError) -> Int {
        let start = try place(offset, "reading")
        var done = 0
        while done < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = pread(descriptor, rest.baseAddress, rest.count, start + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw DiskError("reading", path, errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// An offset as the system takes it; some come from outside, and no file is so long.
    private func place(_ offset: UInt64, _ doing: String) throws(DiskError) -> off_t {
        guard offset <= UInt64(off_t.max >> 1) else { throw DiskError(doing, path, EFBIG) }
        return off_t(offset)
    }

    package func sync() throws(DiskError) {
        guard fdatasync(descriptor) == 0 else { throw DiskError("syncing", path, errno) }
    }

    package func preallocate(from offset: UInt64, bytes: UInt64) throws(DiskError) {
        let code = holdfast_preallocate(descriptor, Int64(offset), Int64(bytes))
        // A file system without preallocation only loses speed, and finds out later that it is full.
        guard code == 0 || code == EOPNOTSUPP else {
            throw DiskError("reserving room in", path, code)
        }
    }

    package func truncate(to bytes: UInt64) throws(DiskError) {
        guard ftruncate(descriptor, off_t(bytes)) == 0 else {
            throw DiskError("cutting", path, errno)
        }
    }

    package func size() throws(DiskError) -> UInt64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw DiskError("asking about", path, errno) }
        return UInt64(status.st_size)
    }
}

extension DiskError {
    init(_ operation: String, _ path: String, _ code: Int32) {
        switch code {
        case ENOSPC, EDQUOT, EFBIG: self = .full(path: path)
        case ENOENT: self = .absent(path: path)
        case ENOTDIR: self = .notFolder(path: FileStatus.obstacle(on: path))
        case EEXIST: self = .exists(path: path)
        default: self = .failed(operation: operation, path: path, errno: code)
        }
    }
}

func systemMessage(_ code: Int32) -> String {
    String(cString: strerror(code))
}
