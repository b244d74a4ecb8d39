// SPDX-License-Identifier: Apache-2.0
// Orders a release and waits for what becomes of it.

internal import AsyncHTTPClient
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// Releases mails one after the other; what goes wrong with one fails no other.
struct Releaser {
    let cluster: Cluster
    let to: [String]?
    let again: Bool
    let waitSeconds: Int
    let by: String

    private let clock = ContinuousClock()

    private static let pollMilliseconds = 50...1000

    init(cluster: Cluster, to: [String]?, again: Bool, waitSeconds: Int, by: String) {
        self.cluster = cluster
        self.to = to
        self.again = again
        self.waitSeconds = waitSeconds
        self.by = by
    }

    /// Says what became of one mail.
    func release(_ id: String) async throws -> ExitStatus {
        do {
            let mail = try await cluster.details(id).mail.id
            let end = clock.now.advanced(by: .seconds(waitSeconds))
            let answer = try await order(mail, until: end)
            var codes: [ExitStatus] = []
            // Who has it already comes first, then whoever gets it now.
            for order in (answer.before ?? []) + [answer] {
                codes.append(try await say(order, waitingUntil: end))
            }
            return codes.max { $0.rawValue < $1.rawValue } ?? .done
        } catch let failure as Failure {
            await Output.say("holdfast: \(failure)")
            return failure.code
        } catch let error as NodeError {
            let failure = Failure(error)
            await Output.say("holdfast: \(id): \(failure)")
            return error.status == 422 ? .someFailed : failure.code
        }
    }

    /// Says what becomes of one order for those for whom it was asked.
    private func say(
        _ order: ReleaseAnswer, waitingUntil end: ContinuousClock.Instant
    ) async throws -> ExitStatus {
        var last = order.state == "done" ? order : try await waited(order, until: end)
        last.recipients = order.recipients
        let report = ReleaseReport(
            last, to: to, gateway: await gatewayAnswer(last),
            orderedBefore: order.released_before && order.state == "done")
        try await Output.standard.write(report.lines)
        for remark in report.remarks { await Output.say(remark) }
        return report.status
    }

    /// Orders it, as soon as it is known who has it already.
    private func order(
        _ mail: String, until end: ContinuousClock.Instant
    ) async throws -> ReleaseAnswer {
        let request = ReleaseRequest(mail: mail, to: to, again: again, by: by)
        while true {
            do {
                return try await cluster.ask(any: .dal) { address in
                    try await cluster.client.json(
                        .POST, "\(address)/orders", as: ReleaseAnswer.self, body: .json(request))
                }
            } catch let error as NodeError where error.status == 503 && clock.now < end {
                try await Task.sleep(for: .milliseconds(Self.pollMilliseconds.upperBound))
            }
        }
    }

    /// The order when it is done, or as it is when we have waited long enough.
    private func waited(
        _ order: ReleaseAnswer, until end: ContinuousClock.Instant
    ) async throws -> ReleaseAnswer {
        var pause = Self.pollMilliseconds.lowerBound
        var last = order
        while last.state != "done", clock.now < end {
            try await Task.sleep(for: .milliseconds(pause))
            pause = min(2 * pause, Self.pollMilliseconds.upperBound)
            last = try await cluster.ask(any: .dal) { address in
                try await cluster.client.json(
                    .GET, "\(address)/orders/\(order.order)?mail=\(order.mail)",
                    as: ReleaseAnswer.self)
            }
        }
        return last
    }

    /// What the gateway that has the order knows: it may be further than the catalog.
    private func gatewayAnswer(_ order: ReleaseAnswer) async -> GatewayOrderAnswer? {
        guard order.state != "done",
            let address = cluster.address(of: .gateway, named: order.gateway)
        else { return nil }
        // It only adds to what is said; without it the order is as the catalog has it.
        return try? await cluster.client.json(
            .GET, "\(address)/orders/\(order.order)", as: GatewayOrderAnswer.self)
    }
}

/// An order as its gateway shows it: as the catalog would, and how it goes on.
struct GatewayOrderAnswer: Decodable, Sendable {
    var order: ReleaseAnswer
    /// What the smarthost said last that was not final.
    var lastReply: String?
    var nextTry: String?

    private enum Key: String, CodingKey { case last_reply, next_try }

    init(from decoder: any Decoder) throws {
        order = try ReleaseAnswer(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        lastReply = try container.decodeIfPresent(String.self, forKey: .last_reply)
        nextTry = try container.decodeIfPresent(String.self, forKey: .next_try)
    }
}
