// SPDX-License-Identifier: Apache-2.0
// A storage that is emptied while all goes on, and then retired.

internal import HoldfastNode
internal import NIOHTTP1

/// The operator who empties a storage.
struct Draining: Sendable {
    let world: World
    let box: Box
    private let client: NodeClient

    init(_ box: Box, in world: World) {
        self.world = world
        self.box = box
        client = NodeClient(
            token: World.token, over: SimulatedTransport(from: "operator", life: nil, world: world))
    }

    /// Orders it at some time, until it is taken.
    func begin(until end: Int64) {
        let pause = world.dice.within(0...end)
        world.spawn { [self] in
            await world.loop.sleep(pause)
            while await !isOrdered() {
                await world.loop.sleep(world.dice.within(1_000_000...5_000_000))
            }
            box.isDraining.value = true
        }
    }

    private func isOrdered() async -> Bool {
        let answer = try? await client.json(
            .POST, "http://\(box.name):80/storage/\(box.name)/drain", as: DrainAnswer.self,
            body: .json(DrainAnswer(draining: true)))
        return answer?.draining ?? false
    }

    /// What still depends on it; nil when it can be retired.
    func unrest(_ client: NodeClient) async -> String? {
        guard box.isDraining.value else { return "\(box.name) is not being emptied yet" }
        do {
            let answer = try await client.json(
                .GET, "http://office:80/dal/dal/nodes", as: DependentsAnswer.self)
            guard let node = answer.nodes.first(where: { $0.name == box.name }) else { return nil }
            guard node.gone, !node.recounting else { return "\(box.name) still counts" }
            return node.dependent > 0 ? "\(node.dependent) mails depend on \(box.name)" : nil
        } catch {
            return "nobody says what depends on \(box.name): \(error)"
        }
    }

    /// Takes it away for good.
    func retire(_ client: NodeClient) async throws {
        world.log.note("\(box.name) is retired")
        box.kill()
        box.isRetired.value = true
        await world.loop.sleep(30_000_000)
        let answer = try await client.json(
            .GET, "http://office:80/dal/dal/nodes", as: DependentsAnswer.self)
        guard let node = answer.nodes.first(where: { $0.name == box.name }) else { return }
        _ = try await client.json(
            .POST, "http://office:80/dal/dal/nodes/\(node.node)/gone", as: GoneAnswer.self,
            body: .json(GoneAnswer(gone: true)))
    }
}
