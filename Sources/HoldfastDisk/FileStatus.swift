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
        guard stat(path, &status) == 0 else { throw DiskError("asking about", path, errno) }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: kind = .folder
        case S_IFREG: kind = .file
        default: kind = .other
        }
        bytes = UInt64(clamping: status.st_size)
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
    }
}
