// SPDX-License-Identifier: Apache-2.0
// Why a storage takes no mail, as far as its folder remembers it.

internal import HoldfastDisk
internal import HoldfastNode

/// What is remembered in a storage's folder besides its records.
struct StorageMarks: Sendable {
    /// It is being emptied.
    let draining: FolderMark
    /// It is an older state of itself: what it gives was given before.
    let older: FolderMark
    private let name: String
    private let folder: String

    /// Looks into the folder. Blocks.
    init(name: String, folder: String, on disk: any Disk) {
        self.name = name
        self.folder = folder
        draining = FolderMark("draining", folder: folder, on: disk)
        older = FolderMark(RecordKeeper.olderMark, folder: folder, on: disk)
    }

    /// Why nothing is taken; nil as long as mail is.
    var closed: String? {
        if older.isSet { return "its folder is an older state of itself" }
        return draining.isSet ? "the storage is being emptied" : nil
    }

    /// What people are told of that, and what to do.
    var notice: String? {
        if older.isSet {
            return "\(folder) is an older state of itself: the catalog knows of what it held later,"
                + " and new mail would get places that were given before; stop, give it a new"
                + " identity with `holdfast adopt \(folder)`, and start again"
        }
        guard draining.isSet else { return nil }
        return "it is being emptied (`holdfast drain \(name)` says how far; --cancel ends it)"
    }
}
