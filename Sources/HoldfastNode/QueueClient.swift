// SPDX-License-Identifier: Apache-2.0
// What a helper does at the queues of others.

internal import AsyncHTTPClient
internal import Foundation
package import HoldfastModel
package import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Items as a helper got them.
package enum Carried: Sendable {
    case batch([Record])
    /// One record whose message is still on its way: it is passed through.
    case large(Record, rest: PassedOn)
}

/// The octets of a large record's message, from one node's answer into another node's request.
///
/// They come off the network as they are read, so they can be read once.
package final class PassedOn: AsyncSequence, Sendable {
    package typealias Element = ByteBuffer
    private let stream: Mutex<RecordStream<HTTPClientResponse.Body.AsyncIterator>?>

    init(_ stream: sending RecordStream<HTTPClientResponse.Body.AsyncIterator>) {
        self.stream = Mutex(stream)
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate var stream: RecordStream<HTTPClientResponse.Body.AsyncIterator>?

        package mutating func next() async throws -> ByteBuffer? {
            try await stream?.nextPiece().map { ByteBuffer(bytes: $0) }
        }
    }

    package func makeAsyncIterator() -> Iterator {
        let taken = stream.withLock { stream in
            let taken = stream
            stream = nil
            return taken
        }
        precondition(taken != nil, "what comes off the network is read once")
        return Iterator(stream: taken)
    }
}

/// The sections of a large record, and its message behind them, as one body.
private struct WithSections: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let sections: [UInt8]
    let rest: PassedOn

    struct Iterator: AsyncIteratorProtocol {
        var sections: [UInt8]?
        var rest: PassedOn.Iterator

        mutating func next() async throws -> ByteBuffer? {
            guard let sections else { return try await rest.next() }
            self.sections = nil
            return ByteBuffer(bytes: sections)
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(sections: sections, rest: rest.makeAsyncIterator())
    }
}

extension HTTPClientResponse {
    /// The records of an answer; a large one only up to where its message begins.
    fileprivate func carried() async throws -> Carried {
        guard headers.first(name: "Holdfast-Beside") != nil else {
            let octets = try await body.octets(
                expecting: headers.first(name: "Content-Length").flatMap { Int($0) },
                upTo: 3 * Wire.batchBytesMax)
            return .batch(try Record.all(in: octets))
        }
        var stream = RecordStream(body.makeAsyncIterator())
        let record = try await stream.readSections()
        return .large(record, rest: PassedOn(stream))
    }
}

extension NodeClient {
    /// Leases from a queue; nil when there was nothing to carry.
    ///
    /// - Returns: the items, and on how many storages each is to lie before it is settled.
    package func lease(
        from address: String, queue: String, _ request: LeaseRequest
    ) async throws -> (items: Carried, copies: Int)? {
        let response = try await send(
            .POST, "\(address)/queues/\(queue)/leases", body: .json(LeaseBody(request)),
            headers: [("Content-Type", "application/json")], pollSeconds: request.waitSeconds)
        guard response.status != .noContent else { return nil }
        let copies = response.headers.first(name: "Holdfast-Copies").flatMap { Int($0) } ?? 1
        return (try await response.carried(), copies)
    }

    /// Puts a batch into a queue; a result for each item, and the position that the node names.
    package func put(
        _ records: [Record], into address: String, queue: String, from node: NodeID? = nil
    ) async throws -> Receipt {
        let headers = node.map { [("Holdfast-Node", $0.description)] } ?? []
        return try await put(.bytes(records.body), into: address, queue: queue, headers)
    }

    /// Puts one large record; its message goes through as it comes.
    package func put(
        _ record: Record, rest: PassedOn, into address: String, queue: String
    ) async throws -> Receipt {
        let sections = record.encoded
        let length = Int64(sections.count) + Int64(clamping: record.header.message.bytes)
        return try await put(
            .stream(WithSections(sections: sections, rest: rest), length: .known(length)),
            into: address, queue: queue,
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
        let results: [ItemResult]
        do {
            results = try [ItemResult](decoding: answer.octets)
        } catch {
            // That says nothing of the items.
            throw NodeError(
                status: 502, address: address, message: "\(address) answers with \(error)")
        }
        return Receipt(results: results, position: position.map(Position.init(raw:)))
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

    /// Where a node gives out one of its records.
    package static func recordURL(
        at address: String, segment: SegmentNumber, offset: UInt64, mail: MailID
    ) -> String {
        "\(address)/records/\(segment)/\(offset)?mail=\(mail)"
    }

    /// The record at a place, with its message, or with what follows of it.
    ///
    /// - Parameter url: from `recordURL`.
    package func record(at url: String) async throws -> Carried {
        let carried = try await send(.GET, url).carried()
        if case .batch(let records) = carried, records.count != 1 { throw RecordError.cutShort }
        return carried
    }

    /// The segments that lie at a storage.
    package func segments(at address: String) async throws -> [SegmentNumber] {
        try await json(.GET, "\(address)/segments", as: SegmentsAnswer.self).segments
    }

    /// The orders for a mail that a gateway has: under way, or done not long ago.
    package func orders(for mail: MailID, at address: String) async throws -> [Order] {
        let answer = try await call(
            .GET, "\(address)/orders?mail=\(mail)", answerBytesMax: Wire.batchBytesMax)
        return try Record.all(in: answer.octets).map { record in
            try Order(id: record.header.mail, decoding: record.summary)
        }
    }
}
