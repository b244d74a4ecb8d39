// SPDX-License-Identifier: Apache-2.0
// What a client makes of those who answer, and of itself.

import AsyncHTTPClient
import HoldfastModel
import NIOCore
import NIOHTTP1
import Testing

@testable import HoldfastNode

/// Says something that is no answer of ours.
private struct Babbler: NodeTransport {
    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        HTTPClientResponse(body: .bytes(ByteBuffer(string: "what")))
    }

    func shutdown() async throws {}
}

@Suite("A client of nodes") struct NodeClientTests {
    @Test(
        "a page for a browser is no answer of ours; a sentence is",
        arguments: [
            ("<!doctype html><title>404</title>", true), ("\n <html>", true),
            ("There is no mail 01.\n", false), ("", false),
            (#"{"error":{"message":"This call needs the token."}}"#, false),
        ])
    func anothers(body: String, isAnothers: Bool) {
        #expect(NodeError.isOfAnother(body) == isAnothers)
    }

    @Test("an answer that cannot be read says nothing of what was brought: it is brought again")
    func babble() async throws {
        let client = NodeClient(token: "t", over: Babbler())
        let error = await #expect(throws: NodeError.self) {
            try await client.put([], into: "http://there:1/dal/d", queue: "input")
        }
        #expect(error?.isAboutTheItem == false && error?.isTemporary == true)
        try await client.shutdown()
    }

    @Test("an address that is too long is refused before it is sent")
    func addresses() async throws {
        let client = NodeClient(token: "t")
        let url = "http://127.0.0.1:1/?q=" + String(repeating: "x", count: Wire.addressBytesMax)
        let error = await #expect(throws: NodeError.self) { try await client.call(.GET, url) }
        #expect(error?.status == 413)
        #expect(error?.message.contains("there is room for") == true)
        try await client.shutdown()
    }
}
