// SPDX-License-Identifier: Apache-2.0
// The Registry: who is alive, and which queue feeds which role.

internal import HoldfastModel
package import HoldfastNode
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import Synchronization

/// Keeps the table in memory: a Registry that starts anew knows everyone after one beat.
package final class RegistryComponent: Component {
    package let path: NodePath
    private let name: String
    private let clock: MachineClock
    private let logger: Logger
    private let table: Mutex<NodeTable>
    private let links: LinksFile
    private let began: Int64

    private static let silenceBeats = 3
    private static let nodesMax = 10_000

    /// - Parameter linksFile: where links that were changed are kept.
    package init(name: String, linksFile: String, surroundings: Surroundings) async throws {
        self.name = name
        path = NodePath(role: .registry, name: name)
        clock = surroundings.clock
        logger = surroundings.logger
        let silence = Int64(Self.silenceBeats * Heartbeat.beatSeconds) * 1000
        table = Mutex(NodeTable(silenceMilliseconds: silence))
        began = surroundings.clock.monotonicMilliseconds
        let opening = surroundings.machine.makeThread("open \(name)")
        defer { opening.stop() }
        links = try await opening.run { [machine = surroundings.machine] in
            try LinksFile(path: linksFile, machine: machine)
        }
    }

    /// It may not have heard of everyone yet.
    private var isYoung: Bool {
        clock.monotonicMilliseconds - began < Int64(Self.silenceBeats * Heartbeat.beatSeconds)
            * 1000
    }

    package func addRoutes(to server: NodeServer) {
        server.router.put("\(path.text)/nodes/:name") { [self] request, context in
            let node = try await request.decode(as: Registration.self, context: context)
            guard node.name == context.parameters.get("name") else {
                throw Refusal.malformed("The name in the path is another than in the body.")
            }
            try register(node)
            return Response(status: .noContent)
        }
        server.router.delete("\(path.text)/nodes/:name") { [self] request, context in
            let name = try context.parameters.require("name")
            guard let address = request.uri.queryParameters["address"] else {
                throw Refusal.malformed("A farewell says the address of the node that leaves.")
            }
            table.withLock { $0.remove(name, at: String(address)) }
            return Response(status: .noContent)
        }
        server.router.get("\(path.text)/nodes") { [self] request, _ in
            let role = request.uri.queryParameters["role"].map(String.init)
            let nodes = table.withLock { $0.nodes(now: clock.monotonicMilliseconds) }
            return JSONAnswer(
                Roster(
                    nodes: nodes.filter { role == nil || $0.role.rawValue == role },
                    clock: clock.now.milliseconds, isYoung: isYoung ? true : nil))
        }
        addLinkRoutes(to: server)
        server.router.get("\(path.text)/status") { [name] _, _ in
            JSONAnswer(StatusAnswer(name: name, role: "registry"))
        }
    }

    private func addLinkRoutes(to server: NodeServer) {
        server.router.get("\(path.text)/links") { [self] _, _ in JSONAnswer(links.links) }
        server.router.put("\(path.text)/links") { [self] request, context in
            let asked = try await request.decode(as: Links.self, context: context)
            if let fault = asked.fault { throw Refusal.refused("These links cannot be: \(fault).") }
            switch try await links.take(asked) {
            case .taken:
                logger.notice("Links changed", metadata: ["number": "\(asked.number)"])
            case .known: break
            case .outdated(let number):
                throw Refusal.conflict(
                    "The links have number \(number) here: look at them, and change those.")
            }
            return Response(status: .noContent)
        }
    }

    private func register(_ node: Registration) throws {
        guard Links.isWord(node.role.rawValue) else {
            throw Refusal.malformed("A role is 1 to 31 small letters, digits or hyphens.")
        }
        let answer = table.withLock { $0.register(node, now: clock.monotonicMilliseconds) }
        guard case .refused(let reason) = answer else { return }
        logger.error(
            "Registration refused", metadata: ["node": "\(node.name)", "reason": "\(reason)"])
        throw Refusal.conflict(reason)
    }

    package func registration(address: String) async -> Registration {
        Registration(name: name, role: .registry, address: address, clock: clock.now.milliseconds)
    }

    package func run() async throws {
        try? await gracefulShutdown()
    }

    package func close() async { links.close() }

    package func metrics() async -> [Metric] {
        let nodes = table.withLock { $0.nodes(now: clock.monotonicMilliseconds) }
        return Dictionary(grouping: nodes, by: \.role).map { role, nodes in
            Metric(
                "holdfast_nodes_alive", .gauge, "Nodes in the roster.",
                labels: ["role": role.rawValue],
                value: Double(nodes.count))
        }
    }
}
