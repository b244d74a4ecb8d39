// SPDX-License-Identifier: Apache-2.0
// Who lives, as this process last heard.

internal import HoldfastModel
internal import NIOHTTP1
internal import Synchronization

/// What the Registries said last: who lives, and how they are linked.
package final class RosterView: Sendable {
    private typealias View = (roster: Roster, links: Links)

    private let configured: [String]
    private let client: NodeClient
    private let clock: MachineClock
    private let state = Mutex<View?>(nil)
    private let ahead = Mutex<Int64?>(nil)
    private let learned = Mutex<[String]>([])

    /// After the first answer the other Registries are waited for so long.
    private static let patienceMilliseconds: Int64 = 300
    private static let registriesMax = 16

    package init(registries: [String], client: NodeClient, clock: MachineClock) {
        configured = registries
        self.client = client
        self.clock = clock
    }

    /// The base addresses of all Registries: those of the configuration, and those that they named.
    package var registries: [String] {
        configured + learned.withLock { $0 }.filter { !configured.contains($0) }
    }

    /// The Registry's wall clock minus ours, in milliseconds, as the last answer showed it.
    package var clockAhead: Int64? { ahead.withLock { $0 } }

    /// The last roster; nil before a Registry has answered once.
    package var current: (roster: Roster, links: Links)? { state.withLock { $0 } }

    /// Asks all the Registries; when none answers, the last roster stands.
    @discardableResult
    package func refresh() async throws -> (roster: Roster, links: Links) {
        let (answers, fault) = await askAll()
        guard !answers.isEmpty else {
            guard let known = current else {
                throw fault
                    ?? NodeError(status: 0, address: "", message: "no Registry is configured")
            }
            return known
        }
        let view = state.withLock { state in
            let view = (
                roster: RosterRules.roster(of: answers, known: state?.roster),
                links: RosterRules.links(of: answers, known: state?.links)
            )
            state = view
            return view
        }
        ahead.withLock { $0 = view.roster.clock - clock.now.milliseconds }
        learn(view.roster.nodes(of: .registry).map(\.address))
        await spread(view.links, to: answers)
        return view
    }

    /// A Registry that was added is asked as well, without a word in any configuration.
    private func learn(_ registries: [String]) {
        learned.withLock { learned in
            for registry in registries
            where !learned.contains(registry) && learned.count < Self.registriesMax {
                learned.append(registry)
            }
        }
    }

    /// A Registry that began anew, or was away when the links were changed, hears of them from us.
    private func spread(_ links: Links, to answers: [RosterRules.Answer]) async {
        for answer in answers where links.goesBefore(answer.links) {
            // Whoever looks next tries again.
            _ = try? await client.call(
                .PUT, "\(answer.registry)/links", body: .json(links),
                headers: [("Content-Type", "application/json")])
        }
    }
}

extension RosterView {
    private enum Heard: Sendable {
        case answer(place: Int, RosterRules.Answer)
        case fault(any Error)
        case enough
    }

    /// The answers in the order in which the Registries are named, and why one did not answer.
    private func askAll() async -> (answers: [RosterRules.Answer], fault: (any Error)?) {
        let registries = registries
        return await withTaskGroup(of: Heard.self) { group in
            for (place, registry) in registries.enumerated() {
                group.addTask { await self.ask(registry, place) }
            }
            var answers: [(place: Int, answer: RosterRules.Answer)] = []
            var fault: (any Error)?
            var left = registries.count
            loop: while left > 0, let heard = await group.next() {
                switch heard {
                case .answer(let place, let answer):
                    left -= 1
                    answers.append((place, answer))
                    guard answers.count == 1, left > 0 else { continue }
                    group.addTask { [clock] in
                        await clock.sleep(milliseconds: Self.patienceMilliseconds)
                        return .enough
                    }
                case .fault(let error):
                    left -= 1
                    fault = error
                case .enough: break loop
                }
            }
            group.cancelAll()
            return (answers.sorted { $0.place < $1.place }.map(\.answer), fault)
        }
    }

    private func ask(_ registry: String, _ place: Int) async -> Heard {
        do {
            let roster = try await client.json(.GET, "\(registry)/nodes", as: Roster.self)
            let links = try await client.json(.GET, "\(registry)/links", as: Links.self)
            return .answer(
                place: place,
                RosterRules.Answer(registry: registry, roster: roster, links: links))
        } catch {
            return .fault(error)
        }
    }
}
