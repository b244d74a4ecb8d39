// SPDX-License-Identifier: Apache-2.0
// A storage that was away reads nothing out before it has the orders that were given meanwhile.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1
internal import Synchronization

/// Whether this storage, since its start, has all that people ordered while it was away: until then it may
/// hold what was purged.
///
/// The DAL is asked. Where none lives, some seconds after the start too, nobody can be asked, and the
/// storage answers: nothing but its own records can be searched then.
final class OrdersHeard: Sendable {
    private let node: NodeID
    private let surroundings: Surroundings
    private let patienceMilliseconds: Int64
    /// Until then, by the monotonic clock, a Registry or DAL that started with it may be late.
    private let loneliness: Int64
    private let state = Mutex(false)

    private static let againMilliseconds: Int64 = 100
    private static let againMillisecondsMax: Int64 = 3_200

    /// - Parameter patienceMilliseconds: who reads is kept waiting so long: more than a DAL that died stays
    ///   in the roster.
    /// - Parameter lateMilliseconds: a DAL that started with this storage may come so late.
    init(
        node: NodeID, surroundings: Surroundings, patienceMilliseconds: Int64 = 8_000,
        lateMilliseconds: Int64 = 6_000
    ) {
        self.patienceMilliseconds = patienceMilliseconds
        loneliness = surroundings.clock.monotonicMilliseconds + lateMilliseconds
        self.node = node
        self.surroundings = surroundings
    }

    /// Returns when all are heard, or it is cancelled.
    func run() async {
        var milliseconds = Self.againMilliseconds
        while !(await look()), !Task.isCancelled {
            await surroundings.clock.sleep(milliseconds: milliseconds)
            milliseconds = min(2 * milliseconds, Self.againMillisecondsMax)
        }
    }

    /// Returns when it may be read here; refuses for now when that takes long.
    func wait() async throws {
        let clock = surroundings.clock
        let end = clock.monotonicMilliseconds + patienceMilliseconds
        while !(await look()) {
            guard clock.monotonicMilliseconds < end, !Task.isCancelled else {
                throw Refusal.unavailable(
                    "It was away, and has not heard yet what was ordered meanwhile.")
            }
            await surroundings.clock.sleep(milliseconds: Self.againMilliseconds)
        }
    }

    /// Asks, unless all was heard before.
    private func look() async -> Bool {
        if state.withLock({ $0 }) { return true }
        let isHeard = await ask()
        if isHeard { state.withLock { $0 = true } }
        return isHeard
    }

    private func ask() async -> Bool {
        guard !surroundings.roster.registries.isEmpty else { return true }
        let isAlone = surroundings.clock.monotonicMilliseconds >= loneliness
        guard let roster = try? await surroundings.roster.refresh().roster else { return isAlone }
        guard let dal = roster.nodes(of: .dal).first else {
            return isAlone && roster.isYoung != true
        }
        let answer = try? await surroundings.client.json(
            .GET, "\(dal.address)/nodes/\(node)/dues", as: DuesAnswer.self)
        return answer?.orders == 0
    }
}
