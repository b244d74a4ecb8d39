// SPDX-License-Identifier: Apache-2.0
// `search --segments`: the search, and the pages of its answer.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode

struct UnservedSearch {
    let option: SegmentsOption
    let question: Question
    /// 0 for all.
    let limit: Int
    let offset: Int

    private static let pageMails = 200

    /// Hands over the mails that match, newest first; returns what could not be read.
    func run(_ take: ([MailAnswer]) async throws -> Void) async throws -> [String] {
        let condition = try condition()
        let keys = try option.keys()
        let thread = DiskThread(name: "segments")
        defer { thread.stop() }
        let (search, result) = try await thread.run { [paths = option.segments] in
            let files = try SegmentFiles(paths: paths)
            let search = SegmentSearch(files: files, keys: keys)
            return (search, try search.search(condition))
        }
        var rest = result.mails.dropFirst(offset)
        if limit > 0 { rest = rest.prefix(limit) }
        while !rest.isEmpty {
            let page = Array(rest.prefix(Self.pageMails))
            rest = rest.dropFirst(page.count)
            try await take(
                try await thread.run {
                    try page.map { try search.answer($0[0], copies: $0.count) }
                })
        }
        return result.notices
    }

    private func condition() throws -> Condition {
        let query: Query
        do {
            query = try Query(
                parsing: question.query, now: MachineClock().now,
                clock: question.clock)
        } catch {
            throw Failure(.badQuery, "\(error)")
        }
        let unknown = query.condition.needingCatalog
        guard unknown.isEmpty else {
            throw Failure(
                .badQuery,
                "only the catalog knows \(unknown.joined(separator: " and ")); ask without")
        }
        return query.condition
    }
}
