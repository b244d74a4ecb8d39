// SPDX-License-Identifier: Apache-2.0
// Known bugs, put in one at a time, to show that the simulation would find them.

internal import ArgumentParser

/// A bug that is planted around the shipped code, never in it.
enum Plant: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Disks of gateways say that they have synced, and have not.
    case ackBeforeSync = "ack-before-sync"
    /// A gateway lets go of what it has leased out, as if it were done.
    case forgottenLease = "forgotten-lease"
    /// A storage keeps a second copy on the disk of the first.
    case copyOnTheSameDisk = "copy-on-the-same-disk"
    /// The DAL names as its position how many rows it has, which starts and failures set apart.
    case positionIsARowNumber = "position-is-a-row-number"
    /// A storage believes its wall clock, whatever speaks against it.
    case expiryOnAJumpedClock = "expiry-on-a-jumped-clock"
    /// What is offered again goes to any storage, not to the one that has it.
    case resendToARandomNode = "resend-to-a-random-node"

    var meaning: String {
        switch self {
        case .ackBeforeSync: "a gateway says 250 before its disk has synced"
        case .forgottenLease: "a gateway forgets what it leased out, although no ack came"
        case .copyOnTheSameDisk: "a storage takes a copy whose like lies on its disk"
        case .positionIsARowNumber: "the DAL's position is a number of rows"
        case .expiryOnAJumpedClock: "a storage drops segments on the word of a clock that jumped"
        case .resendToARandomNode:
            "a mail without its ack is offered to any storage, again and again"
        }
    }
}
