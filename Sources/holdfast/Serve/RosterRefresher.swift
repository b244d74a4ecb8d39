// SPDX-License-Identifier: Apache-2.0
// Keeps this process's view of the roster fresh.

internal import HoldfastNode
internal import Logging
internal import ServiceLifecycle

/// Asks the Registries for the roster as often as nodes beat, and sooner while there is none.
struct RosterRefresher: Service {
    let roster: RosterView
    let logger: Logger

    private static let firstMilliseconds = 100

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var isSilent = false
            while !Task.isCancelled {
                do {
                    try await roster.refresh()
                    if isSilent { logger.notice("Registry answers again") }
                    isSilent = false
                } catch {
                    if !isSilent, !Task.isCancelled {
                        logger.notice("No Registry answers", metadata: ["error": "\(error)"])
                    }
                    isSilent = true
                }
                let milliseconds =
                    roster.current == nil ? Self.firstMilliseconds : 1000 * Heartbeat.beatSeconds
                try? await Task.sleep(for: .milliseconds(milliseconds))
            }
        }
    }
}
