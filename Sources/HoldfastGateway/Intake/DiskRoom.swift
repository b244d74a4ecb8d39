// SPDX-License-Identifier: Apache-2.0
// How much room the spool's disk has, as it was a moment ago.

internal import HoldfastDisk
internal import HoldfastNode
internal import Synchronization

/// Owns the last answer of the disk, so that a mail can be refused before it is sent (D10).
final class DiskRoom: Sendable {
    private let path: String
    private let reserveBytes: UInt64
    private let last = Mutex(DiskSpace(free: .max, total: .max))

    init(of path: String, reserveBytes: UInt64) {
        self.path = path
        self.reserveBytes = reserveBytes
    }

    var space: DiskSpace { last.withLock { $0 } }

    /// A little before the segments refuse: what has begun should go well.
    var isNearlyFull: Bool { space.free < reserveBytes + reserveBytes / 8 }

    /// Asks the disk.
    func look(by keeper: RecordKeeper) async {
        let path = path
        // A disk that does not answer has no room.
        let space = try? await keeper.read { [disk = keeper.machine.disk] _, _ in
            try disk.space(at: path)
        }
        last.withLock { $0 = space ?? DiskSpace(free: 0, total: 0) }
    }
}
