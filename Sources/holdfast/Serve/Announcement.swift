// SPDX-License-Identifier: Apache-2.0
// The word that all is up.

internal import HoldfastNode
internal import Logging
internal import ServiceLifecycle

/// Says once, to whoever started us and to systemd, that all nodes listen and are in the roster.
struct Announcement: Service {
    let names: [String]
    let address: HostAndPort
    let roster: RosterView
    let logger: Logger

    private static let lookMilliseconds = 20
    /// Without a Registry the nodes serve all the same.
    private static let looksMax = 500

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for _ in 0..<Self.looksMax where !(await isComplete) {
                try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
                if Task.isCancelled { return }
            }
            // Somebody who reads no output is served all the same.
            try? await Output.standard.write(
                "holdfast serves \(names.joined(separator: ", ")) at http://\(address)\n")
            ServiceManager.tell("READY=1")
        }
        try? await gracefulShutdown()
        ServiceManager.tell("STOPPING=1")
    }

    /// The roster has all our nodes, so the server answers and the Registry knows them.
    private var isComplete: Bool {
        get async {
            // As long as no Registry answers, it is not.
            guard let roster = try? await roster.refresh().roster else { return false }
            let alive = Set(roster.nodes.map(\.name))
            return names.allSatisfy(alive.contains)
        }
    }
}
