// SPDX-License-Identifier: Apache-2.0
// The HTTP server that the nodes of one process share.

internal import HTTPTypes
internal import HoldfastModel
package import Hummingbird
package import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

package typealias NodeContext = BasicRequestContext
package typealias NodeRouter = Router<NodeContext>

/// The HTTP server of a process: every node's paths stand under `/{role}/{name}`.
package struct NodeServer {
    package let router = NodeRouter()

    /// A client that says nothing for so long is no client; ours let go of a connection earlier.
    private static let idleTimeMax = TimeAmount.seconds(60)

    /// - Parameter token: what every call must carry.
    /// - Parameter openPaths: what may be read without it.
    /// - Parameter openPosts: what may be posted to without it.
    package init(
        token: String, openPaths: Set<String> = [], openPosts: Set<String> = [], logger: Logger
    ) {
        router.addMiddleware {
            RefusalMiddleware(logger: logger)
            TokenMiddleware(token: token, openPaths: openPaths, openPosts: openPosts)
        }
        router.get("/health") { _, _ in "ok\n" }
    }

    /// The service that listens; it ends when its service group does.
    package func service(
        host: String, port: Int, logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> Application<RouterResponder<NodeContext>> {
        Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: Self.idleTimeMax)),
            configuration: .init(
                address: .hostname(host, port: port), serverName: "holdfast", backlog: 1024),
            onServerRunning: { channel in await onListening(channel.localAddress?.port ?? port) },
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
            logger: logger)
    }
}

/// Lets nobody in who does not know the token, and nobody who speaks another protocol.
private struct TokenMiddleware: RouterMiddleware {
    private let expected: [UInt8]
    private let openPaths: Set<String>
    private let openPosts: Set<String>

    init(token: String, openPaths: Set<String>, openPosts: Set<String>) {
        expected = Array("Bearer \(token)".utf8)
        self.openPaths = openPaths
        self.openPosts = openPosts
    }

    func handle(
        _ request: Request, context: NodeContext,
        next: (Request, NodeContext) async throws -> Response
    ) async throws -> Response {
        guard mayPass(request) else {
            throw HTTPError(
                .unauthorized, message: "This call needs the token of the installation.")
        }
        if let version = request.headers[.holdfastProtocol], version != Wire.version {
            throw HTTPError(
                .badRequest, message: "This node speaks protocol \(Wire.version), not \(version).")
        }
        return try await next(request, context)
    }

    private func mayPass(_ request: Request) -> Bool {
        if request.method == .get, openPaths.contains(request.uri.path) { return true }
        if request.method == .post, openPosts.contains(request.uri.path) { return true }
        return request.headers[.authorization].map(isExpected) ?? false
    }

    /// Takes the same time wherever the first difference is.
    private func isExpected(_ given: String) -> Bool {
        let given = Array(given.utf8)
        guard given.count == expected.count else { return false }
        return zip(given, expected).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Turns what components throw into statuses that a helper understands.
private struct RefusalMiddleware: RouterMiddleware {
    let logger: Logger

    func handle(
        _ request: Request, context: NodeContext,
        next: (Request, NodeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            let (status, text) = refusal.answer
            var headers: HTTPFields = [.contentType: "text/plain; charset=utf-8"]
            if status.isTemporary { headers[.retryAfter] = "1" }
            return Response(
                status: status, headers: headers,
                body: .init(byteBuffer: ByteBuffer(string: text + "\n")))
        } catch let error as RecordError {
            throw HTTPError(.badRequest, message: "The body is not what it should be: \(error)")
        } catch let error as any HTTPResponseError {
            throw error
        } catch let error where error is HTTPParserError || error is IOError {
            // Only the connection that the request came by throws these.
            logger.debug(
                "Body cut short", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            throw HTTPError(.badRequest, message: "The body ended before it was whole.")
        } catch {
            logger.error(
                "Request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            throw HTTPError(.internalServerError, message: "\(error)")
        }
    }
}

extension HTTPResponse.Status {
    fileprivate static let fullDisk = HTTPResponse.Status(
        code: 507, reasonPhrase: "Insufficient Storage")

    fileprivate var isTemporary: Bool { code == 429 || code == 503 || code == 507 }
}

extension Refusal {
    fileprivate var answer: (HTTPResponse.Status, String) {
        switch self {
        case .absent(let text): (.notFound, text)
        case .malformed(let text): (.badRequest, text)
        case .conflict(let text): (.conflict, text)
        case .damaged(let text): (.gone, text)
        case .tooLarge(let text): (.contentTooLarge, text)
        case .refused(let text): (.unprocessableContent, text)
        case .overloaded(let text): (.tooManyRequests, text)
        case .unavailable(let text): (.serviceUnavailable, text)
        case .full(let text): (.fullDisk, text)
        }
    }
}
