// SPDX-License-Identifier: Apache-2.0
// What a keeper of records holds only to be faster.

internal import HoldfastLedger
internal import HoldfastSegments

extension RecordKeeper {
    /// Lets go of the ledger's cached pages and of the room for batches.
    package func giveMemoryBack() async {
        ledger.giveMemoryBack()
        // Who is closing has little left to give.
        try? await betweenBatches { $0.giveMemoryBack() }
    }
}
