// SPDX-License-Identifier: Apache-2.0
// Figure 6 of the paper: one storage node, one copy, mails handed over in batches to its Input Queue.

internal import ArgumentParser
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode

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

    func run() async throws {
        var rows: [Row] = []
        for bytes in [10_000, 30_000] {
            var text = MailText(seed: options.seed)
            let mails = (0..<Pour.distinct).map { text.message($0, bytes: bytes) }
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
            program: options.programPath, folder: folder, storages: 1, copies: 1,
            without: ["helper", "dal", "gateway"])
        defer { appliance.stop() }
        let client = NodeClient(token: appliance.token)
        try await appliance.waitUntilAlive(roles: ["storage"], client: client)
        let pour = Pour(
            templates: try mails.map { try Template($0, compression, copies: 1) },
            addresses: [appliance.address("storage", "storage-1")], client: client)
        // The first second warms caches and connections, and does not count.
        _ = try await pour.run(seconds: 1)
        let cpu = appliance.cpuSeconds
        let began = Date()
        let kept = try await pour.run(seconds: options.secondsARow)
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
}

extension BenchOptions {
    var programPath: String {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        return program ?? beside.appendingPathComponent("holdfast").path
    }
}
