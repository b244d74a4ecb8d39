// SPDX-License-Identifier: Apache-2.0
// One thing that is so of a storage until somebody changes it, remembered in its folder.

internal import HoldfastDisk
internal import Synchronization

/// An empty file in the data folder: while it is there something is so.
final class FolderMark: Sendable {
    private let folder: String
    private let path: String
    private let disk: any Disk
    private let state: Mutex<Bool>

    /// Looks whether it is there. Blocks.
    init(_ name: String, folder: String, on disk: any Disk) {
        self.folder = folder
        path = folder + "/" + name
        self.disk = disk
        state = Mutex(disk.exists(path))
    }

    var isSet: Bool { state.withLock { $0 } }

    /// Durable when it returns. Blocks.
    func set(_ isSet: Bool) throws(DiskError) {
        if isSet, !disk.exists(path) {
            _ = try disk.create(path)
        } else if !isSet, disk.exists(path) {
            try disk.remove(path)
        }
        try disk.syncFolder(folder)
        state.withLock { $0 = isSet }
    }
}
