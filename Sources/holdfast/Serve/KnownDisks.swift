// SPDX-License-Identifier: Apache-2.0
// Which disk each data folder lay on: a mount that is absent must not pass for a new disk.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode

/// A data folder as it is now.
struct DataPlace: Hashable {
    var folder: String
    /// The identity of the disk under it, in hexadecimal.
    var disk: String
    /// No node has been here.
    var isNew: Bool
}

extension DataPlace {
    /// Looks; nil where there is no folder, or no disk that answers. Blocks.
    init?(at folder: String) {
        let disk = RealDisk()
        guard Path.isFolder(folder), let identity = try? disk.identity(of: folder) else {
            return nil
        }
        self.init(
            folder: folder, disk: String(identity, radix: 16),
            isNew: !disk.exists(folder + "/holdfast.node"))
    }
}

/// The disks under the data folders of this process, remembered outside of them.
struct KnownDisks: Codable, Hashable {
    private var format_version = 1
    private var disks: [String: String] = [:]

    init() {}

    /// What the last run remembered; nothing where there was none.
    init(file path: String) throws {
        let disk = RealDisk()
        guard disk.exists(path) else { return }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(try disk.octets(of: path)))
        } catch {
            throw Failure(
                .configuration,
                "\(path) cannot be read as [node] disks_file: see that all disks are mounted, and"
                    + " remove it")
        }
    }

    /// Whether the disk of a folder is away: nothing lies there, and on another disk than before.
    func misses(_ place: DataPlace) -> Bool {
        guard place.isNew, let disk = disks[place.folder] else { return false }
        return disk != place.disk
    }

    /// As it is now. Blocks.
    func isAway(_ folder: String) -> Bool {
        DataPlace(at: folder).map(misses) ?? false
    }

    /// Throws when the disk of a folder is away. Blocks.
    func check(_ folder: String) throws {
        if isAway(folder) { throw Absent(folder: folder) }
    }

    /// Takes in what was opened.
    mutating func remember(_ places: [DataPlace]) {
        for place in places where !place.isNew { disks[place.folder] = place.disk }
    }

    /// Lets go of all that is named no more.
    mutating func keep(only folders: [String]) {
        disks = disks.filter { folders.contains($0.key) }
    }

    /// Whether the folder was known; it no longer is.
    mutating func forget(_ folder: String) -> Bool {
        guard let known = disks.keys.first(where: { $0 == folder || Path.isSame($0, folder) })
        else { return false }
        disks[known] = nil
        return true
    }

    /// Durable on return; a power cut leaves the old or the new. Blocks.
    func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let (disk, fresh) = (RealDisk(), path + ".new")
        if disk.exists(fresh) { try disk.remove(fresh) }
        try disk.write([UInt8](try encoder.encode(self)), to: fresh)
        try disk.rename(fresh, to: path)
        try disk.syncFolder(Path.folder(of: path))
    }

    /// Why a folder stays out.
    struct Absent: Error, Hashable, CustomStringConvertible {
        let folder: String

        var description: String {
            "\(folder) is empty, and not on the disk that it was on: mount that disk; if a new one takes"
                + " its place, say so with `holdfast adopt \(folder)`"
        }
    }
}
