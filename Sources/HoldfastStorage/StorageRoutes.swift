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
        server.router.get("\(path.text)/records/:segment/:offset") { [self] request, context in
            let segment = try context.parameters.require("segment", as: UInt64.self)
            let offset = try context.parameters.require("offset", as: UInt64.self)
            let mail = request.uri.queryParameters["mail"].flatMap { MailID(String($0)) }
            return try await record(segment: segment, offset: offset, mail: mail)
        }
        server.router.get("\(path.text)/status") { [self] _, _ in JSONAnswer(try await status()) }
        server.router.get("\(path.text)/expiry") { [expiry] _, _ in
            JSONAnswer(try await expiry.plan())
        }
        server.router.post("\(path.text)/expiry") { [expiry] _, _ in
            JSONAnswer(try await expiry.drop())
        }
    }

    private func record(segment: UInt64, offset: UInt64, mail: MailID?) async throws -> Response {
        let record: Record
        do {
            record = try await keeper.read { _, reader in
                try reader.record(segment: segment, offset: offset, mail: mail)
            }
        } catch let error as SegmentError {
            throw Refusal(error)
        }
        var headers: HTTPFields = [.contentType: Wire.contentType]
        guard record.messageIsBeside else {
            return Response(
                status: .ok, headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: record.encoded)))
        }
        headers[.holdfastBeside] = "1"
        let body = ResponseBody.record(record) { [keeper] start, count in
            try await keeper.read { _, reader in
                try reader.messagePart(
                    of: record, segment: segment, offset: offset, from: start, count: count)
            }
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    func status() async throws -> StatusAnswer {
        var answer = StatusAnswer(name: name, role: Role.storage.rawValue)
        let today = keeper.clock.now.day
        let (totals, today24, segments) = try await keeper.read { ledger, _ in
            (try ledger.totals(), try ledger.bytes(since: today), try ledger.segments().count)
        }
        let index = try await queues.index.backlog()
        answer.queues = ["index": index.count, "sync": try await queues.sync.length()]
        answer.buried = ["sync": queues.sync.look { $0.buriedCount }]
        answer.oldest_unindexed = index.oldest?.iso8601
        answer.mails = totals.mails
        answer.bytes = totals.bytes
        answer.bytes_today = today24
        answer.segments = segments
        answer.damaged = recovery.damagedRanges
        let space = try await space()
        answer.free_bytes = space.free
        answer.total_bytes = space.total
        answer.writable = isWritable(space)
        answer.notice = notice(space)
        return answer
    }
}

extension Refusal {
    init(_ error: SegmentError) {
        switch error {
        case .absent, .damagedHeader, .newerFormat: self = .absent("\(error)")
        case .otherMail: self = .conflict("\(error)")
        case .damaged, .disk: self = .damaged("\(error)")
        case .full: self = .full("\(error)")
        }
    }
}
