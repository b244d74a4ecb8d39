// SPDX-License-Identifier: Apache-2.0
// Tells the DAL what is wanted of mails, and waits until it would survive the catalog.

internal import AsyncHTTPClient
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// Orders a hold, an unhold or a purge for some mails.
struct Wisher {
    let cluster: Cluster
    let kind: WishRequest.Kind
    let reason: String
    let by: String
    let waitSeconds: Int

    private let clock = ContinuousClock()
    private static let pollMilliseconds = 100

    init(
        cluster: Cluster, kind: WishRequest.Kind, reason: String, by: String, waitSeconds: Int
    ) {
        self.cluster = cluster
        self.kind = kind
        self.reason = reason
        self.by = by
        self.waitSeconds = waitSeconds
    }

    /// Says for each mail who has confirmed it. Done when for each at least one storage has, so that it
    /// is known as long as the mail.
    func order(_ mails: [MailID]) async throws -> ExitStatus {
        let end = clock.now.advanced(by: .seconds(waitSeconds))
        var worst = ExitStatus.done
        for start in stride(from: 0, to: mails.count, by: WishRequest.mailsMax) {
            let part = Array(mails[start..<min(start + WishRequest.mailsMax, mails.count)])
            let request = WishRequest(kind: kind, mails: part, by: by, reason: reason)
            let answer = try await cluster.ask(any: .dal) { address in
                try await cluster.client.json(
                    .POST, "\(address)/wishes", as: WishesAnswer.self, body: .json(request))
            }
            for wish in answer.wishes {
                let last = try await waited(wish, until: end)
                try await say(last)
                if !last.isSafe { worst = .someFailed }
            }
            for mail in Set(part).subtracting(answer.wishes.map(\.mail)).sorted() {
                await Output.say("holdfast: there is no mail \(mail)")
                worst = .someFailed
            }
        }
        return worst
    }

    /// The order when all have confirmed it, or as it is when we have waited long enough for the first.
    private func waited(
        _ wish: WishAnswer, until end: ContinuousClock.Instant
    ) async throws -> WishAnswer {
        var last = wish
        let all = wish.unconfirmed
        while last.unconfirmed == all, !last.waiting.isEmpty, clock.now < end {
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
            last = try await cluster.ask(any: .dal) { address in
                try await cluster.client.json(
                    .GET, "\(address)/wishes/\(wish.order)?mail=\(wish.mail)",
                    as: WishAnswer.self)
            }
        }
        last.confirmed = max(last.confirmed, all - last.unconfirmed)
        return last
    }

    private func say(_ wish: WishAnswer) async throws {
        try await Output.standard.write("\(wish.mail)\t\(kind.rawValue)\t\(wish.confirmed)\n")
        if !wish.waiting.isEmpty {
            await Output.say(
                "\(wish.mail): ordered; not confirmed yet by"
                    + " \(wish.waiting.joined(separator: ", ")): it goes there as soon as they are back"
            )
        } else if !wish.isSafe {
            await Output.say(
                "\(wish.mail): ordered; no storage has confirmed it, for its copies are on"
                    + " \((wish.gone ?? []).joined(separator: ", ")), which is gone: the catalog alone"
                    + " knows it until one that holds a copy is back")
        }
    }
}
