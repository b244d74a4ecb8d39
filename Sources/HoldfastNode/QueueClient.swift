// SPDX-License-Identifier: Apache-2.0
// What a helper does at the queues of others.

internal import AsyncHTTPClient
package import HoldfastModel
internal import Foundation
package import NIOCore
internal import NIOHTTP1

/// Items as a helper got them.
package enum Carried: Sendable {
    case batch([Record])
    /// One record whose message is still on its way: it is passed through.
    case large(Record, rest: PassedOn)
}

/// The octets of a large record's message, from one node's answer into another node's request.
package struct PassedOn: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    let first: [UInt8]
    let body: HTTPClientResponse.Body

    package struct Iterator: AsyncIteratorProtocol {
        var first: [UInt8]
        var body: HTTPClientResponse.Body.AsyncIterator

        package mutating func next() async throws -> ByteBuffer? {
            guard first.isEmpty else {
                defer { first = [] }
                return ByteBuffer(bytes: first)
            }
            return try await body.next()
        }
    }

    package func makeAsyncIterator() -> Iterator {
        Iterator(first: first, body: body.makeAsyncIterator())
    }
}

extension NodeClient {
    /// Leases from a queue; nil when there was nothing to carry.
    package func lease(
        from address: String, queue: String, _ request: LeaseRequest
    ) async throws -> Carried? {
        let response = try await send(
            .POST, "\(address)/queues/\(queue)/leases", body: .json(LeaseBody(request)),
            headers: [("Content-Type", "application/json")], pollSeconds: request.waitSeconds)
        guard response.status != .noContent else { return nil }
        guard response.headers.first(name: "Holdfast-Beside") != nil else {
            let body = try await response.body.collect(upTo: 3 * Wire.batchBytesMax)
            return .batch(try Record.all(in: body.octets))
        }
        return try await Self.large(response.body)
    }

    private static func large(_ body: HTTPClientResponse.Body) async throws -> Carried {
        var waiting: [UInt8] = []
        // The sections come in the first pieces; what follows them is passed through.
        for try await buffer in body {
            waiting.append(contentsOf: buffer.readableBytesView)
            guard waiting.count >= RecordHeader.bytes else { continue }
            let header = try waiting.withUnsafeBytes { try RecordHeader(decoding: $0) }
            guard waiting.count >= header.messageOffset else { continue }
            var bytes = waiting[...]
            let record = try Record(takingFrom: &bytes, messageBeside: true)
            return .large(record, rest: PassedOn(first: Array(bytes), body: body))
        }
        throw RecordError.cutShort
    }

    /// Puts a batch into a queue; a result for each item, and the position that the node names.
    package func put(
        _ records: [Record], into address: String, queue: String, from node: NodeID? = nil
    ) async throws -> Receipt {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(records.reduce(0) { $0 + Int($1.header.recordBytes) })
        for record in records { record.encode(into: &bytes) }
        let headers = node.map { [("Holdfast-Node", $0.description)] } ?? []
        return try await put(.bytes(ByteBuffer(bytes: bytes)), into: address, queue: queue, headers)
    }

    /// Puts one large record; its message goes through as it comes.
    package func put(
        _ record: Record, rest: PassedOn, into address: String, queue: String
    ) async throws -> Receipt {
        let sections = record.encoded
        let length = Int64(sections.count) + Int64(clamping: record.header.message.bytes)
        let whole = PassedOn(first: sections + rest.first, body: rest.body)
        return try await put(
            .stream(whole, length: .known(length)), into: address, queue: queue,
            [("Holdfast-Beside", "1")])
    }

    private func put(
        _ body: HTTPClientRequest.Body, into address: String, queue: String,
        _ headers: [(String, String)]
    ) async throws -> Receipt {
        let response = try await send(
            .POST, "\(address)/queues/\(queue)/items", body: body, headers: headers)
        let answer = try await response.body.collect(upTo: Wire.batchBytesMax)
        let position = response.headers.first(name: "Holdfast-Position").flatMap { UInt64($0) }
        return Receipt(
            results: try [ItemResult](decoding: answer.octets),
            position: position.map(Position.init(raw:)))
    }

    /// Tells a queue what became of what was leased from it.
    package func settle(
        _ address: String, queue: String, _ results: [ItemResult], position: Position? = nil
    ) async throws {
        let headers = position.map { [("Holdfast-Position", String($0.raw))] } ?? []
        _ = try await call(
            .POST, "\(address)/queues/\(queue)/results",
            body: .bytes(ByteBuffer(bytes: results.encoded)), headers: headers)
    }

    /// The record at a place, with its message, or with what follows of it.
    package func record(
        at address: String, segment: SegmentNumber, offset: UInt64, mail: MailID
    ) async throws -> Carried {
        let url = "\(address)/records/\(segment)/\(offset)?mail=\(mail)"
        let response = try await send(.GET, url)
        guard response.headers.first(name: "Holdfast-Beside") != nil else {
            let body = try await response.body.collect(upTo: 3 * Wire.batchBytesMax)
            guard let record = try Record.all(in: body.octets).first else { throw RecordError.cutShort }
            return .batch([record])
        }
        return try await Self.large(response.body)
    }
}
