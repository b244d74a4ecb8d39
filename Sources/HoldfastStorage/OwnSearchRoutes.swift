// SPDX-License-Identifier: Apache-2.0
// `GET /mails` of a storage: a search for when no DAL answers.

internal import HoldfastCatalog
internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird

extension StorageComponent {
    private static let pageMailsMax = 1000

    func addSearchRoutes(to server: NodeServer) {
        server.router.get("\(path.text)/mails") { [self] request, _ in
            let parameters = request.uri.queryParameters
            let condition = try condition(
                String(parameters["q"] ?? ""),
                clock: String(
                    parameters["utc_offsets"] ?? parameters["utc_offset_seconds"] ?? "0"))
            guard let limit = Int(parameters["limit"] ?? "50"),
                (1...Self.pageMailsMax).contains(limit)
            else { throw Refusal.malformed("limit must be from 1 to \(Self.pageMailsMax).") }
            let place = try parameters["after"].map { text in
                guard let place = ReceiptPlace(String(text)) else {
                    throw Refusal.malformed("after must be what `next` was in an answer.")
                }
                return place
            }
            try await ordersHeard.wait()
            let page = try await search.page(
                condition, below: place, limit: limit, today: keeper.clock.now.day)
            return JSONAnswer(
                SearchAnswer(
                    mails: page.found.map(\.mail), next: page.next?.text,
                    unreadable: page.unreadable == 0 ? nil : page.unreadable,
                    incomplete: filler.notice))
        }
    }

    private func condition(_ text: String, clock: String) throws -> Condition {
        guard let clock = AskerClock(clock) else {
            throw Refusal.malformed(
                "utc_offsets must be seconds from -86400 to 86400, as in 3600,7200@1774746000.")
        }
        let query: Query
        do {
            query = try Query(parsing: text, now: keeper.clock.now, clock: clock)
        } catch {
            throw Refusal.malformed("\(error)")
        }
        let unknown = query.condition.needingCatalog
        guard unknown.isEmpty else {
            throw Refusal.malformed(
                "only the catalog knows \(unknown.joined(separator: " and ")); ask without.")
        }
        return query.condition
    }
}

extension ReceiptPlace {
    /// `milliseconds-id`, as it travels in `next` and `after`.
    fileprivate var text: String { "\(received.milliseconds)-\(mail)" }

    fileprivate init?(_ text: String) {
        guard let dash = text.lastIndex(of: "-"), let milliseconds = Int64(text[..<dash]),
            let mail = MailID(String(text[text.index(after: dash)...]))
        else { return nil }
        self.init(received: Timestamp(milliseconds: milliseconds), mail: mail)
    }
}
