// SPDX-License-Identifier: Apache-2.0
// Calling other nodes over HTTP.

package import AsyncHTTPClient
internal import Foundation
internal import HTTPTypes
internal import HoldfastModel
internal import Logging
package import NIOCore
internal import NIOFoundationCompat
package import NIOHTTP1

/// What a node answered instead of doing as asked.
package struct NodeError: Error, CustomStringConvertible {
    /// The HTTP status; 0 when there was no answer at all.
    package var status: UInt
    package var address: String
    package var message: String

    package var description: String {
        status == 0 ? "\(address) cannot be reached: \(message)" : message
    }

    /// It was understood, and what was sent is at fault: nobody else will take it either.
    package var isAboutTheItem: Bool { [400, 409, 413, 422].contains(status) }

    /// It cannot be reached, is starting, or is full: the same may go well later.
    package var isTemporary: Bool { status == 0 || status == 429 || status >= 500 }
}

/// Calls nodes, with the token that they ask for.
package struct NodeClient: Sendable {
    private let transport: any NodeTransport
    private let token: String

    private static let callSeconds: Int64 = 60

    package init(token: String) {
        self.init(token: token, over: HTTPTransport())
    }

    package init(token: String, over transport: any NodeTransport) {
        self.token = token
        self.transport = transport
    }

    package func shutdown() async throws {
        try await transport.shutdown()
    }

    /// One call whose answer is small.
    package func call(
        _ method: HTTPMethod, _ url: String, body: HTTPClientRequest.Body? = nil,
        headers: [(String, String)] = [], answerBytesMax: Int = Wire.jsonBytesMax
    ) async throws -> ByteBuffer {
        let response = try await send(method, url, body: body, headers: headers)
        return try await response.body.collect(upTo: answerBytesMax)
    }

    /// One call; the answer's body is read by the caller.
    package func send(
        _ method: HTTPMethod, _ url: String, body: HTTPClientRequest.Body? = nil,
        headers: [(String, String)] = [], pollSeconds: Int? = nil
    ) async throws -> HTTPClientResponse {
        // A server that answers before it has the whole head would end this process (AsyncHTTPClient).
        guard url.utf8.count <= Wire.addressBytesMax else {
            throw NodeError(
                status: 413, address: String(url.prefix(100)),
                message:
                    "what is asked takes \(url.utf8.count) bytes as an address; there is room for"
                    + " \(Wire.addressBytesMax)")
        }
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.body = body
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "Holdfast-Protocol", value: Wire.version)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        let response: HTTPClientResponse
        do {
            let seconds = Int64(pollSeconds ?? 0) + Self.callSeconds
            response = try await transport.execute(
                request, seconds: seconds, isPoll: pollSeconds != nil)
        } catch {
            throw NodeError(status: 0, address: url, message: NetworkFault.words(for: error))
        }
        guard response.status.code < 300 else {
            let body = try? await response.body.collect(upTo: Wire.jsonBytesMax)
            let text = body.map { String(buffer: $0) } ?? ""
            guard !NodeError.isOfAnother(text) else { throw NodeError.notHoldfast(url) }
            throw NodeError(
                status: response.status.code, address: url, message: NodeError.text(of: text))
        }
        return response
    }

    /// Decodes what a node says in JSON.
    package func json<Answer: Decodable & Sendable>(
        _ method: HTTPMethod, _ url: String, as type: Answer.Type,
        body: HTTPClientRequest.Body? = nil, answerBytesMax: Int = 64 << 20
    ) async throws -> Answer {
        let body = try await call(
            method, url, body: body, headers: [("Content-Type", "application/json")],
            answerBytesMax: answerBytesMax)
        do {
            return try JSONDecoder().decode(type, from: body)
        } catch {
            throw NodeError.notHoldfast(url)
        }
    }
}

extension NodeError {
    /// Ours say what is wrong in plain words or in JSON.
    static func isOfAnother(_ body: String) -> Bool {
        body.drop(while: \.isWhitespace).first == "<"
    }

    fileprivate static func notHoldfast(_ url: String) -> NodeError {
        NodeError(
            status: 0, address: url, message: "what answers there is no Holdfast of this version")
    }

    /// The sentence in an answer: plain, or as Hummingbird wraps it.
    fileprivate static func text(of body: String) -> String {
        struct Wrapped: Decodable {
            struct Inner: Decodable { var message: String }
            var error: Inner
        }
        let wrapped = try? JSONDecoder().decode(Wrapped.self, from: Data(body.utf8))
        return wrapped?.error.message ?? body.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension NodeClient: CustomDebugStringConvertible {
    /// Without the token: descriptions end up in logs.
    package var debugDescription: String { "NodeClient" }
}

extension HTTPClientRequest.Body {
    package static func json(_ value: some Encodable) throws -> HTTPClientRequest.Body {
        .bytes(ByteBuffer(data: try JSONEncoder().encode(value)))
    }
}
