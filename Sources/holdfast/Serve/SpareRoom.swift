// SPDX-License-Identifier: Apache-2.0
// Room that is kept for a start on a full disk.

internal import HoldfastDisk
internal import HoldfastNode
internal import ServiceLifecycle

/// Keeps a file in each folder that only takes room, and gives it away at a start that finds none.
///
/// A ledger or catalog that was closed in good order needs a little room to be opened again. Whoever
/// filled the disk meanwhile should not keep the mail that lies there from being read.
struct SpareRoom: Service {
    let folders: [String]

    private static let name = "room.spare"
    private static let bytes: UInt64 = 4 << 20
    /// It is taken only where there is much more.
    private static let freeBytesMin: UInt64 = 32 << 20
    private static let seconds = 60

    /// To be called before anything is opened. Blocks.
    func giveWhereNeeded() {
        let disk = RealDisk()
        for folder in folders {
            let spare = "\(folder)/\(Self.name)"
            guard disk.exists(spare), let space = try? disk.space(at: folder),
                space.free < Self.bytes
            else { continue }
            // Where it cannot be given, whatever needs the room says so.
            try? disk.remove(spare)
        }
    }

    func run() async throws {
        let thread = DiskThread(name: "spare room")
        defer { thread.stop() }
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await thread.run { take() }
                try? await Task.sleep(for: .seconds(Self.seconds))
            }
        }
    }

    /// Takes the room again where there is some. Blocks.
    func take() {
        let disk = RealDisk()
        for folder in folders {
            let spare = "\(folder)/\(Self.name)"
            guard !disk.exists(spare), let space = try? disk.space(at: folder),
                space.free >= Self.freeBytesMin
            else { continue }
            do {
                try disk.create(spare).preallocate(from: 0, bytes: Self.bytes)
            } catch {
                // Another took the room: the next look may find some.
                try? disk.remove(spare)
            }
        }
    }
}
