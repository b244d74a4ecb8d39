// SPDX-License-Identifier: Apache-2.0
// Handing one message to a gateway over HTTP.

internal import AsyncHTTPClient
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

extension Cluster {
    /// What a gateway answers when it has taken a mail.
    struct HandInAnswer: Decodable, Sendable {
        var id: String
        /// `stored`, or `duplicate` for octets that were here already.
        var outcome: String
    }

    /// The address of a gateway; another one with each turn.
    func gateway(turn: Int) async throws -> String {
        let gateways = try await nodes(of: .gateway)
        return gateways[turn % gateways.count].address
    }

    /// - Parameter keepDays: nil leaves it to the gateway.
    /// - Parameter isImport: the same octets are the same mail, and nobody need be its recipient.
    func hand(
        _ octets: HTTPClientRequest.Body, _ envelope: Envelope, keepDays: Int?,
        isImport: Bool = false, turn: Int = 0
    ) async throws -> HandInAnswer {
        var parameters = ["sender=\(envelope.sender.inQuery)"]
        parameters += envelope.recipients.map { "recipient=\($0.inQuery)" }
        if let keepDays { parameters.append("keep_days=\(keepDays)") }
        if isImport { parameters.append("id=octets") }
        let url = "\(try await gateway(turn: turn))/mails?\(parameters.joined(separator: "&"))"
        return try await client.json(.POST, url, as: HandInAnswer.self, body: octets)
    }
}
