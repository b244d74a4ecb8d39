// SPDX-License-Identifier: Apache-2.0
// How a node stays in the rosters.

internal import HoldfastModel
package import Logging
internal import NIOHTTP1
internal import ServiceLifecycle

/// Registers a node of this process at every Registry, again and again, until the service ends.
package struct Heartbeat: Service {
    private let registries: @Sendable () -> [String]
    private let client: NodeClient
    private let logger: Logger
    private let clock: MachineClock
    private let began: Int64
    private let registration: @Sendable () async -> Registration

    /// A Registry drops a node that was silent for three beats.
    package static let beatSeconds = 2

    /// - Parameter registries: the base addresses of the Registries that are known by now.
    /// - Parameter registration: the node as it is now.
    package init(
        registries: @escaping @Sendable () -> [String], client: NodeClient, logger: Logger,
        clock: MachineClock = MachineClock(),
        registration: @escaping @Sendable () async -> Registration
    ) {
        self.registries = registries
        self.client = client
        self.logger = logger
        self.clock = clock
        self.registration = registration
        began = clock.monotonicMilliseconds
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            // Each Registry has a loop of its own: one that does not answer delays no other's beat.
            await withDiscardingTaskGroup { group in
                var beating: Set<String> = []
                while !Task.isCancelled {
                    for registry in registries() where beating.insert(registry).inserted {
                        group.addTask { await beatAgain(at: registry) }
                    }
                    await pause()
                }
                group.cancelAll()
            }
        }
        await leave()
    }

    private func pause() async {
        await clock.sleep(milliseconds: Int64(Self.beatSeconds) * 1000)
    }

    private func beatAgain(at registry: String) async {
        var wasRefused = false
        while !Task.isCancelled {
            await beat(at: registry, &wasRefused)
            await pause()
        }
    }

    private func beat(at registry: String, _ wasRefused: inout Bool) async {
        var node = await registration()
        node.upMilliseconds = clock.monotonicMilliseconds - began
        do {
            _ = try await client.call(
                .PUT, "\(registry)/nodes/\(node.name)", body: .json(node),
                headers: [("Content-Type", "application/json")])
            if wasRefused { logger.notice("Registered", metadata: ["node": "\(node.name)"]) }
            wasRefused = false
        } catch let error as NodeError where error.status == 409 {
            // Once: it stays so until somebody ends one of the two.
            if !wasRefused {
                logger.error(
                    "Refused by a Registry, so nothing is brought here",
                    metadata: ["node": "\(node.name)", "reason": "\(error)"])
            }
            wasRefused = true
        } catch {
            logger.debug(
                "Registry not reached", metadata: ["registry": "\(registry)", "error": "\(error)"])
        }
    }

    /// A node that ends in good order says so, instead of being missed.
    private func leave() async {
        let node = await registration()
        // Only the holder of a name may leave; brackets may not stand in a query as they are.
        let address = node.address.replacing("[", with: "%5B").replacing("]", with: "%5D")
        await withDiscardingTaskGroup { group in
            for registry in registries() {
                group.addTask {
                    // A Registry that is gone too needs no farewell.
                    _ = try? await client.call(
                        .DELETE, "\(registry)/nodes/\(node.name)?address=\(address)")
                }
            }
        }
    }
}
