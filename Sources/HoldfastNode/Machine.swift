// SPDX-License-Identifier: Apache-2.0
// What a node takes from the machine under it, so that a simulation can be that machine.

package import HoldfastDisk

/// The machine under a node: its clocks, its chance, its disk, its threads.
package struct Machine: Sendable {
    package var clock: MachineClock
    package var chance: Chance
    package var disk: any Disk
    /// Makes a thread of this name for what waits on a disk.
    package var makeThread: @Sendable (_ name: String) -> DiskThread

    /// This machine, but for what is given.
    package init(
        clock: MachineClock = MachineClock(), chance: Chance = Chance(),
        disk: any Disk = RealDisk(),
        makeThread: @escaping @Sendable (_ name: String) -> DiskThread = { DiskThread(name: $0) }
    ) {
        self.clock = clock
        self.chance = chance
        self.disk = disk
        self.makeThread = makeThread
    }
}

/// Where a node's random numbers come from: the system, or in a simulation a seed.
package struct Chance: RandomNumberGenerator, Sendable {
    private let source: (@Sendable () -> UInt64)?
    private var system = SystemRandomNumberGenerator()

    package init() {
        source = nil
    }

    package init(_ source: @escaping @Sendable () -> UInt64) {
        self.source = source
    }

    package mutating func next() -> UInt64 {
        source?() ?? system.next()
    }
}
