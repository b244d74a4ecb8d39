// SPDX-License-Identifier: Apache-2.0
// Figure 6 of the paper: one storage node, one copy, mails handed over in batches to its Input Queue.

internal import ArgumentParser
internal import AsyncHTTPClient
internal import Crypto
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import HoldfastSegments
internal import NIOCore
internal import NIOHTTP1

struct Figure6: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "figure6",
        abstract: "One storage node, one copy: mails a second into its Input Queue.",
        discussion: """
            The mails are encoded beforehand, as a gateway hands them over; the storage reads each,
            checks its SHA-256, makes its summary, and syncs before it answers.

            Example:
              holdfast-bench figure6 --format json
            """)

    @OptionGroup var options: BenchOptions

    private static let senders = 3
    private static let batchBytes = 1 << 20
    private static let distinct = 400

    func run() async throws {
        var rows: [Row] = []
        for bytes in [10_000, 30_000] {
            var text = MailText(seed: options.seed)
            let mails = (0..<Self.distinct).map { text.message($0, bytes: bytes) }
            for compression in [Compression.zstd, .none] {
                rows.append(try await row(mails, compression))
            }
        }
        try Figures(rows: rows).print(as: options.format)
    }

    private func row(_ mails: [[UInt8]], _ compression: Compression) async throws -> Row {
        let folder = options.folder + "/bench-\(UInt32.random(in: 0...UInt32.max))"
        let raw = try rawLimit(mails)
        let appliance = try Appliance(
            program: options.programPath, folder: folder, storages: 1, copies: 1, storageOnly: true)
        defer { appliance.stop() }
        let client = NodeClient(token: appliance.token)
        try await appliance.waitUntilAlive(roles: ["storage"], client: client)
        let templates = try mails.map { try Template($0, compression) }
        let address = appliance.address("storage", "storage-1")
        // The first second warms caches and connections, and does not count.
        _ = try await pour(templates, into: address, client, seconds: 1)
        let cpu = appliance.cpuSeconds
        let began = Date()
        let kept = try await pour(templates, into: address, client, seconds: options.secondsARow)
        let seconds = Date().timeIntervalSince(began)
        let cpuUsed = appliance.cpuSeconds - cpu
        try await client.shutdown()
        let rate = Double(kept) / seconds
        return Row(
            figure: "6", message_bytes: mails[0].count, nodes: 1, copies: 1,
            compress: "\(compression)", mails_per_second: rate, raw_mails_per_second: raw,
            ratio_to_raw: rate / raw, cpu_ms_per_mail: cpuUsed * 1000 / Double(max(1, kept)))
    }

    private func rawLimit(_ mails: [[UInt8]]) throws -> Double {
        try RawDisk.mailsPerSecond(
            mails, in: options.folder, seconds: options.quick ? 2 : 5)
    }

    /// Sends batches from several senders until the time is over; how many mails were kept.
    private func pour(
        _ templates: [Template], into address: String, _ client: NodeClient, seconds: Double
    ) async throws -> Int {
        let end = Date().addingTimeInterval(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<Self.senders {
                group.addTask {
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
                        kept += try await Self.put(body, count, into: address, client)
                    }
                    return kept
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private static func put(
        _ body: [UInt8], _ count: Int, into address: String, _ client: NodeClient
    ) async throws -> Int {
        let answer = try await client.call(
            .POST, address + "/queues/input/items", body: .bytes(ByteBuffer(bytes: body)),
            answerBytesMax: Wire.batchBytesMax)
        let results = try [ItemResult](decoding: Array(answer.readableBytesView)[...])
        guard results.count == count else { throw BenchError(description: "answers are missing") }
        return results.count { $0.outcome == .kept }
    }
}

/// A mail that is encoded already but for its id.
private struct Template: Sendable {
    private let record: Record

    init(_ octets: [UInt8], _ compression: Compression) throws {
        let today = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        var header = RecordHeader(
            kind: .mail, mail: MailID(0), received: today, keepUntil: today.day.advanced(by: 60),
            digest: HoldfastModel.Digest(bytes: SHA256.hash(data: octets)) ?? .zero,
            originalBytes: UInt64(octets.count), compression: compression)
        header.position = .none
        var record = Record(header)
        record.setSlip(Slip(copiesWanted: 1, keepUntil: header.keepUntil, gateways: ["bench"]))
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

extension BenchOptions {
    var programPath: String {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return program ?? beside.appendingPathComponent("holdfast").path
    }
}
