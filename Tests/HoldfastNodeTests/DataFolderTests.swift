// SPDX-License-Identifier: Apache-2.0
// A data folder's identity: whose it is, how often it was opened, and what a start needs for it.

import Foundation
import HoldfastDisk
import HoldfastNode
import Testing

@Suite("Data folders")
struct DataFolderTests {
    /// The files that hold the identity now and at the next opening, by their numbers on the disk.
    private func numbers(in folder: TemporaryFolder) throws -> Set<UInt64> {
        let names = try RealDisk().names(in: folder.path).filter { $0.hasPrefix("holdfast.node") }
        #expect(names == ["holdfast.node", "holdfast.node.spare"])
        return try Set(names.map { try FileStatus(of: "\(folder.path)/\($0)").number })
    }

    @Test("D3: each opening has a run of its own, and needs no new file for it")
    func runs() throws {
        let folder = TemporaryFolder()
        let first = try DataFolder.open(folder.path, newNode: 7)
        first.leave()
        let files = try numbers(in: folder)
        for run in 2...12 {
            let opened = try DataFolder.open(folder.path, newNode: 9)
            #expect(opened.run == UInt32(run))
            #expect(opened.node == 7)
            #expect(try numbers(in: folder) == files)
            opened.leave()
        }
    }

    @Test("a spare file that is gone or cut off is made again", arguments: [true, false])
    func spare(isGone: Bool) throws {
        let folder = TemporaryFolder()
        try DataFolder.open(folder.path, newNode: 7).leave()
        let spare = folder.path + "/holdfast.node.spare"
        if isGone {
            try RealDisk().remove(spare)
        } else {
            try RealDisk().open(spare, forWriting: true).truncate(to: 3)
        }
        for run in 2...4 {
            let opened = try DataFolder.open(folder.path, newNode: 9)
            #expect(opened.run == UInt32(run))
            opened.leave()
        }
        _ = try numbers(in: folder)
    }

    @Test("a look at a folder says what an opening would, and leaves nothing")
    func check() throws {
        let folder = TemporaryFolder()
        try RealDisk().makeFolder(folder.path)
        try DataFolder.check(folder.path)
        #expect(try RealDisk().names(in: folder.path).isEmpty)
        let opened = try DataFolder.open(folder.path, newNode: 7)
        #expect(throws: DataFolder.Problem.disk(.locked(path: folder.path + "/lock"))) {
            try DataFolder.check(folder.path)
        }
        opened.leave()
        try DataFolder.check(folder.path)
        let again = try DataFolder.open(folder.path, newNode: 7)
        #expect(again.run == 2)
        again.leave()
        let text = Data("format 1\nnode 7\ndisk 1\nfolder 1\nrun 3\n".utf8)
        try text.write(to: URL(fileURLWithPath: folder.path + "/holdfast.node"))
        #expect(throws: DataFolder.Problem.elsewhere(path: folder.path)) {
            try DataFolder.check(folder.path)
        }
    }

    @Test("a copy of a folder does not start; adopted it is a node of its own and its runs go on")
    func adopted() throws {
        let (folder, other) = (TemporaryFolder(), TemporaryFolder())
        try DataFolder.open(folder.path, newNode: 7).leave()
        try DataFolder.open(folder.path, newNode: 7).leave()
        try FileManager.default.copyItem(atPath: folder.path, toPath: other.path)
        #expect(throws: DataFolder.Problem.elsewhere(path: other.path)) {
            try DataFolder.open(other.path, newNode: 8)
        }
        #expect(try DataFolder.adopt(other.path, newNode: 9, lastRun: 0) == 7)
        let opened = try DataFolder.open(other.path, newNode: 8)
        #expect(opened.node == 9 && opened.run == 3)
        #expect(throws: DataFolder.Problem.disk(.locked(path: other.path + "/lock"))) {
            try DataFolder.adopt(other.path, newNode: 10, lastRun: 0)
        }
        opened.leave()
        let first = try DataFolder.open(folder.path, newNode: 8)
        #expect(first.node == 7 && first.run == 3)
        first.leave()
    }

    @Test("a folder keeps its identity when only its name changes")
    func renamed() throws {
        let (folder, other) = (TemporaryFolder(), TemporaryFolder())
        try DataFolder.open(folder.path, newNode: 7).leave()
        try RealDisk().rename(folder.path, to: other.path)
        let opened = try DataFolder.open(other.path, newNode: 8)
        #expect(opened.node == 7 && opened.run == 2)
        opened.leave()
    }
}
