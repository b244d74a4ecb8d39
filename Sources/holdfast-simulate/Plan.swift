// SPDX-License-Identifier: Apache-2.0
// What a seed decides before anything happens: how large the cluster is, and what may go wrong.

/// One thing that may go wrong again and again.
enum Trouble: CaseIterable, Hashable, Sendable {
    /// Calls and answers are lost, come twice, or late.
    case lossyNetwork
    /// Two machines do not reach each other for a while.
    case partition
    /// A process is killed; what it wrote is still with the kernel.
    case kill
    /// The power of a machine fails: what was not synced is lost or torn, its ledger is an older one.
    case powerCut
    /// A sync fails once.
    case failedSync
    /// A disk is full for a while.
    case fullDisk
    /// A disk does not read for a while.
    case unreadableDisk
    /// A bit of a record flips on one storage.
    case flippedBit
    /// A wall clock jumps.
    case jumpingClock
    /// The catalog is lost, or is an older one of itself.
    case olderCatalog
    /// A ledger is lost.
    case lostLedger
    /// The data folder of one storage is deleted.
    case lostFolder
    /// A helper dies again and again, at whatever it does.
    case dyingHelper
}

/// The beginning of one simulation.
struct Plan: Sendable {
    var storages: Int
    var gateways: Int
    var helpers: Int
    /// The last storage lies on the first one's disk.
    var sharesADisk: Bool
    var mails: Int
    /// Mails want from one up to so many copies.
    var copiesMax: Int
    var keepDays: [Int]
    /// For how long mails come and things go wrong, in seconds.
    var activeSeconds: Int64
    var troubles: [Trouble]
    /// Nothing goes wrong but with the DAL: then no mail may get more copies than it wants.
    var isOnlyTheDAL: Bool
    /// The number of the storage that is emptied while all goes on, and whether it is then taken away.
    var drained: Int?
    var isRetired: Bool
    /// After all is well again, so many days pass.
    var daysAfterwards: Int
    /// Milliseconds of the wall clock when it begins.
    var epoch: Int64

    /// A short one of the same kind in which nothing goes wrong by itself.
    var calm: Plan {
        var plan = self
        (plan.troubles, plan.isOnlyTheDAL, plan.drained, plan.daysAfterwards) = ([], false, nil, 0)
        (plan.mails, plan.activeSeconds, plan.helpers) = (2, 2, 1)
        return plan
    }

    init(seed: UInt64) {
        let dice = Dice(seed: seed &* 0x9e37_79b9 ^ 0x5eed)
        storages = 2 + dice.below(3)
        gateways = dice.happens(300) ? 2 : 1
        helpers = dice.happens(250) ? 2 : 1
        sharesADisk = storages > 2 && dice.happens(300)
        mails = 3 + dice.below(14)
        let disks = sharesADisk ? storages - 1 : storages
        copiesMax = dice.happens(500) ? disks : 1 + dice.below(disks)
        keepDays = [1 + dice.below(6), 7, 8 + dice.below(50)]
        let isOnlyTheDAL = dice.happens(150)
        let possible = isOnlyTheDAL ? [.kill, .olderCatalog] : Trouble.allCases
        troubles = possible.filter { _ in dice.happens(isOnlyTheDAL ? 700 : 350) }
        self.isOnlyTheDAL = isOnlyTheDAL
        let isDraining = dice.happens(200) && !isOnlyTheDAL && disks > copiesMax
        // Not the first: the last one may lie on its disk.
        drained = isDraining ? 2 + dice.below(disks - 1) : nil
        isRetired = dice.happens(500)
        // What drops expired mails looks once a minute.
        let isLong = troubles.contains(.jumpingClock) || isOnlyTheDAL
        activeSeconds = Int64(isLong ? 65 + dice.below(10) : 5 + dice.below(15))
        daysAfterwards = dice.happens(300) ? 1 + dice.below(12) : 0
        epoch = 1_790_000_000_000 + Int64(dice.below(86_400)) * 1000
    }
}
