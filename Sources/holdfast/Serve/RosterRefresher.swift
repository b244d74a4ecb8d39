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
    /// A Registry that starts beside this process may need a moment.
    private static let silencesQuiet = 30

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var silences = 0
            while !Task.isCancelled {
                do {
                    try await roster.refresh()
                    if silences > Self.silencesQuiet { logger.notice("Registry answers") }
                    silences = 0
                } catch {
                    silences += 1
                    if silences == Self.silencesQuiet + 1, !Task.isCancelled {
                        logger.notice("No Registry answers", metadata: ["error": "\(error)"])
                    }
                }
                let milliseconds =
                    roster.current == nil ? Self.firstMilliseconds : 1000 * Heartbeat.beatSeconds
                try? await Task.sleep(for: .milliseconds(milliseconds))
            }
        }
    }
}
