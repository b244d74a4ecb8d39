// SPDX-License-Identifier: Apache-2.0
// What verbs ask the DAL.

internal import AsyncHTTPClient
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// A query as a person wrote it, and where on earth its dates are meant.
struct Question: Sendable {
    var query: String
    var utcOffsetSeconds: Int

    /// - Parameter words: the words of the command line; several are one query.
    init(words: [String], utcOffset: Int?) {
        query = words.joined(separator: " ")
        utcOffsetSeconds = utcOffset ?? TimeZone.current.secondsFromGMT()
    }

    fileprivate var parameters: String {
        "q=\(query.inQuery)&utc_offset_seconds=\(utcOffsetSeconds)"
    }
}

extension Cluster {
    /// Mails asked for at once; the DAL may give fewer.
    private static let pageMails = 500

    func count(_ question: Question) async throws -> Int {
        try await ask(any: .dal) { address in
            try await client.json(
                .GET, "\(address)/mails/count?\(question.parameters)", as: CountAnswer.self
            ).count
        }
    }

    /// The mails that match, page by page, newest first, none of them twice.
    ///
    /// - Parameter limit: 0 for all.
    func eachPage(
        _ question: Question, limit: Int = 0, offset: Int = 0,
        _ take: ([MailAnswer]) async throws -> Void
    ) async throws {
        // Mails that come meanwhile push others onto the next page.
        var seen: Set<String> = []
        var offset = offset
        while limit == 0 || seen.count < limit {
            let wanted = limit == 0 ? Self.pageMails : min(Self.pageMails, limit - seen.count)
            let page = try await page(question, limit: wanted, offset: offset)
            guard !page.isEmpty else { return }
            offset += page.count
            let fresh = page.filter { seen.insert($0.id).inserted }
            if !fresh.isEmpty { try await take(fresh) }
        }
    }

    private func page(_ question: Question, limit: Int, offset: Int) async throws -> [MailAnswer] {
        try await ask(any: .dal) { address in
            let url = "\(address)/mails?\(question.parameters)&limit=\(limit)&offset=\(offset)"
            return try await client.json(.GET, url, as: SearchAnswer.self).mails
        }
    }

    /// Which of these the catalog has; none when no DAL answers, for it is only good to know.
    func known(_ ids: [MailID]) async -> Set<MailID> {
        var known: Set<MailID> = []
        for start in stride(from: 0, to: ids.count, by: KnownMails.idsMax) {
            let part = ids[start..<min(start + KnownMails.idsMax, ids.count)]
            let answer = try? await ask(any: .dal) { address in
                try await client.json(
                    .POST, "\(address)/mails/known", as: KnownMails.self,
                    body: .json(KnownMails(ids: Array(part))))
            }
            known.formUnion(answer?.ids ?? [])
        }
        return known
    }

    /// All that is known of one mail.
    ///
    /// - Parameter id: any prefix of the mail id that no other mail's begins with.
    func details(_ id: String) async throws -> MailDetailsAnswer {
        let letters = id.trimmingCharacters(in: .whitespaces)
        guard MailID.range(ofPrefix: letters) != nil else {
            throw Failure(.badQuery, "'\(id)' is no mail id, nor the beginning of one")
        }
        do {
            return try await ask(any: .dal) { address in
                try await client.json(
                    .GET, "\(address)/mails/\(letters)", as: MailDetailsAnswer.self)
            }
        } catch let error as NodeError where error.status == 404 {
            throw Failure(.none, "there is no mail \(letters)")
        } catch let error as NodeError where error.status == 409 {
            throw Failure(.badQuery, "several mails begin with \(letters): give more of the id")
        }
    }
}
