// SPDX-License-Identifier: Apache-2.0
// Looks at the sources of an import before anything begins.

internal import HoldfastDisk
internal import HoldfastNode

/// What the command line names, looked at as far as it takes to know whether it can be read at all.
enum SourceCheck {
    /// Why none of the sources can be read; nil when one can.
    ///
    /// Waits for a disk, so not for cooperative threads.
    static func problem(of sources: [ImportSource]) -> String? {
        let problems = sources.compactMap { problem(of: $0) }
        return problems.count < sources.count ? nil : problems.joined(separator: "; ")
    }

    private static func problem(of source: ImportSource) -> String? {
        var walk = SourceWalk([source])
        do throws(DiskError) {
            switch try walk.openSource() {
            case .unreadable(_, let reason): return "\(source): \(reason)"
            case .file(let file):
                _ = try RealDisk().open(file.path, forWriting: false)
                return nil
            case .skipped, nil: return nil
            }
        } catch {
            return "\(error)"
        }
    }

    /// What the sources hold, for a bar: a first walk that only adds up sizes.
    ///
    /// Waits for a disk, so not for cooperative threads.
    static func bytesInAll(of sources: [ImportSource]) -> UInt64 {
        var walk = SourceWalk(sources)
        var bytes: UInt64 = 0
        while let found = walk.next() {
            if case .file(let file) = found { bytes += file.bytes }
        }
        return bytes
    }
}
