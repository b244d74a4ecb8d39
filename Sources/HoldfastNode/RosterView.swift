// SPDX-License-Identifier: Apache-2.0
// Who lives, as this process last heard.

internal import HoldfastModel
internal import NIOHTTP1
internal import Synchronization

/// What the Registries said last: who lives, and how they are linked.
package final class RosterView: Sendable {
    private let registries: [String]
    private let client: NodeClient
    private let clock: MachineClock
    private let state = Mutex<(roster: Roster, links: Links)?>(nil)
    private let ahead = Mutex<Int64?>(nil)

    package init(registries: [String], client: NodeClient, clock: MachineClock) {
        self.registries = registries
        self.client = client
        self.clock = clock
    }

    /// The Registry's wall clock minus ours, in milliseconds, as the last answer showed it.
    package var clockAhead: Int64? { ahead.withLock { $0 } }

    /// The last roster; nil before a Registry has answered once.
    package var current: (roster: Roster, links: Links)? { state.withLock { $0 } }

    /// Asks the Registries in turn; when none answers, the last roster stands.
    @discardableResult
    package func refresh() async throws -> (roster: Roster, links: Links) {
        var last: any Error = NodeError(
            status: 0, address: "", message: "no Registry is configured")
        for registry in registries {
            do {
                let roster = try await client.json(.GET, "\(registry)/nodes", as: Roster.self)
                let links = try await client.json(.GET, "\(registry)/links", as: Links.self)
                ahead.withLock { $0 = roster.clock - clock.now.milliseconds }
                return state.withLock { state in
                    let newest = [links, state?.links].compactMap(\.self).max {
                        $0.number < $1.number
                    }
                    let view = (roster: roster, links: newest ?? links)
                    state = view
                    return view
                }
            } catch {
                last = error
            }
        }
        guard let known = current else { throw last }
        return known
    }
}
