// SPDX-License-Identifier: Apache-2.0
// Mails poured into the Input Queues of storages, as helpers do it.

internal import AsyncHTTPClient
internal import Crypto
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOCore
internal import NIOHTTP1

/// Several senders, each with one batch after the other for a storage chosen at random (R18).
struct Pour: Sendable {
    let templates: [Template]
    /// The base addresses of the storages.
    let addresses: [String]
    let client: NodeClient

    /// So many different mails are enough that no cache knows them.
    static let distinct = 400
    private static let senders = 3
    private static let batchBytes = 1 << 20
    private static let restMilliseconds = 20

    /// Pours until the time is over; how many mails were kept.
    func run(seconds: Double) async throws -> Int {
        let end = Date().addingTimeInterval(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<Self.senders { group.addTask { try await send(until: end) } }
            return try await group.reduce(0, +)
        }
    }

    private func send(until end: Date) async throws -> Int {
        var random = SystemRandomNumberGenerator()
        var (kept, next) = (0, Int.random(in: 0..<templates.count))
        while Date() < end {
            var body: [UInt8] = []
            body.reserveCapacity(Self.batchBytes + (64 << 10))
            var count = 0
            while body.count < Self.batchBytes {
                let id = MailID(at: Timestamp(milliseconds: 1), using: &random)
                templates[next % templates.count].append(to: &body, as: id)
                next += 1
                count += 1
            }
            let address = addresses[Int.random(in: 0..<addresses.count, using: &random)]
            let here = try await put(body, count, into: address)
            kept += here
            // Whoever has no room at this time is not asked again at once.
            if here < count { try await Task.sleep(for: .milliseconds(Self.restMilliseconds)) }
        }
        return kept
    }

    private func put(_ body: [UInt8], _ count: Int, into address: String) async throws -> Int {
        let answer = try await client.call(
            .POST, address + "/queues/input/items", body: .bytes(ByteBuffer(bytes: body)),
            answerBytesMax: Wire.batchBytesMax)
        let results = try [ItemResult](decoding: Array(answer.readableBytesView)[...])
        guard results.count == count else { throw BenchError(description: "answers are missing") }
        return results.count { $0.outcome == .kept }
    }
}

/// A mail that is encoded already but for its id.
struct Template: Sendable {
    private let record: Record

    /// - Parameter gateways: who waits for the ack.
    init(
        _ octets: [UInt8], _ compression: Compression, copies: Int, gateways: [String] = ["bench"]
    ) throws {
        let today = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var header = RecordHeader(
            kind: .mail, mail: MailID(0), received: today, keepUntil: today.day.advanced(by: 60),
            digest: HoldfastModel.Digest(bytes: SHA256.hash(data: octets)) ?? .zero,
            originalBytes: UInt64(octets.count), compression: compression)
        header.position = .none
        var record = Record(header)
        record.setSlip(
            Slip(copiesWanted: copies, keepUntil: header.keepUntil, gateways: gateways))
        let envelope = Envelope(sender: "sender@example.net", recipients: ["recipient@example.com"])
        record.setEnvelope(envelope.encoded[...])
        let section = try octets.withUnsafeBytes { bytes in
            try MessageEncoder.section(
                of: bytes, mail: MailID(0), compression: compression, key: nil)
        }
        record.setMessage(section[...])
        self.record = record
    }

    func append(to body: inout [UInt8], as id: MailID) {
        var record = record
        record.setKind(.mail, mail: id)
        record.encode(into: &body)
    }
}
