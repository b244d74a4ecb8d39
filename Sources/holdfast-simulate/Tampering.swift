// SPDX-License-Identifier: Apache-2.0
// Planted bugs that lie on the wire: answers are bent before they arrive.

internal import AsyncHTTPClient
internal import Foundation
internal import HoldfastCatalog
internal import HoldfastModel
internal import HoldfastNode
internal import NIOCore
internal import NIOHTTP1

/// What a planted bug makes of a call's answer; without one nothing is touched.
struct Tampering: Sendable {
    unowned let world: World
    let call: HTTPClientRequest
    /// The name of the machine that called.
    let caller: String
    let server: DirectServer

    func bend(_ answer: HTTPClientResponse) async throws -> HTTPClientResponse {
        guard let plant = world.plant, answer.status == .ok else { return answer }
        let isLease = call.url.hasSuffix("/queues/tasks/leases")
        switch plant {
        case .forgottenLease where isLease: return try await forget(answer)
        case .resendToARandomNode where isLease: return try await strip(answer)
        case .positionIsARowNumber where call.url.hasSuffix("/dal/queues/input/items"):
            return try renumber(answer)
        case .expiryOnAJumpedClock where call.url.hasSuffix("/nodes"):
            return try await agree(answer)
        default: return answer
        }
    }

    /// The gateway takes its own lease for an ack.
    private func forget(_ answer: HTTPClientResponse) async throws -> HTTPClientResponse {
        let (records, answer) = try await records(of: answer)
        let acks = records.map { record in
            Record(
                RecordHeader(
                    kind: .ack, mail: record.header.mail, received: Timestamp(milliseconds: 0),
                    keepUntil: Day(number: 0)))
        }
        var ack = call
        ack.url = call.url.replacingOccurrences(of: "tasks/leases", with: "acks/items")
        ack.headers.remove(name: "Content-Type")
        ack.body = .bytes(acks.body)
        _ = try await server.respond(to: ack)
        return answer
    }

    /// Nobody learns where the mail is already.
    private func strip(_ answer: HTTPClientResponse) async throws -> HTTPClientResponse {
        var (records, answer) = try await records(of: answer)
        for place in records.indices {
            var slip = try Slip(decoding: records[place].slip)
            slip.holders = []
            records[place].setSlip(slip)
        }
        answer.body = .bytes(records.body)
        return answer
    }

    /// Rows are counted; positions are run and number.
    private func renumber(_ answer: HTTPClientResponse) throws -> HTTPClientResponse {
        var answer = answer
        guard let node = call.headers.first(name: "Holdfast-Node").flatMap({ NodeID($0) }),
            let box = world.boxes.first(where: { $0.node == node.number }),
            let catalog = world.box("office")?.kept.value.catalog
        else { return answer }
        let rows = try catalog.statistics().nodes.first { $0.id == node }?.entries ?? 0
        let position = Position(run: box.kept.value.run, number: UInt32(rows))
        answer.headers.replaceOrAdd(name: "Holdfast-Position", value: String(position.raw))
        return answer
    }

    /// The Registry seems to have the same wrong time.
    private func agree(_ answer: HTTPClientResponse) async throws -> HTTPClientResponse {
        guard let box = world.box(caller), box.isCredulous else { return answer }
        var answer = answer
        let body = try await answer.body.collect(upTo: Wire.jsonBytesMax)
        var roster = try JSONDecoder().decode(Roster.self, from: Data(body.readableBytesView))
        roster.clock = BoxClock(box: box).now.milliseconds
        answer.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(roster)))
        return answer
    }

    /// The records of an answer, and the answer as it was before it was read.
    private func records(
        of answer: HTTPClientResponse
    ) async throws -> ([Record], HTTPClientResponse) {
        var whole = answer
        let body = try await answer.body.collect(upTo: 4 * Wire.batchBytesMax)
        whole.body = .bytes(body)
        return (try Record.all(in: body.octets), whole)
    }
}
