// SPDX-License-Identifier: Apache-2.0
// How a call gets to the node that it is for.

package import AsyncHTTPClient
internal import NIOCore

/// Carries calls to other nodes: over HTTP, but in a simulation.
package protocol NodeTransport: Sendable {
    /// - Parameter seconds: after so long without an answer it throws.
    /// - Parameter isPoll: the node may wait before it answers.
    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse
    func shutdown() async throws
}

/// The HTTP clients of a process: one for calls, and one for long polls, which would otherwise
/// leave no connection to anybody else.
struct HTTPTransport: NodeTransport {
    private let calls: HTTPClient
    private let polls: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.idleTimeout = .seconds(30)
        // A node that refuses to talk is away: whoever called tries another, or says so at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        calls = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        polls = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        try await (isPoll ? polls : calls).execute(request, timeout: .seconds(seconds))
    }

    func shutdown() async throws {
        try await calls.shutdown()
        try await polls.shutdown()
    }
}
