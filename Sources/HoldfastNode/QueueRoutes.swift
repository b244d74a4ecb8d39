// SPDX-License-Identifier: Apache-2.0
// The queues of a node over HTTP: leases, results, items.

internal import HTTPTypes
package import HoldfastModel
package import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

/// Where one node's paths begin: `/{role}/{name}`.
package struct NodePath: Hashable, Sendable {
    package let role: Role
    package let name: String

    package init(role: Role, name: String) {
        self.role = role
        self.name = name
    }

    package var text: String { "/\(role.rawValue)/\(name)" }
}

extension NodeServer {
    /// `POST queues/{queue}/leases`, `…/results` and `…/retry` of a node.
    package func offer(_ source: any QueueSource, at path: NodePath) {
        router.post("\(path.text)/queues/:queue/leases") { request, context in
            let queue = try context.parameters.require("queue")
            let asked = try await LeaseBody(request: request, context: context)
            // A long poll must not keep a process that wants to end.
            let found = try await cancelWhenGracefulShutdown {
                try await source.lease(from: queue, asked.request)
            }
            guard let leased = found else {
                return Response(status: .noContent)
            }
            return leased.response
        }
        router.post("\(path.text)/queues/:queue/results") { request, context in
            let queue = try context.parameters.require("queue")
            let body = try await request.body.octets(
                expecting: request.headers.bodyBytes, upTo: Wire.batchBytesMax)
            let position = request.headers[.holdfastPosition].flatMap { UInt64($0) }
            try await source.settle(
                queue, [ItemResult](decoding: body), position: position.map(Position.init))
            return Response(status: .noContent)
        }
        offerRetry(source, at: path)
    }

    /// `POST queues/{queue}/items` of a node.
    package func take(into target: any QueueTarget, at path: NodePath) {
        router.post("\(path.text)/queues/:queue/items") { request, context in
            let queue = try context.parameters.require("queue")
            let node = request.headers[.holdfastNode].flatMap { NodeID($0) }
            let receipt: Receipt
            if request.headers[.holdfastBeside] == nil {
                let body = try await request.body.octets(
                    expecting: request.headers.bodyBytes, upTo: 2 * Wire.batchBytesMax)
                receipt = try await target.take(
                    into: queue, try Record.all(in: body), from: node)
            } else {
                var stream = RecordStream(request.body.makeAsyncIterator())
                let record = try await stream.readSections()
                receipt = try await target.takeLarge(into: queue, record) {
                    try await stream.nextPiece()
                }
            }
            var headers: HTTPFields = [.contentType: Wire.contentType]
            if let position = receipt.position { headers[.holdfastPosition] = String(position.raw) }
            return Response(
                status: .ok, headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: receipt.results.encoded)))
        }
    }
}

/// The JSON body of a lease request.
package struct LeaseBody: Codable, Sendable {
    var items_max: Int
    var bytes_max: Int
    var wait_seconds: Int

    package init(_ request: LeaseRequest) {
        items_max = request.itemsMax
        bytes_max = request.bytesMax
        wait_seconds = request.waitSeconds
    }

    init(request: Request, context: NodeContext) async throws {
        self = try await request.decode(as: LeaseBody.self, context: context)
    }

    /// The request within this side's limits.
    var request: LeaseRequest {
        LeaseRequest(
            itemsMax: min(max(items_max, 1), 4096),
            bytesMax: min(max(bytes_max, 1), Wire.batchBytesMax),
            waitSeconds: min(max(wait_seconds, 0), Wire.leaseWaitSecondsMax))
    }
}

extension Leased {
    /// The records one after the other; a large one alone, its message streamed behind it.
    fileprivate var response: Response {
        var headers: HTTPFields = [
            .contentType: Wire.contentType, .holdfastLease: String(lease),
        ]
        if copies > 1 { headers[.holdfastCopies] = String(copies) }
        if let large = items.first, let pieces = large.pieces {
            precondition(items.count == 1, "a large record travels alone")
            headers[.holdfastBeside] = "1"
            return Response(
                status: .ok, headers: headers, body: .record(large.record, pieces: pieces))
        }
        return Response(
            status: .ok, headers: headers, body: .init(byteBuffer: items.map(\.record).body))
    }
}

extension ResponseBody {
    /// A record whose message is read while it is sent.
    package static func record(
        _ record: Record, pieces: @escaping MessagePieces
    ) -> ResponseBody {
        let message = record.header.message.bytes
        let sections = record.encoded
        return ResponseBody(contentLength: sections.count + Int(message)) { writer in
            try await writer.write(ByteBuffer(bytes: sections))
            var sent: UInt64 = 0
            while sent < message {
                let piece = try await pieces(sent, Wire.pieceBytes)
                guard !piece.isEmpty else { throw RecordError.cutShort }
                try await writer.write(ByteBuffer(bytes: piece))
                sent += UInt64(piece.count)
            }
            try await writer.finish(nil)
        }
    }
}
