// SPDX-License-Identifier: Apache-2.0
// What a ledger could not take when it was told.

internal import HoldfastLedger
internal import Logging
internal import Synchronization

/// Changes that a ledger failed to commit. They go first at the next try, because a later change must
/// not stand in the ledger without them: a mail whose row is missing would never be offered again.
final class LedgerBacklog: Sendable {
    private let waiting = Mutex<[LedgerChange]>([])

    /// Nothing new may be kept meanwhile.
    var isBehind: Bool { waiting.withLock { !$0.isEmpty } }

    func commit(_ changes: [LedgerChange], to ledger: Ledger, logger: Logger) throws {
        try waiting.withLock { waiting in
            do {
                try ledger.commit(waiting + changes)
                waiting = []
            } catch {
                if waiting.isEmpty {
                    logger.error("Ledger not written", metadata: ["error": "\(error)"])
                }
                waiting += changes
                throw error
            }
        }
    }
}
