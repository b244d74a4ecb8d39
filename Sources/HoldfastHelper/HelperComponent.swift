// SPDX-License-Identifier: Apache-2.0
// The Helper: carries items along the links between components that do not know each other (R11).

internal import HoldfastModel
package import HoldfastNode
internal import Hummingbird
internal import ServiceLifecycle

/// Keeps lanes running, one or more for every queue of every live node that a link begins at.
package final class HelperComponent: Component {
    package let path: NodePath
    private let name: String
    private let surroundings: Surroundings

    private static let lookMilliseconds: Int64 = 500

    package init(name: String, surroundings: Surroundings) {
        self.name = name
        self.surroundings = surroundings
        path = NodePath(role: .helper, name: name)
    }

    package func addRoutes(to server: NodeServer) {
        server.router.get("\(path.text)/status") { [name] _, _ in
            JSONAnswer(StatusAnswer(name: name, role: "helper"))
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withTaskGroup(of: Lane.self) { group in
                var running: Set<Lane> = []
                group.addTask { await self.pause() }
                while let ended = await group.next() {
                    running.remove(ended)
                    guard !Task.isCancelled else { break }
                    for lane in lanes() where running.insert(lane).inserted {
                        group.addTask { [surroundings] in
                            await Carrier(
                                link: lane.link, source: lane.source, surroundings: surroundings
                            ).run()
                            return lane
                        }
                    }
                    if ended == .pause { group.addTask { await self.pause() } }
                }
                group.cancelAll()
            }
        }
    }

    /// One thing to keep doing.
    private struct Lane: Hashable {
        var link: Link
        var source: String
        var number: Int

        /// Not a lane: the time until the roster is looked at again.
        static let pause = Lane(
            link: Link(from: .helper, "", to: .helper, ""), source: "", number: 0)
    }

    private func pause() async -> Lane {
        await surroundings.clock.sleep(milliseconds: Self.lookMilliseconds)
        return .pause
    }

    private func lanes() -> [Lane] {
        guard let (roster, links) = surroundings.roster.current else { return [] }
        return links.links.flatMap { link in
            roster.nodes(of: link.fromRole).flatMap { node in
                (0..<Self.lanes(of: link)).map { Lane(link: link, source: node.name, number: $0) }
            }
        }
    }

    /// While one lane waits for a sync the other carries; entries go in order, so by one.
    private static func lanes(of link: Link) -> Int {
        link.toRole == .storage ? 2 : 1
    }

    package func registration(address: String) async -> Registration {
        Registration(
            name: name, role: .helper, address: address, clock: surroundings.clock.now.milliseconds)
    }

    package func close() async {}

    package func metrics() async -> [Metric] { [] }
}
