// SPDX-License-Identifier: Apache-2.0
// Small files, read and written whole.

internal import Foundation
internal import HoldfastDisk

extension RealDisk {
    private static let pieceBytes = 64 << 10

    /// What a small file holds: a configuration, a token, a key.
    func octets(of path: String, bytesMax: Int = 4 << 20) throws(DiskError) -> [UInt8] {
        let file = try open(path, forWriting: false)
        var octets: [UInt8] = []
        while octets.count < bytesMax {
            let wanted = min(Self.pieceBytes, bytesMax - octets.count)
            let piece = try file.read(upTo: wanted, at: UInt64(octets.count))
            if piece.isEmpty { break }
            octets.append(contentsOf: piece)
        }
        return octets
    }

    func text(of path: String) throws(DiskError) -> String {
        String(decoding: try octets(of: path), as: UTF8.self)
    }

    /// Makes a new file, durable with all that is in it when this returns.
    func write(_ octets: [UInt8], to path: String) throws(DiskError) {
        let file = try create(path)
        try file.write(octets, at: 0)
        try file.sync()
    }
}

extension DiskFile {
    /// So many bytes, or fewer where the file ends.
    func read(upTo count: Int, at offset: UInt64) throws(DiskError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let filled = try bytes.withUnsafeMutableBufferPointer { bytes throws(DiskError) -> Int in
            try read(into: UnsafeMutableRawBufferPointer(bytes), at: offset)
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}

/// Parts of a path.
enum Path {
    /// The folder that a path lies in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Whether both name one file or folder that is there.
    static func isSame(_ path: String, _ other: String) -> Bool {
        guard let one = try? FileStatus(of: path), let two = try? FileStatus(of: other) else {
            return false
        }
        return (one.device, one.number) == (two.device, two.number)
    }

    static func isFolder(_ path: String) -> Bool { kind(path) == .folder }

    /// Nil when there is nothing.
    static func kind(_ path: String) -> FileStatus.Kind? {
        // Whatever keeps it from being looked at, it cannot be used.
        try? FileStatus(of: path).kind
    }
}
