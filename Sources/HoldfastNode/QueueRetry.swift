// SPDX-License-Identifier: Apache-2.0
// Digging up what lies buried in a queue, on both ends of the wire.

internal import AsyncHTTPClient
internal import Foundation
package import HoldfastModel
internal import Hummingbird
internal import NIOCore
internal import NIOFoundationCompat
internal import NIOHTTP1

/// `POST queues/{queue}/retry`: which of the buried items shall be offered again.
package struct RetryRequest: Codable, Hashable, Sendable {
    /// All that is buried in the queue, when absent.
    package var mails: [MailID]?

    package static let mailsMax = 10_000

    package init(mails: [MailID]?) {
        self.mails = mails
    }
}

/// The answer: how many were dug up.
package struct RetryAnswer: Codable, Hashable, Sendable {
    package var format_version = 1
    package var queue: String
    package var retried: Int

    package init(queue: String, retried: Int) {
        self.queue = queue
        self.retried = retried
    }
}

extension NodeServer {
    /// `POST queues/{queue}/retry` of a node.
    func offerRetry(_ source: any QueueSource, at path: NodePath) {
        router.post("\(path.text)/queues/:queue/retry") { request, context in
            let queue = try context.parameters.require("queue")
            let asked = try await RetryRequest(reading: request)
            let retried = try await source.retry(queue, mails: asked.mails)
            return JSONAnswer(RetryAnswer(queue: queue, retried: retried))
        }
    }
}

extension RetryRequest {
    /// Nothing at all asks for all, as `{}` does.
    fileprivate init(reading request: Request) async throws {
        let body = try await request.body.collect(upTo: Wire.jsonBytesMax)
        do {
            mails =
                body.readableBytes == 0
                ? nil : try JSONDecoder().decode(RetryRequest.self, from: body).mails
        } catch {
            throw Refusal.malformed("The body is not {\"mails\":[id…]}: \(error)")
        }
        guard mails?.count ?? 0 <= Self.mailsMax else {
            throw Refusal.tooLarge("At most \(Self.mailsMax) mails can be named at once.")
        }
    }
}

extension NodeClient {
    /// Has buried items of a queue offered again; returns how many there were.
    ///
    /// - Parameter mails: only those of these mails; nil is all that is buried there.
    package func retry(
        _ address: String, queue: String, mails: [MailID]? = nil
    ) async throws -> Int {
        try await json(
            .POST, "\(address)/queues/\(queue)/retry", as: RetryAnswer.self,
            body: .json(RetryRequest(mails: mails))
        ).retried
    }
}
