// SPDX-License-Identifier: Apache-2.0
// The routes of a process, called without a connection.

package import AsyncHTTPClient
internal import HTTPTypes
internal import HoldfastModel
internal import Hummingbird
package import Logging
package import NIOCore
internal import NIOHTTP1

/// Answers calls as the server would, in the task of the caller: a simulation has no sockets.
package struct DirectServer: Sendable {
    private let responder: RouterResponder<NodeContext>
    private let context: @Sendable () -> NodeContext

    /// - Parameter channel: what requests are said to come by; nothing goes over it.
    package init(_ server: NodeServer, channel: any Channel, logger: Logger) {
        responder = server.router.buildResponder()
        context = {
            NodeContext(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        }
    }

    /// The answer to a call; its body is whole.
    package func respond(to call: HTTPClientRequest) async throws -> HTTPClientResponse {
        let body = try await call.body?.collect(upTo: 4 * Wire.batchBytesMax)
        let (request, context) = (Request(call, body ?? ByteBuffer()), context())
        let response: Response
        do {
            response = try await responder.respond(to: request, context: context)
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        }
        let collected = Collected()
        try await response.body.write(collected)
        var headers = HTTPHeaders()
        for field in response.headers { headers.add(name: field.name.rawName, value: field.value) }
        return HTTPClientResponse(
            status: HTTPResponseStatus(statusCode: response.status.code), headers: headers,
            body: .bytes(collected.octets))
    }
}

/// The body of an answer, as it is written.
private final class Collected: ResponseBodyWriter {
    private(set) var octets = ByteBuffer()

    func write(_ buffer: ByteBuffer) async throws {
        octets.writeImmutableBuffer(buffer)
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

extension Request {
    /// A call as its server sees it.
    fileprivate init(_ call: HTTPClientRequest, _ body: ByteBuffer) {
        // http://host:port/path
        let path = call.url.split(separator: "/", maxSplits: 2).dropFirst(2).last ?? ""
        var fields = HTTPFields()
        for (name, value) in call.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        fields[.contentLength] = String(body.readableBytes)
        self.init(
            head: HTTPRequest(
                method: HTTPRequest.Method(rawValue: call.method.rawValue) ?? .get, scheme: "http",
                authority: nil, path: "/" + path, headerFields: fields),
            body: RequestBody(buffer: body))
    }
}
