// SPDX-License-Identifier: Apache-2.0
// What the system says of a file.

internal import Foundation

/// What lies at a path; links are followed.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Sendable { case folder, file, other }

    package let kind: Kind
    package let bytes: UInt64
    /// Two paths with the same device and number name the same file.
    package let device: UInt64
    package let number: UInt64

    package init(of path: String) throws(DiskError) {
        var status = stat()
        guard stat(FileName.systemPath(path), &status) == 0 else {
            throw DiskError("asking about", path, errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: kind = .folder
        case S_IFREG: kind = .file
        default: kind = .other
        }
        bytes = UInt64(clamping: status.st_size)
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }

    /// What on a path is something other than a folder: the path itself, or what it leads through.
    static func obstacle(on path: String) -> String {
        var part = path[...]
        while !part.isEmpty {
            var status = stat()
            let isThere = stat(FileName.systemPath(String(part)), &status) == 0
            if isThere { return status.st_mode & S_IFMT == S_IFDIR ? path : String(part) }
            guard let slash = part.lastIndex(of: "/") else { break }
            part = part[..<slash]
        }
        return path
    }
}
