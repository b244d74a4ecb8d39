// SPDX-License-Identifier: Apache-2.0
// Handing one message to a gateway over HTTP.

internal import AsyncHTTPClient
internal import HoldfastModel
internal import HoldfastNode
internal import NIOCore
internal import NIOHTTP1

extension Cluster {
    /// What a gateway answers when it has taken a mail.
    struct HandInAnswer: Decodable, Sendable {
        var id: String
        /// `stored`, or `duplicate` for octets that were here already.
        var outcome: String
        /// The last day until which it is kept; nil for a duplicate.
        var keep_until: String?
    }

    /// The address of a gateway; another one with each turn.
    func gateway(turn: Int) async throws -> String {
        let gateways = try await nodes(of: .gateway)
        return gateways[turn % gateways.count].address
    }

    /// - Parameters:
    ///   - count: how many octets there are; nil when only reading tells.
    ///   - keepDays: nil leaves it to the gateway.
    ///   - isImport: the same octets are the same mail, and nobody need be its recipient.
    func hand<Octets: AsyncSequence & Sendable>(
        _ octets: Octets, count: Int64?, _ envelope: Envelope, keepDays: Int?,
        isImport: Bool = false, turn: Int = 0
    ) async throws -> HandInAnswer where Octets.Element == ByteBuffer {
        // A thousand recipients have no room in the head of a request.
        let front = envelope.encoded
        var query = "envelope_bytes=\(front.count)"
        if let keepDays { query += "&keep_days=\(keepDays)" }
        if isImport { query += "&id=octets" }
        let url = "\(try await gateway(turn: turn))/mails?\(query)"
        let length = count.map { HTTPClientRequest.Body.Length.known($0 + Int64(front.count)) }
        return try await client.json(
            .POST, url, as: HandInAnswer.self,
            body: .stream(Fronted(front: front, rest: octets), length: length ?? .unknown))
    }
}

/// Some octets, and a stream after them.
private struct Fronted<Rest: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Rest.Element == ByteBuffer {
    let front: [UInt8]
    let rest: Rest

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var front: ByteBuffer?
        fileprivate var rest: Rest.AsyncIterator

        mutating func next() async throws -> ByteBuffer? {
            if let front {
                self.front = nil
                return front
            }
            return try await rest.next()
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(front: ByteBuffer(bytes: front), rest: rest.makeAsyncIterator())
    }
}
