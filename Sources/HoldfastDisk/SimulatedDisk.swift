// SPDX-License-Identifier: Apache-2.0
// A disk in memory that breaks on purpose: cut after any byte, full, failing, forgetting.

internal import Synchronization

/// A disk in memory that knows what would survive a power cut, and breaks when it is told to.
///
/// What was written is *volatile* until a sync. Names are volatile until their folder is synced.
package final class SimulatedDisk: Disk {
    /// What goes wrong, and when.
    package enum Fault: Sendable {
        /// The power fails after this many more bytes were written: the rest of that write is lost.
        case cutAfter(bytes: Int)
        /// The nth sync from now fails; what it should have made durable is lost.
        case failSync(after: Int)
        /// Writes and reservations find the disk full.
        case full
    }

    struct Content {
        var volatile: [UInt8] = []
        var durable: [UInt8] = []
    }

    struct State {
        var files: [String: Content] = [:]
        var durableNames: [String: String] = [:]
        var folders: Set<String> = []
        var fault: Fault?
        var isCut = false
        var bytesWritten = 0
        var syncs = 0
    }

    let state = Mutex(State())

    package init() {}

    package func set(_ fault: Fault?) {
        state.withLock { $0.fault = fault }
    }

    /// How many bytes were ever written, and how many syncs were asked for.
    package var written: (bytes: Int, syncs: Int) {
        state.withLock { ($0.bytesWritten, $0.syncs) }
    }

    /// What is left after the power came back: a part of what was not synced may have reached the disk.
    ///
    /// - Parameter keepUnsynced: whether unsynced bytes happen to have been written.
    package func powerCut(keepUnsynced: Bool) {
        state.withLock { state in
            state.fault = nil
            state.isCut = false
            guard !keepUnsynced else {
                state.files = state.files.mapValues {
                    Content(volatile: $0.volatile, durable: $0.volatile)
                }
                state.durableNames = Dictionary(
                    uniqueKeysWithValues: state.files.keys.map { ($0, $0) })
                return
            }
            var files: [String: Content] = [:]
            for (name, path) in state.durableNames {
                guard let durable = state.files[path]?.durable else { continue }
                files[name] = Content(volatile: durable, durable: durable)
            }
            state.files = files
            state.durableNames = Dictionary(uniqueKeysWithValues: files.keys.map { ($0, $0) })
        }
    }

    /// Changes one bit of what lies in a file.
    package func flipBit(in path: String, at offset: Int) {
        state.withLock { state in
            state.files[path]?.volatile[offset] ^= 1
            state.files[path]?.durable[offset] ^= 1
        }
    }

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try changing(path) { state throws(DiskError) in
            guard state.files[path] == nil else { throw .exists(path: path) }
            state.files[path] = Content()
        }
        return SimulatedFile(disk: self, path: path)
    }

    package func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile {
        guard exists(path) else { throw .absent(path: path) }
        return SimulatedFile(disk: self, path: path)
    }

    package func names(in folder: String) throws(DiskError) -> [String] {
        state.withLock { state in
            state.files.keys.filter { parent(of: $0) == folder }.map {
                String($0.dropFirst(folder.count + 1))
            }
            .sorted()
        }
    }

    package func makeFolder(_ path: String) throws(DiskError) {
        state.withLock { _ = $0.folders.insert(path) }
    }

    package func exists(_ path: String) -> Bool {
        state.withLock { $0.files[path] != nil || $0.folders.contains(path) }
    }

    package func rename(_ path: String, to other: String) throws(DiskError) {
        try changing(path) { state throws(DiskError) in
            guard let content = state.files.removeValue(forKey: path) else {
                throw .absent(path: path)
            }
            state.files[other] = content
            // Until the folder is synced a power cut brings the old name back.
            for (name, current) in state.durableNames where current == path {
                state.durableNames[name] = other
            }
        }
    }

    package func remove(_ path: String) throws(DiskError) {
        try changing(path) { state throws(DiskError) in
            guard state.files.removeValue(forKey: path) != nil else { throw .absent(path: path) }
        }
    }

    package func syncFolder(_ path: String) throws(DiskError) {
        try changing(path) { state throws(DiskError) in
            let here = state.files.keys.filter { parent(of: $0) == path }
            state.durableNames = state.durableNames.filter { parent(of: $0.key) != path }
            for name in here { state.durableNames[name] = name }
        }
    }

    package func space(at path: String) throws(DiskError) -> DiskSpace {
        state.withLock { state in
            if case .full = state.fault { return DiskSpace(free: 0, total: 1 << 40) }
            return DiskSpace(free: 1 << 39, total: 1 << 40)
        }
    }

    private func changing(
        _ path: String, _ change: (inout State) throws(DiskError) -> Void
    ) throws(DiskError) {
        try state.withLock { state throws(DiskError) in
            guard !state.isCut else { throw powerIsOff(path) }
            try change(&state)
        }
    }
}

func powerIsOff(_ path: String) -> DiskError {
    .failed(operation: "reaching", path: path, errno: 5)
}

private func parent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
}
