// SPDX-License-Identifier: Apache-2.0
// The sign of life that systemd waits for.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1
internal import ServiceLifecycle

/// Tells systemd that the process lives, after its nodes have answered a question over HTTP and at no
/// other time: a timer goes on when all else hangs.
struct Watchdog: Service {
    let nodes: [NodePath]
    /// Where the HTTP server of this process listens.
    let http: HostAndPort
    let client: NodeClient

    /// So many looks fit into the time that systemd waits.
    private static let looks: Int64 = 4

    func run() async throws {
        if let time = ServiceManager.watchdogMicroseconds() {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    if await isWell() { ServiceManager.tell("WATCHDOG=1") }
                    try? await Task.sleep(for: .microseconds(time / Self.looks))
                }
            }
        }
        try? await gracefulShutdown()
    }

    /// Whether those who answered are enough. A storage whose disk hangs must take no other with it,
    /// so one of them speaks for all.
    static func suffices(_ answered: Set<NodePath>, of nodes: [NodePath]) -> Bool {
        let storages = nodes.filter { $0.role == .storage }
        return nodes.allSatisfy { $0.role == .storage || answered.contains($0) }
            && (storages.isEmpty || storages.contains(where: answered.contains))
    }

    private func isWell() async -> Bool {
        await withTaskGroup(of: NodePath?.self) { group in
            for node in nodes {
                group.addTask { await answers(node) ? node : nil }
            }
            var answered: Set<NodePath> = []
            for await node in group {
                if let node { answered.insert(node) }
                if Self.suffices(answered, of: nodes) {
                    group.cancelAll()
                    return true
                }
            }
            return false
        }
    }

    private func answers(_ node: NodePath) async -> Bool {
        let host = http.isEverywhere ? (http.host == "::" ? "::1" : "127.0.0.1") : http.host
        let place = HostAndPort(host: host, port: http.port)
        // Whoever does not answer is not well; why, the log says.
        return (try? await client.call(.GET, "http://\(place)\(node.text)/status")) != nil
    }
}
