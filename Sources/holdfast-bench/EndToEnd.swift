// SPDX-License-Identifier: Apache-2.0
// The whole way: from LMTP with kept connections to "found by search".

internal import ArgumentParser
internal import Foundation
internal import HoldfastNode
internal import NIOHTTP1

struct EndToEnd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end-to-end",
        abstract: "From LMTP to found by search: mails accepted and mails found a second.",
        discussion: """
            Example:
              holdfast-bench end-to-end --connections 32
            """)

    @OptionGroup var options: BenchOptions

    @Option(help: "LMTP connections that are kept open.")
    var connections = 32

    func run() async throws {
        var rows: [Row] = []
        for bytes in [10_000, 30_000] { rows.append(try await row(bytes)) }
        try Figures(rows: rows).print(as: options.format)
    }

    private func row(_ bytes: Int) async throws -> Row {
        var text = MailText(seed: options.seed)
        let sample = (0..<200).map { text.message($0, bytes: bytes) }
        let raw = try RawDisk.mailsPerSecond(
            sample, in: options.folder, seconds: options.quick ? 1 : 5)
        let folder = options.folder + "/bench-\(UInt32.random(in: 0...UInt32.max))"
        let appliance = try Appliance(
            program: options.programPath, folder: folder, storages: 1, copies: 1)
        defer { appliance.stop() }
        let client = NodeClient(token: appliance.token)
        try await appliance.waitUntilAlive(
            roles: ["storage", "dal", "gateway", "helper"], client: client)
        let cpu = appliance.cpuSeconds
        let began = Date()
        let accepted = try await Sender(port: appliance.lmtpPort, mails: sample)
            .pour(connections: connections, seconds: options.secondsARow)
        let sent = Date()
        let found = try await waitUntilFound(accepted, appliance, client)
        let cpuUsed = appliance.cpuSeconds - cpu
        try await client.shutdown()
        let rate = Double(accepted) / sent.timeIntervalSince(began)
        return Row(
            figure: "end-to-end", message_bytes: sample[0].count, nodes: 1, copies: 1,
            compress: "zstd", mails_per_second: rate, raw_mails_per_second: raw,
            ratio_to_raw: rate / raw, cpu_ms_per_mail: cpuUsed * 1000 / Double(max(1, accepted)),
            found_per_second: Double(accepted) / found.timeIntervalSince(began),
            lag_seconds: found.timeIntervalSince(sent))
    }

    /// When a search found the last of them.
    private func waitUntilFound(
        _ accepted: Int, _ appliance: Appliance, _ client: NodeClient
    ) async throws -> Date {
        let url = appliance.address("dal", "dal") + "/mails/count?q=subject:bench"
        let end = Date().addingTimeInterval(300)
        while Date() < end {
            let answer = try await client.json(.GET, url, as: CountAnswer.self)
            if answer.count >= accepted { return Date() }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchError(description: "not all mails were found in five minutes")
    }
}
