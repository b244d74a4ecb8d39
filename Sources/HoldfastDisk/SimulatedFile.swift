// SPDX-License-Identifier: Apache-2.0
// A file of the disk that breaks on purpose.

internal import Synchronization

final class SimulatedFile: DiskFile {
    private let disk: SimulatedDisk
    private let file: Int
    private let path: String

    init(disk: SimulatedDisk, file: Int, path: String) {
        self.disk = disk
        self.file = file
        self.path = path
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskError) {
        try changing { state, content throws(DiskError) in
            if case .full = state.fault { throw .full(path: path) }
            var count = bytes.count
            if case .cutAfter(let left) = state.fault {
                count = min(count, left)
                state.fault = .cutAfter(bytes: left - count)
                state.isCut = count < bytes.count
            }
            state.bytesWritten += count
            content.volatile.write(bytes.prefix(count), at: Int(offset))
            // The power failed within this write: what got through lies on the disk.
            if state.isCut { content.durable = content.volatile }
        }
        if disk.state.withLock({ $0.isCut }) { throw powerIsOff(path) }
    }

    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int
    {
        var count = 0
        try changing { state, content throws(DiskError) in
            if case .failRead(let bad, let end) = state.fault, offset < end,
                offset + UInt64(bytes.count) > bad
            {
                throw .failed(operation: "reading", path: path, errno: 5)
            }
            count = content.volatile.read(into: bytes, at: Int(offset))
        }
        return count
    }

    func sync() throws(DiskError) {
        try changing { state, content throws(DiskError) in
            state.syncs += 1
            if case .failSync(let after) = state.fault {
                state.fault = after > 0 ? .failSync(after: after - 1) : nil
                if after == 0 { throw .failed(operation: "syncing", path: path, errno: 5) }
            }
            content.durable = content.volatile
        }
    }

    func preallocate(from offset: UInt64, bytes: UInt64) throws(DiskError) {
        try changing { state, content throws(DiskError) in
            if case .full = state.fault { throw .full(path: path) }
            content.volatile.size = max(content.volatile.size, Int(offset + bytes))
        }
    }

    func truncate(to bytes: UInt64) throws(DiskError) {
        try changing { _, content throws(DiskError) in
            content.volatile.truncate(to: Int(bytes))
        }
    }

    func size() throws(DiskError) -> UInt64 {
        var size = 0
        try changing { _, content throws(DiskError) in size = content.volatile.size }
        return UInt64(size)
    }

    private func changing(
        _ change: (inout SimulatedDisk.State, inout SimulatedDisk.Content) throws(DiskError) -> Void
    ) throws(DiskError) {
        try disk.state.withLock { state throws(DiskError) in
            guard !state.isCut else { throw powerIsOff(path) }
            guard var content = state.files.removeValue(forKey: file) else {
                throw .absent(path: path)
            }
            defer { state.files[file] = content }
            try change(&state, &content)
        }
    }
}
