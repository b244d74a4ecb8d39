// SPDX-License-Identifier: Apache-2.0
// Checks as they are asked for, and the list of all that lies here.

internal import HoldfastLedger
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird

extension StorageComponent {
    private static let megabyte: UInt64 = 1_000_000

    func addCheckRoutes(to server: NodeServer) {
        let router = server.router
        router.post("\(path.text)/verifications") { [verification] request, _ in
            let rate = try request.uri.queryParameters["mb_per_second"].map { text in
                guard let rate = UInt64(text), (1...100_000).contains(rate) else {
                    throw Refusal.malformed("mb_per_second must be from 1 to 100000.")
                }
                return rate * Self.megabyte
            }
            return JSONAnswer(verification.order(bytesPerSecond: rate))
        }
        router.get("\(path.text)/verifications") { [verification] _, _ in
            guard let answer = verification.current else {
                throw Refusal.absent("Nothing has been verified since the start.")
            }
            return JSONAnswer(answer)
        }
        router.get("\(path.text)/copies") { [self] request, _ in
            let text = request.uri.queryParameters["after"].map(String.init)
            guard let place = text.map({ CopyPlace($0) }) ?? CopyPlace.start else {
                throw Refusal.malformed("after must be what `next` was in an answer.")
            }
            let day = try request.day(default: keeper.clock.now.day)
            return JSONAnswer(try await copies(after: place, visibleOn: day))
        }
        router.post("\(path.text)/queues/index/probe") { [self] _, _ in
            queues.index.probe()
            return JSONAnswer(IndexEndAnswer(position: try await queues.index.end().raw))
        }
        router.post("\(path.text)/entries") { [self] request, context in
            let named = try await request.decode(as: NamedCopies.self, context: context)
            guard named.copies.count <= NamedCopies.copiesMax else {
                throw Refusal.tooLarge("At most \(NamedCopies.copiesMax) can be named at once.")
            }
            for copy in named.copies {
                queues.index.shipAsNew(Position(raw: copy.position))
            }
            return HTTPResponse.Status.noContent
        }
    }

    /// What lies here and counts, in the order of places.
    private func copies(
        after place: CopyPlace, visibleOn day: Day
    ) async throws -> CopiesAnswer {
        let limit = CopiesAnswer.limitMax
        let entries = try await keeper.readLong { ledger, _ in
            try ledger.current(
                after: (place.segment, place.offset), visibleOn: day, limit: limit)
        }
        let copies = entries.map { entry in
            ListedCopy(
                mail: entry.mail, segment: entry.segment, offset: entry.offset,
                position: entry.position.raw)
        }
        return CopiesAnswer(
            copies: copies, next: copies.count < limit ? nil : copies.last?.place.description)
    }
}
