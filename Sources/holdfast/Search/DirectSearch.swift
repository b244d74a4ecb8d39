// SPDX-License-Identifier: Apache-2.0
// A search that asks the storages themselves, for when no DAL answers.

internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

/// Merges what the storages find in their own indexes: newest first, each mail once.
struct DirectSearch {
    private let cluster: Cluster
    private let question: Question
    private var streams: [Stream]
    /// What is said to a person at the end: who did not answer, and what could not be read.
    private(set) var notices: [String] = []

    private static let pageMails = 200

    init(_ question: Question, in cluster: Cluster) async throws {
        self.cluster = cluster
        self.question = question
        streams = try await cluster.nodes(of: .storage).map(Stream.init)
    }

    /// The answers of one storage, page by page.
    private struct Stream {
        let name: String
        let address: String
        var waiting: ArraySlice<MailAnswer> = []
        /// What to ask for next; nil at the end.
        var next: String? = ""

        init(_ node: Registration) {
            (name, address) = (node.name, node.address)
        }
    }

    /// Hands over the mails that match, some at a time.
    ///
    /// - Parameter limit: 0 for all.
    mutating func eachPage(
        limit: Int, offset: Int, _ take: ([MailAnswer]) async throws -> Void
    ) async throws {
        var (skipped, taken) = (0, 0)
        var page: [MailAnswer] = []
        while limit == 0 || taken < limit, let mail = try await next() {
            guard skipped >= offset else {
                skipped += 1
                continue
            }
            taken += 1
            page.append(mail)
            guard page.count >= Self.pageMails else { continue }
            try await take(page)
            page = []
        }
        if !page.isEmpty { try await take(page) }
    }

    /// The newest mail that is left; its copies are those of the storages that answer.
    private mutating func next() async throws -> MailAnswer? {
        for place in streams.indices { try await fill(place) }
        let heads = streams.compactMap(\.waiting.first)
        guard var newest = heads.max(by: { $0.place < $1.place }) else { return nil }
        newest.copies = heads.count { $0.id == newest.id }
        for place in streams.indices where streams[place].waiting.first?.id == newest.id {
            streams[place].waiting.removeFirst()
        }
        return newest
    }

    private mutating func fill(_ place: Int) async throws {
        while streams[place].waiting.isEmpty, let next = streams[place].next {
            let stream = streams[place]
            let from = next.isEmpty ? "" : "&after=\(next.inQuery)"
            let url =
                "\(stream.address)/mails?\(question.parameters)&limit=\(Self.pageMails)\(from)"
            do {
                let answer = try await cluster.client.json(.GET, url, as: SearchAnswer.self)
                streams[place].waiting = answer.mails[...]
                streams[place].next = answer.next
                note(answer, of: stream.name)
            } catch let error as NodeError where error.isTemporary {
                streams[place].next = nil
                let why =
                    error.status == 503 ? "cannot be searched now: \(error)" : "does not answer"
                notices.append("\(stream.name) \(why); what only it holds is missing")
            }
        }
    }

    private mutating func note(_ answer: SearchAnswer, of name: String) {
        if let reason = answer.incomplete, !notices.contains(where: { $0.contains(reason) }) {
            notices.append("\(name): \(reason)")
        }
        if let unreadable = answer.unreadable {
            notices.append("\(name): \(unreadable) records cannot be read")
        }
    }
}

extension MailAnswer {
    /// Where it stands in the order of receipt.
    fileprivate var place: (String, String) {
        let moment = received.dropLast()
        return (moment + (moment.contains(".") ? "" : ".000"), id)
    }
}
