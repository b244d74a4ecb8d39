// SPDX-License-Identifier: Apache-2.0
// A data folder that was moved, cloned or restored becomes a node of its own (D3).

internal import HoldfastDisk
package import HoldfastModel
internal import HoldfastSegments

extension RecordKeeper {
    /// What a folder was, and what it is now.
    package struct Adoption: Sendable {
        /// Nil where its file could not be read.
        package var old: NodeID?
        package var new: NodeID
        package var segments: Int
    }

    /// The file that says that a data folder is an older state of itself.
    package static let olderMark = "older-state"

    /// Gives a data folder a new identity; whoever has it open must let go of it first. Blocks.
    ///
    /// The runs go on above what the folder's file and its segments show, so that no segment's number
    /// is given twice.
    package static func adopt(_ path: String) throws -> Adoption {
        var random = SystemRandomNumberGenerator()
        let new = NodeID(using: &random)
        let disk = RealDisk()
        let files = try SegmentFolder(path + "/segments", on: disk).files()
        guard !files.isEmpty || disk.exists(path + "/holdfast.node") else {
            throw DiskError.absent(path: path + "/holdfast.node")
        }
        let old = try DataFolder.adopt(
            path, newNode: new.number,
            lastRun: SegmentStore.run(of: files.last?.segment ?? 0))
        if disk.exists("\(path)/\(olderMark)") { try disk.remove("\(path)/\(olderMark)") }
        return Adoption(old: old.map { NodeID($0) }, new: new, segments: files.count)
    }
}
