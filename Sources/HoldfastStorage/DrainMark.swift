// SPDX-License-Identifier: Apache-2.0
// Whether this storage is being emptied, remembered in its folder.

internal import HoldfastDisk
internal import Synchronization

/// An empty file in the data folder; while it is there the storage takes nothing.
final class DrainMark: Sendable {
    private let folder: String
    private let disk: any Disk
    private let state: Mutex<Bool>

    init(folder: String, on disk: any Disk) {
        self.folder = folder
        self.disk = disk
        state = Mutex(disk.exists(folder + "/draining"))
    }

    var isDraining: Bool { state.withLock { $0 } }

    /// Durable when it returns. Blocks.
    func set(_ isDraining: Bool) throws(DiskError) {
        let path = folder + "/draining"
        if isDraining, !disk.exists(path) {
            _ = try disk.create(path)
        } else if !isDraining, disk.exists(path) {
            try disk.remove(path)
        }
        try disk.syncFolder(folder)
        state.withLock { $0 = isDraining }
    }
}
