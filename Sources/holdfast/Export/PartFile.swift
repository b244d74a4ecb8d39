// SPDX-License-Identifier: Apache-2.0
// Files that have their name only when they are whole.

internal import HoldfastDisk

/// A file that is written beside its name, as `NAME.part`, and gets the name when it is whole.
///
/// What an interrupted export left is written over; a `.part` that another process writes is not.
struct PartFile: Sendable {
    let path: String
    let file: RealFile
    private let part: String

    /// - Parameter part: where it is written; nil for beside its name.
    init(_ path: String, writtenAt part: String? = nil) throws(DiskError) {
        let disk = RealDisk()
        self.path = path
        self.part = part ?? path + ".part"
        guard !disk.exists(path) else { throw .exists(path: path) }
        file = try disk.lock(self.part)
        // Whoever had the lock until now may have finished.
        guard !disk.exists(path) else { throw .exists(path: path) }
        try file.truncate(to: 0)
    }

    /// Gives it its name; the folder is not synced.
    func finish() throws(DiskError) {
        let disk = RealDisk()
        guard !disk.exists(path) else { throw .exists(path: path) }
        try disk.rename(part, to: path)
    }

    /// Lets go of what is not whole and not worth keeping.
    func discard() {
        // What cannot be removed is written over by the next export.
        try? RealDisk().remove(part)
    }
}
