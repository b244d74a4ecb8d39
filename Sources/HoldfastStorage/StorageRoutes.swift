// SPDX-License-Identifier: Apache-2.0
// What a storage answers to people and helpers besides its queues.

internal import HTTPTypes
internal import HoldfastDisk
internal import HoldfastLedger
internal import HoldfastModel
package import HoldfastNode
internal import HoldfastSegments
internal import Hummingbird
internal import NIOCore

extension StorageComponent {
    package func addRoutes(to server: NodeServer) {
        server.offer(queues, at: path)
        server.take(into: queues, at: path)
        addSearchRoutes(to: server)
        addCheckRoutes(to: server)
        addDamageRoutes(to: server.router)
        server.tellDays(of: keeper, queue: "sync", at: path)
        server.takeWord(for: expiry.clock, at: path) { [keeper] history in
            try await keeper.note(.marks(history.marks))
        }
        server.router.get("\(path.text)/records/:segment/:offset") { [self] request, context in
            let segment = try context.parameters.require("segment", as: UInt64.self)
            let offset = try context.parameters.require("offset", as: UInt64.self)
            let mail = try request.uri.queryParameters["mail"].map { text in
                guard let mail = MailID(String(text)) else {
                    throw Refusal.malformed("'\(text)' is not a mail id.")
                }
                return mail
            }
            return try await record(segment: segment, offset: offset, mail: mail)
        }
        server.router.get("\(path.text)/records/:segment/:offset/written") {
            [self] _, context in
            let segment = try context.parameters.require("segment", as: UInt64.self)
            let offset = try context.parameters.require("offset", as: UInt64.self)
            do {
                let written = try await keeper.read { _, reader in
                    try reader.written(segment: segment, offset: offset)
                }
                return JSONAnswer(WrittenAnswer(written: written.iso8601))
            } catch let error as SegmentError {
                throw Refusal(error)
            }
        }
        server.router.get("\(path.text)/status") { [self] _, _ in JSONAnswer(try await status()) }
        server.router.get("\(path.text)/segments") { [self] _, _ in
            // What the ledger says is not what lies there: somebody may have taken files away.
            guard try await hasFolder() else { throw Refusal.unavailable("Its folder is gone.") }
            let files = try await keeper.read { [keeper] _, _ in
                try SegmentFolder(keeper.store.folder, on: keeper.machine.disk).files()
            }
            return JSONAnswer(SegmentsAnswer(segments: files.map(\.segment)))
        }
        server.router.get("\(path.text)/expiry") { [expiry] _, _ in
            JSONAnswer(try await expiry.plan())
        }
        server.router.post("\(path.text)/expiry") { [self] _, _ in
            JSONAnswer(try await dropNow())
        }
        server.router.post("\(path.text)/drain") { [self] request, context in
            let wish = try await request.decode(as: DrainAnswer.self, context: context)
            try await keeper.read { [marks] _, _ in try marks.draining.set(wish.draining) }
            return JSONAnswer(DrainAnswer(draining: marks.draining.isSet))
        }
    }

    private func record(segment: UInt64, offset: UInt64, mail: MailID?) async throws -> Response {
        try await ordersHeard.wait()
        do {
            return try await found(segment: segment, offset: offset, mail: mail)
        } catch let absence as SegmentError {
            // Its segment was dropped and itself carried forward before the DAL's entry could follow.
            guard case .absent = absence, let mail,
                let held = try await keeper.read({ ledger, _ in try ledger.held([mail])[mail] }),
                held.segment != segment
            else { throw Refusal(absence) }
            do {
                return try await found(segment: held.segment, offset: held.offset, mail: mail)
            } catch let error as SegmentError {
                throw Refusal(error)
            }
        }
    }

    private func found(segment: UInt64, offset: UInt64, mail: MailID?) async throws -> Response {
        // A large message shows its damage only at its end: the second time it is not even begun.
        guard !keeper.damage.isKnown(segment: segment, offset: offset) else {
            throw Refusal(SegmentError.damaged(segment: segment, offset: offset))
        }
        let record: Record
        do {
            record = try await keeper.read { ledger, reader in
                if ledger.mayHavePurges, try ledger.isPurged(segment: segment, offset: offset) {
                    throw Refusal.absent("What lay at \(segment)/\(offset) was purged.")
                }
                return try reader.record(segment: segment, offset: offset, mail: mail)
            }
        } catch SegmentError.damaged {
            throw try await damaged(segment: segment, offset: offset, mail: mail)
        }
        var headers: HTTPFields = [.contentType: Wire.contentType]
        guard record.messageIsBeside else {
            return Response(
                status: .ok, headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: record.encoded)))
        }
        headers[.holdfastBeside] = "1"
        let pieces = keeper.pieces(of: record, segment: segment, offset: offset)
        return Response(status: .ok, headers: headers, body: .record(record, pieces: pieces))
    }

    /// What cannot be read at a place is damage if the ledger has the mail there; else there never was
    /// anything.
    private func damaged(segment: UInt64, offset: UInt64, mail: MailID?) async throws -> Refusal {
        let error = SegmentError.damaged(segment: segment, offset: offset)
        let held = try await keeper.read { ledger, _ in try ledger.held(mail.map { [$0] } ?? []) }
        guard held.values.contains(where: { $0.segment == segment && $0.offset == offset }) else {
            return .absent("There is no record at \(segment)/\(offset).")
        }
        keeper.damage.note(error)
        return .damaged("\(error)")
    }

    func status() async throws -> StatusAnswer {
        var answer = StatusAnswer(name: name, role: Role.storage.rawValue)
        let today = keeper.clock.now.day
        let (totals, today24, segments) = try await keeper.read { ledger, _ in
            (try ledger.totals(), try ledger.bytes(since: today), try ledger.segments().count)
        }
        let index = try await queues.index.backlog()
        answer.queues = ["index": index.count, "sync": try await queues.sync.length()]
        answer.buried = [
            "index": queues.index.buriedCount, "sync": queues.sync.look { $0.buriedCount },
        ]
        answer.oldest_unindexed = index.oldest?.iso8601
        answer.mails = totals.mails
        answer.bytes = totals.bytes
        answer.bytes_today = today24
        answer.segments = segments
        answer.damaged = keeper.damage.count
        answer.scrub = ScrubAnswer(scrub.progress)
        answer.incomplete = filler.notice
        let space = try await space()
        answer.free_bytes = space.free
        answer.total_bytes = space.total
        answer.writable = isWritable(space)
        answer.notice = notice(space) ?? filler.notice ?? expiry.refused
        return answer
    }
}

extension ScrubAnswer {
    fileprivate init(_ state: ScrubState) {
        self.init(
            segment: state.segment, bad: state.bad, healed: state.healed,
            last_finished: state.last?.finished.iso8601, last_bad: state.last?.bad,
            last_healed: state.last?.healed)
    }
}

extension Refusal {
    init(_ error: SegmentError) {
        switch error {
        case .absent: self = .absent("\(error)")
        case .otherMail: self = .conflict("\(error)")
        case .damaged, .damagedHeader: self = .damaged("\(error)")
        case .disk, .newerFormat, .fencedTooOften: self = .unavailable("\(error)")
        case .full: self = .full("\(error)")
        }
    }
}
