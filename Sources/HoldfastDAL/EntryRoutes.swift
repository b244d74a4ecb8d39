// SPDX-License-Identifier: Apache-2.0
// The catalog's entries, for whoever compares them with what lies on the storages.

internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import Hummingbird
internal import Synchronization

extension DALComponent {
    func addEntryRoutes(to server: NodeServer) {
        let router = server.router
        router.get("\(path.text)/entries") { [self] request, _ in
            let parameters = request.uri.queryParameters
            guard let node = NodeID(String(parameters["node"] ?? "")) else {
                throw Refusal.malformed("node must be the identity of a storage.")
            }
            let text = parameters["after"].map(String.init)
            guard let place = text.map({ CopyPlace($0) }) ?? CopyPlace.start else {
                throw Refusal.malformed("after must be what `next` was in an answer.")
            }
            let day = try request.day(default: surroundings.clock.now.day)
            return JSONAnswer(try await entries(of: node, after: place, visibleOn: day))
        }
        router.get("\(path.text)/entries/statistics") { [self] request, _ in
            let day = try request.day(default: surroundings.clock.now.day)
            return JSONAnswer(try await copyStatistics(visibleOn: day))
        }
        router.get("\(path.text)/days/:day") { [self] _, context in
            let day = try context.parameters.day
            return JSONAnswer(try await book(of: day))
        }
        router.post("\(path.text)/entries/lost") { [self] request, context in
            let named = try await request.decode(as: NamedCopies.self, context: context)
            guard let node = named.node.flatMap({ NodeID($0) }) else {
                throw Refusal.malformed("node must be the identity of a storage.")
            }
            guard named.copies.count <= NamedCopies.copiesMax else {
                throw Refusal.tooLarge("At most \(NamedCopies.copiesMax) can be named at once.")
            }
            let copies = named.copies.map(EnteredCopy.init)
            try await queues.writer.run { [catalog] in try catalog.forget(node, copies) }
            return HTTPResponse.Status.noContent
        }
    }

    func book(of day: Day) async throws -> DayAnswer {
        let storages = surroundings.roster.current?.roster.nodes(of: .storage) ?? []
        let living = storages.compactMap { $0.node.flatMap { NodeID($0) } }
        let today = surroundings.clock.now.day
        let book = try await read { try $0.dayBook(of: day, living: living, today: today) }
        var answer = DayAnswer(day: day)
        (answer.live, answer.expired, answer.purged) = (book.live, book.expired, book.purged)
        answer.kept = book.live + book.expired + book.purged
        answer.without_copy = book.withoutCopy
        answer.gateways = gatewayDays.withLock { $0.names(on: day) }
        return answer
    }

    private func entries(
        of node: NodeID, after place: CopyPlace, visibleOn day: Day
    ) async throws -> CopiesAnswer {
        let limit = CopiesAnswer.limitMax
        let (copies, held) = try await read { catalog in
            // Asked for first: what was entered between is behind it, and nobody's business yet.
            let held = try catalog.position(of: node)
            let copies = try catalog.entries(
                of: node, after: (place.segment, place.offset), limit: limit, today: day)
            return (copies, held)
        }
        let listed = copies.map { copy in
            ListedCopy(
                mail: copy.mail, segment: copy.segment, offset: copy.offset,
                position: copy.position.raw)
        }
        return CopiesAnswer(
            copies: listed, next: copies.count < limit ? nil : listed.last?.place.description,
            held: held.raw)
    }

    private func copyStatistics(visibleOn day: Day) async throws -> CopyStatisticsAnswer {
        let shared = queues.configuration.acks.disksMayBeShared
        let (found, nodes) = try await read { catalog in
            let found = try catalog.copyStatistics(disksMayBeShared: shared, today: day)
            return (found, try catalog.statistics().nodes)
        }
        return CopyStatisticsAnswer(
            mails: found.mails, copies_min: found.copies.lowerBound,
            copies_max: found.copies.upperBound, disks_min: found.disks.lowerBound,
            disks_max: found.disks.upperBound, short: found.short,
            nodes: nodes.map { node in
                CopyStatisticsAnswer.Node(
                    node: node.id.description, name: node.name, entries: node.entries,
                    gone: node.isGone)
            })
    }
}

extension EnteredCopy {
    fileprivate init(_ copy: ListedCopy) {
        self.init(
            mail: copy.mail, segment: copy.segment, offset: copy.offset,
            position: Position(raw: copy.position))
    }
}
