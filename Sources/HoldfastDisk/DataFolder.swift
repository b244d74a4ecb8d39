// SPDX-License-Identifier: Apache-2.0
// The folder in which a node keeps what it keeps: whose it is, and that nobody else is in it.

internal import CHoldfast
internal import Foundation

/// A node's data folder, locked for this process; it holds node id, disk identity and run number.
///
/// The run number grows by one each time the folder is opened, durably, before anything is written
/// under it: what a run began, no other run goes on with (D3).
package struct DataFolder: Sendable {
    package let path: String
    package let node: UInt128
    package let disk: UInt64
    package let run: UInt32
    private let lock: RealFile

    /// Why a data folder cannot be used.
    package enum Problem: Error, Equatable {
        case disk(DiskError)
        /// The folder was made on another disk: moved, cloned or restored.
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

    private static func opened(
        _ path: String, newNode: UInt128, lastRun: UInt32
    ) throws -> DataFolder {
        let disk = RealDisk()
        try disk.makeFolder(path)
        let lock = try disk.lock(path + "/lock")
        let identity = try disk.identity(of: path)
        var file = NodeFile(node: newNode, disk: identity, run: 0)
        if disk.exists(path + "/holdfast.node") {
            guard
                let known = NodeFile(
                    try String(contentsOfFile: path + "/holdfast.node", encoding: .utf8))
            else { throw Problem.unreadable(path: path + "/holdfast.node") }
            guard known.disk == identity else { throw Problem.elsewhere(path: path) }
            file = known
        }
        file.run = max(file.run, lastRun) + 1
        try replace(path, with: file.text, on: disk)
        return DataFolder(path: path, node: file.node, disk: identity, run: file.run, lock: lock)
    }

    /// Lets another process, or another opening in this one, have the folder.
    package func leave() {
        lock.unlock()
    }

    /// Writes beside, syncs, renames over: a power cut leaves the old text or the new.
    private static func replace(_ folder: String, with text: String, on disk: RealDisk) throws {
        let beside = folder + "/holdfast.node.new"
        if disk.exists(beside) { try disk.remove(beside) }
        let file = try disk.create(beside)
        try file.write(Array(text.utf8), at: 0)
        try file.sync()
        try disk.rename(beside, to: folder + "/holdfast.node")
        try disk.syncFolder(folder)
    }
}

extension DataFolder.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .disk(let error): "\(error)"
        case .elsewhere(let path):
            "\(path) was made on another disk; if it was moved or restored on purpose, give it a new "
                + "identity by removing \(path)/holdfast.node"
        case .unreadable(let path): "\(path) cannot be read as a node's identity"
        }
    }
}

/// The text of `holdfast.node`.
private struct NodeFile {
    var node: UInt128
    var disk: UInt64
    var run: UInt32

    init(node: UInt128, disk: UInt64, run: UInt32) {
        (self.node, self.disk, self.run) = (node, disk, run)
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
            let run = values["run"].flatMap({ UInt32($0) })
        else { return nil }
        self.init(node: node, disk: disk, run: run)
    }

    var text: String {
        "format 1\nnode \(String(node, radix: 16))\ndisk \(String(disk, radix: 16))\nrun \(run)\n"
    }
}
