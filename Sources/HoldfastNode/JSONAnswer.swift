// SPDX-License-Identifier: Apache-2.0
// JSON for people and their programs.

internal import Foundation
package import Hummingbird
internal import NIOCore
internal import NIOFoundationCompat

/// An answer in JSON, its keys in a stable order.
package struct JSONAnswer<Value: Encodable>: ResponseGenerator {
    private let value: Value

    package init(_ value: Value) {
        self.value = value
    }

    package func response(from request: Request, context: some RequestContext) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(data: try encoder.encode(value))))
    }
}
