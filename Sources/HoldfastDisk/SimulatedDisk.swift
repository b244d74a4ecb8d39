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
        /// No file can be read from this offset on, or up to another one.
        case failRead(from: UInt64, upTo: UInt64 = .max)
        /// Files that are there cannot be opened.
        case failOpen(DiskError)
    }

    struct Content {
        var volatile = FileImage()
        var durable = FileImage()
    }

    struct State {
        /// Files by number: an open file outlives its name.
        var files: [Int: Content] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var folders: Set<String> = []
        var lastFile = 0
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
            if keepUnsynced {
                state.durableNames = state.names
                state.files = state.files.mapValues {
                    Content(volatile: $0.volatile, durable: $0.volatile)
                }
            } else {
                state.names = state.durableNames
                state.files = state.files.mapValues {
                    Content(volatile: $0.durable, durable: $0.durable)
                }
            }
        }
    }

    /// As above, but what was not synced reached the disk sector by sector, in no order.
    ///
    /// Names are as a journal has them: all that was done to a folder, or what was synced of it.
    ///
    /// - Parameter survives: asked for each sector, each file's size, and the names of all folders.
    package func powerCut(survives: () -> Bool) {
        state.withLock { state in
            state.fault = nil
            state.isCut = false
            for file in state.files.keys.sorted() {
                guard var content = state.files[file] else { continue }
                content.durable.take(partsOf: content.volatile, survives)
                content.volatile = content.durable
                state.files[file] = content
            }
            if survives() { state.durableNames = state.names }
            state.names = state.durableNames
        }
    }

    /// The power has failed within a write: nothing answers any more.
    package var isCut: Bool { state.withLock { $0.isCut } }

    /// Changes one bit of what lies in a file.
    package func flipBit(in path: String, at offset: Int) {
        state.withLock { state in
            guard let name = state.names[path], var file = state.files[name] else { return }
            // What was written since the last sync is not in the durable part yet.
            if offset < file.volatile.bytes.count { file.volatile.bytes[offset] ^= 1 }
            if offset < file.durable.bytes.count { file.durable.bytes[offset] ^= 1 }
            state.files[name] = file
        }
    }

    /// How many bytes of a file were written, not only reserved.
    package func writtenBytes(of path: String) -> Int {
        state.withLock { state in
            state.names[path].flatMap { state.files[$0] }?.volatile.bytes.count ?? 0
        }
    }

    package func create(_ path: String) throws(DiskError) -> any DiskFile {
        try changing(path) { state throws(DiskError) in
            guard state.names[path] == nil else { throw .exists(path: path) }
            state.lastFile += 1
            state.names[path] = state.lastFile
            state.files[state.lastFile] = Content()
        }
        return try open(path, forWriting: true)
    }

    package func open(_ path: String, forWriting: Bool) throws(DiskError) -> any DiskFile {
        let (found, fault) = state.withLock { ($0.names[path], $0.fault) }
        guard let file = found else { throw .absent(path: path) }
        if case .failOpen(let error) = fault { throw error }
        return SimulatedFile(disk: self, file: file, path: path)
    }

    package func names(in folder: String) throws(DiskError) -> [String] {
        state.withLock { state in
            state.names.keys.filter { parent(of: $0) == folder }
                .map { String($0.dropFirst(folder.count + 1)) }.sorted()
        }
    }

    package func makeFolder(_ path: String) throws(DiskError) {
        state.withLock { _ = $0.folders.insert(path) }
    }

    package func exists(_ path: String) -> Bool {
        state.withLock { $0.names[path] != nil || $0.folders.contains(path) }
    }

    package func rename(_ path: String, to other: String) throws(DiskError) {
        try changing(path) { state throws(DiskError) in
            guard let file = state.names.removeValue(forKey: path) else {
                throw .absent(path: path)
            }
            state.names[other] = file
        }
    }

    package func remove(_ path: String) throws(DiskError) {
        try changing(path) { state throws(DiskError) in
            guard state.names.removeValue(forKey: path) != nil else { throw .absent(path: path) }
        }
    }

    package func syncFolder(_ path: String) throws(DiskError) {
        try changing(path) { state throws(DiskError) in
            state.durableNames = state.durableNames.filter { parent(of: $0.key) != path }
            for (name, file) in state.names where parent(of: name) == path {
                state.durableNames[name] = file
            }
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
