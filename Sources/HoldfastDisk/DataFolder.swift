// SPDX-License-Identifier: Apache-2.0
// The folder in which a node keeps what it keeps: whose it is, and that nobody else is in it.

internal import CHoldfast
internal import Foundation

/// A node's data folder, locked for this process; it holds node id, disk identity and run number.
///
/// The run number grows by one each time the folder is opened, durably, before anything is written
/// under it: what a run began, no other run goes on with (D3). What the spare file beside it holds is
/// never read.
package struct DataFolder: Sendable {
    package let path: String
    package let node: UInt128
    package let disk: UInt64
    package let run: UInt32
    private let lock: RealFile?

    /// A folder on a disk that there is only in a simulation, which gives each run its number.
    package init(simulated path: String, node: UInt128, disk: UInt64, run: UInt32) {
        self.init(path: path, node: node, disk: disk, run: run, lock: nil)
    }

    private init(path: String, node: UInt128, disk: UInt64, run: UInt32, lock: RealFile?) {
        self.path = path
        self.node = node
        self.disk = disk
        self.run = run
        self.lock = lock
    }

    /// Why a data folder cannot be used.
    package enum Problem: Error, Equatable {
        case disk(DiskError)
        /// The folder was made on another disk, or is a copy of what was: moved, cloned or restored.
        case elsewhere(path: String)
        /// The file that says whose the folder is cannot be read.
        case unreadable(path: String)
    }

    /// Opens the folder; makes its identity file when it is new.
    ///
    /// - Parameter newNode: the identity for a new folder.
    /// - Parameter lastRun: the highest run that left something here, in case its number is lost.
    package static func open(
        _ path: String, newNode: UInt128, lastRun: UInt32 = 0
    ) throws(Problem) -> DataFolder {
        do {
            return try opened(path, newNode: newNode, lastRun: lastRun)
        } catch let error as DiskError {
            throw .disk(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .unreadable(path: path + "/holdfast.node")
        }
    }

    /// Says whether a folder that is there could be opened; changes nothing in it.
    package static func check(_ path: String) throws(Problem) {
        let disk = RealDisk()
        do {
            if disk.exists(path + "/lock") { try disk.lock(path + "/lock").unlock() }
            _ = try known(path, on: disk)
        } catch let error as DiskError {
            throw .disk(error)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .unreadable(path: path + "/holdfast.node")
        }
    }

    /// What the folder's identity file says; nil where it is new.
    private static func known(_ path: String, on disk: RealDisk) throws -> NodeFile? {
        let file = path + "/holdfast.node"
        guard disk.exists(file) else { return nil }
        guard let known = NodeFile(try String(contentsOfFile: file, encoding: .utf8)) else {
            throw Problem.unreadable(path: file)
        }
        guard known.disk == (try disk.identity(of: path)),
            known.folder == (try FileStatus(of: path).number)
        else { throw Problem.elsewhere(path: path) }
        return known
    }

    private static func opened(
        _ path: String, newNode: UInt128, lastRun: UInt32
    ) throws -> DataFolder {
        let disk = RealDisk()
        try disk.makeFolder(path)
        let lock = try disk.lock(path + "/lock")
        var file = try known(path, on: disk) ?? NodeFile(node: newNode, here: path, on: disk)
        file.run = max(file.run, lastRun) + 1
        try replace(path, with: file.text, on: disk)
        return DataFolder(path: path, node: file.node, disk: file.disk, run: file.run, lock: lock)
    }

    /// Gives a folder that was moved, cloned or restored an identity of its own, where it lies now.
    ///
    /// What it holds stays as it is, and its runs go on: only who keeps it is another node, which ships
    /// all of it anew. Whoever was the node before keeps that name and its entries.
    ///
    /// - Parameter lastRun: the highest run that left something here, in case its number is lost.
    /// - Returns: the identity that it had; nil where none could be read.
    package static func adopt(
        _ path: String, newNode: UInt128, lastRun: UInt32
    ) throws(Problem) -> UInt128? {
        do {
            let disk = RealDisk()
            let lock = try disk.lock(path + "/lock")
            defer { lock.unlock() }
            let old = try? NodeFile(
                String(contentsOfFile: path + "/holdfast.node", encoding: .utf8))
            var file = try NodeFile(node: newNode, here: path, on: disk)
            file.run = max(old?.run ?? 0, lastRun)
            try replace(path, with: file.text, on: disk)
            return old?.node
        } catch let error as DiskError {
            throw .disk(error)
        } catch {
            throw .unreadable(path: path + "/holdfast.node")
        }
    }

    /// Lets another process, or another opening in this one, have the folder.
    package func leave() {
        lock?.unlock()
    }

    /// Writes the text into the spare file, syncs, and exchanges the names: a power cut leaves the old
    /// text or the new. Once there is a spare file this needs no room, so a full disk stops no start.
    private static func replace(_ folder: String, with text: String, on disk: RealDisk) throws {
        let (path, spare) = (folder + "/holdfast.node", folder + "/holdfast.node.spare")
        try write(text, to: spare, on: disk)
        if disk.exists(path), try disk.exchange(path, spare) {
            try disk.syncFolder(folder)
            return
        }
        try disk.rename(spare, to: path)
        try disk.syncFolder(folder)
        do throws(DiskError) {
            try write(text, to: spare, on: disk)
        } catch .full {
            // Then the next start needs room.
        }
    }

    private static func write(
        _ text: String, to path: String, on disk: RealDisk
    ) throws(DiskError) {
        let file = try disk.exists(path) ? disk.open(path, forWriting: true) : disk.create(path)
        let bytes = Array(text.utf8)
        try file.write(bytes, at: 0)
        try file.truncate(to: UInt64(bytes.count))
        try file.sync()
    }
}

extension DataFolder.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .disk(let error): "\(error)"
        case .elsewhere(let path):
            "\(path) was made on another disk, or is a copy; if it was moved, cloned or restored on "
                + "purpose, give it a new identity with `holdfast adopt \(path)`"
        case .unreadable(let path): "\(path) cannot be read as a node's identity"
        }
    }
}

/// The text of `holdfast.node`.
private struct NodeFile {
    var node: UInt128
    var disk: UInt64
    /// The number of the folder on its disk: a copy of it has another, also on the same disk.
    var folder: UInt64
    var run: UInt32

    /// A new one, for the folder as it lies now.
    init(node: UInt128, here path: String, on disk: RealDisk) throws(DiskError) {
        self.node = node
        self.disk = try disk.identity(of: path)
        folder = try FileStatus(of: path).number
        run = 0
    }

    init?(_ text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        guard values["format"] == "1",
            let node = values["node"].flatMap({ UInt128($0, radix: 16) }),
            let disk = values["disk"].flatMap({ UInt64($0, radix: 16) }),
            let folder = values["folder"].flatMap({ UInt64($0) }),
            let run = values["run"].flatMap({ UInt32($0) })
        else { return nil }
        (self.node, self.disk, self.folder, self.run) = (node, disk, folder, run)
    }

    var text: String {
        "format 1\nnode \(String(node, radix: 16))\ndisk \(String(disk, radix: 16))\n"
            + "folder \(folder)\nrun \(run)\n"
    }
}
