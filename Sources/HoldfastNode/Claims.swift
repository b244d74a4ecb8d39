// SPDX-License-Identifier: Apache-2.0
// Which ids are being kept at this moment.

internal import HoldfastModel
internal import Synchronization

/// The ids that somebody is keeping now, from the offer until the ledger knows them, so that a
/// second offer of the same mail waits instead of becoming a second record (D6).
final class Claims: Sendable {
    private let claims = Mutex<[MailID: [CheckedContinuation<Void, Never>]]>([:])

    /// Claims what nobody else has; returns the indices. The same id twice is claimed once.
    func claim(_ mails: [MailID]) -> [Int] {
        claims.withLock { claims in
            mails.indices.filter { index in
                guard claims[mails[index]] == nil else { return false }
                claims[mails[index]] = []
                return true
            }
        }
    }

    func release(_ mails: [MailID]) {
        let waiters = claims.withLock { claims in
            mails.flatMap { claims.removeValue(forKey: $0) ?? [] }
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when nobody has claimed this id any more.
    func released(_ mail: MailID) async {
        await withCheckedContinuation { continuation in
            let isFree = claims.withLock { claims in
                claims[mail]?.append(continuation)
                return claims[mail] == nil
            }
            if isFree { continuation.resume() }
        }
    }
}
