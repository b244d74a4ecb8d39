// SPDX-License-Identifier: Apache-2.0
// The links of an installation, as a Registry keeps them.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastNode
internal import Synchronization

/// Owns the links that a Registry knows, in memory and in a small file.
///
/// The file is there once somebody has changed the links: without it they are the standard ones, until
/// somebody who knows higher ones says so.
final class LinksFile: Sendable {
    private let path: String
    private let disk: any Disk
    private let thread: DiskThread
    private let known: Mutex<Links>

    private static let bytesMax = 1 << 20

    /// What became of links that somebody brought.
    enum Answer { case taken, known, outdated(Int) }

    /// Reads the file. Blocks.
    init(path: String, machine: Machine) throws {
        self.path = path
        disk = machine.disk
        thread = machine.makeThread("links")
        known = Mutex(try Self.read(path, on: machine.disk) ?? .standard)
    }

    var links: Links { known.withLock { $0 } }

    func close() { thread.stop() }

    /// Takes links with a higher number than those that are known; durable on return.
    func take(_ links: Links) async throws -> Answer {
        try await thread.run { [self] in
            // All changes come by this thread, one after the other.
            let old = known.withLock { $0 }
            guard links != old else { return .known }
            guard links.goesBefore(old) else { return .outdated(old.number) }
            try write(links)
            known.withLock { $0 = links }
            return .taken
        }
    }

    private func write(_ links: Links) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let fresh = path + ".new"
        if disk.exists(fresh) { try disk.remove(fresh) }
        let file = try disk.create(fresh)
        try file.write([UInt8](try encoder.encode(links)), at: 0)
        try file.sync()
        try disk.rename(fresh, to: path)
        try disk.syncFolder(Self.folder(of: path))
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func read(_ path: String, on disk: any Disk) throws -> Links? {
        guard disk.exists(path) else { return nil }
        let file = try disk.open(path, forWriting: false)
        var octets = [UInt8](repeating: 0, count: min(Int(clamping: try file.size()), bytesMax))
        let count = try octets.withUnsafeMutableBytes { bytes in try file.read(into: bytes, at: 0) }
        guard let links = try? JSONDecoder().decode(Links.self, from: Data(octets.prefix(count))),
            links.fault == nil
        else {
            throw ConfigurationError(
                "[registry] links_file \(path) cannot be read as links: bring it back, or remove it and"
                    + " set the links again with `holdfast links set`")
        }
        return links
    }
}
