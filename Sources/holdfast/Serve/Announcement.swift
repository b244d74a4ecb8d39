// SPDX-License-Identifier: Apache-2.0
// The word that all is up.

internal import HoldfastNode
internal import Logging
internal import ServiceLifecycle

/// Says once, to whoever started us and to systemd, that all nodes listen and are in the roster.
struct Announcement: Service {
    let names: [String]
    /// Their base addresses, in the same order.
    let addresses: [String]
    /// Storages that could not be opened.
    let leftOut: [String]
    let address: HostAndPort
    let roster: RosterView
    let logger: Logger

    private static let lookMilliseconds = 20
    /// Without a Registry the nodes serve all the same.
    private static let looksMax = 500

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var missing = await missing
            for _ in 0..<Self.looksMax where !missing.isEmpty {
                try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
                if Task.isCancelled { return }
                missing = await self.missing
            }
            let without =
                missing.isEmpty
                ? "" : "; not in the roster yet: \(missing.joined(separator: ", ")) (see the log)"
            // Somebody who reads no output is served all the same.
            try? await Output.standard.write(
                "holdfast serves \(names.joined(separator: ", ")) at http://\(address)\(without)\n")
            ServiceManager.tell("READY=1\nSTATUS=\(summary)\(without)")
        }
        try? await gracefulShutdown()
        ServiceManager.tell("STOPPING=1")
    }

    /// One line for `systemctl status`.
    private var summary: String {
        let serving = names.filter { !leftOut.contains($0) }.joined(separator: ", ")
        let absent = leftOut.isEmpty ? "" : "; LEFT OUT: \(leftOut.joined(separator: ", "))"
        return "serves \(serving) at http://\(address)\(absent)"
    }

    /// Those of our nodes that the roster does not have: with the others the server answers, and the
    /// Registry knows them.
    private var missing: [String] {
        get async {
            // As long as no Registry answers, nobody is there.
            guard let roster = try? await roster.refresh().roster else { return names }
            let alive = Set(roster.nodes.map(\.address))
            return zip(names, addresses).filter { !alive.contains($1) }.map(\.0)
        }
    }
}
