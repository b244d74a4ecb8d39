// SPDX-License-Identifier: Apache-2.0
// How a node stays in the roster, and how it knows the others.

internal import HoldfastModel
package import Logging
internal import NIOHTTP1
internal import ServiceLifecycle
internal import Synchronization

/// Registers nodes of this process at every Registry, again and again, until the service ends.
package struct Heartbeat: Service {
    private let registries: [String]
    private let client: NodeClient
    private let logger: Logger
    private let clock: MachineClock
    private let registrations: @Sendable () async -> [Registration]

    /// A Registry drops a node that was silent for three beats.
    package static let beatSeconds = 2

    /// - Parameter registries: the base addresses of the Registries.
    /// - Parameter registrations: the nodes as they are now.
    package init(
        registries: [String], client: NodeClient, logger: Logger,
        clock: MachineClock = MachineClock(),
        registrations: @escaping @Sendable () async -> [Registration]
    ) {
        self.registries = registries
        self.client = client
        self.logger = logger
        self.clock = clock
        self.registrations = registrations
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await beat()
                await clock.sleep(milliseconds: Int64(Self.beatSeconds) * 1000)
            }
        }
        await leave()
    }

    private func beat() async {
        for node in await registrations() {
            for registry in registries {
                do {
                    _ = try await client.call(
                        .PUT, "\(registry)/nodes/\(node.name)", body: .json(node),
                        headers: [("Content-Type", "application/json")])
                } catch {
                    logger.debug(
                        "Registry not reached",
                        metadata: ["registry": "\(registry)", "error": "\(error)"])
                }
            }
        }
    }

    /// A node that ends in good order says so, instead of being missed.
    private func leave() async {
        for node in await registrations() {
            // Only the holder of a name may leave; brackets may not stand in a query as they are.
            let address = node.address.replacing("[", with: "%5B").replacing("]", with: "%5D")
            for registry in registries {
                // A Registry that is gone too needs no farewell.
                _ = try? await client.call(
                    .DELETE, "\(registry)/nodes/\(node.name)?address=\(address)")
            }
        }
    }
}
