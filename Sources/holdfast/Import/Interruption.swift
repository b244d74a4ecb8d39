// SPDX-License-Identifier: Apache-2.0
// Work that a person may interrupt, and that says how far it came.

internal import Foundation
internal import UnixSignals

/// SIGINT and SIGTERM while something works.
enum Interruption {
    /// Does the work. On a signal says what there is to say and ends the process, as a shell expects it:
    /// with 128 and the signal.
    static func during(
        _ work: @escaping @Sendable () async throws -> Void,
        saying: @escaping @Sendable () async -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await signal in signals {
                    await saying()
                    // At once: what works may wait for a disk, and nothing is lost with it.
                    exit(128 + signal.rawValue)
                }
            }
            group.addTask(operation: work)
            // The signals go on until they are cancelled, so the first to end is the work.
            _ = try await group.next()
            group.cancelAll()
        }
    }
}
