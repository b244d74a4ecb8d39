// SPDX-License-Identifier: Apache-2.0
// Figures 7 and 8 of the paper: several storage nodes, several copies, passed on by a helper.

internal import ArgumentParser
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Figure7: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "figure7",
        abstract: "Four storage nodes, one to three copies: mails a second with all their copies.",
        discussion: """
            The nodes lie on one disk, and share the processors with who sends and with the helper that \
            passes copies on. A row ends when the last mail has its last copy; `ratio` is what was written \
            of all copies beside what the disk can append and sync. --quick keeps 3 copies.

            Example:
              holdfast-bench figure7 --quick --format json
            """)

    @OptionGroup var options: BenchOptions

    func run() async throws {
        let copies = options.quick ? [3] : [1, 2, 3]
        try await CopiesFigure(figure: "7", options: options).run(
            copies.map { (nodes: 4, copies: $0) })
    }
}

struct Figure8: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "figure8",
        abstract:
            "One to four storage nodes, one to three copies, as far as there are nodes for them.",
        discussion: """
            As figure7. --quick keeps 4 nodes and 3 copies.

            Example:
              holdfast-bench figure8 --quick --format json
            """)

    @OptionGroup var options: BenchOptions

    func run() async throws {
        let all = (1...4).flatMap { nodes in
            (1...min(3, nodes)).map { (nodes: nodes, copies: $0) }
        }
        try await CopiesFigure(figure: "8", options: options)
            .run(options.quick ? [(nodes: 4, copies: 3)] : all)
    }
}

/// Rows of nodes and copies.
private struct CopiesFigure {
    let figure: String
    let options: BenchOptions

    private static let drainSecondsMax = 300.0
    private static let lookMilliseconds = 20

    func run(_ cases: [(nodes: Int, copies: Int)]) async throws {
        var rows: [Row] = []
        for bytes in [10_000, 30_000] {
            var text = MailText(seed: options.seed)
            let mails = (0..<Pour.distinct).map { text.message($0, bytes: bytes) }
            for (nodes, copies) in cases {
                for compression in options.quick ? [Compression.zstd] : [.zstd, .none] {
                    rows.append(try await row(mails, nodes: nodes, copies: copies, compression))
                }
            }
        }
        try Figures(rows: rows).print(as: options.format)
    }

    private func row(
        _ mails: [[UInt8]], nodes: Int, copies: Int, _ compression: Compression
    ) async throws -> Row {
        let folder = options.folder + "/bench-\(UInt32.random(in: 0...UInt32.max))"
        let raw = try RawDisk.mailsPerSecond(
            mails, in: options.folder, seconds: options.quick ? 2 : 5)
        let appliance = try Appliance(
            program: options.programPath, folder: folder, storages: nodes, copies: copies,
            without: ["dal", "gateway"])
        defer { appliance.stop() }
        let client = NodeClient(token: appliance.token)
        try await appliance.waitUntilAlive(roles: ["storage", "helper"], client: client)
        let addresses = (1...nodes).map { appliance.address("storage", "storage-\($0)") }
        let pour = Pour(
            templates: try mails.map { try Template($0, compression, copies: copies) },
            addresses: addresses, client: client)
        // The first second warms caches and connections, and does not count.
        let before = try await pour.run(seconds: 1)
        try await waitForCopies(addresses, client)
        let cpu = appliance.cpuSeconds
        let began = Date()
        let kept = try await pour.run(seconds: options.secondsARow)
        try await waitForCopies(addresses, client)
        let seconds = Date().timeIntervalSince(began)
        let cpuUsed = appliance.cpuSeconds - cpu
        let there = try await records(addresses, client)
        try await client.shutdown()
        // A call that breaks off after it was done makes a copy too many elsewhere, never one too few.
        guard there >= (before + kept) * copies else {
            throw BenchError(
                description:
                    "there are \(there) copies of \(before + kept) mails, not \(copies) of each")
        }
        let rate = Double(kept) / seconds
        return Row(
            figure: figure, message_bytes: mails[0].count, nodes: nodes, copies: copies,
            compress: "\(compression)", mails_per_second: rate, raw_mails_per_second: raw,
            ratio_to_raw: rate * Double(copies) / raw,
            cpu_ms_per_mail: cpuUsed * 1000 / Double(max(1, kept)))
    }

    /// Until no storage has anything to pass on.
    private func waitForCopies(_ addresses: [String], _ client: NodeClient) async throws {
        let end = Date().addingTimeInterval(Self.drainSecondsMax)
        while Date() < end {
            var left = 0
            for address in addresses {
                let status = try await client.json(.GET, "\(address)/status", as: StatusAnswer.self)
                left += status.queues["sync"] ?? 0
            }
            if left == 0 { return }
            try await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
        }
        throw BenchError(description: "not all copies were made in five minutes")
    }

    private func records(_ addresses: [String], _ client: NodeClient) async throws -> Int {
        var records = 0
        for address in addresses {
            let status = try await client.json(.GET, "\(address)/status", as: StatusAnswer.self)
            records += status.mails ?? 0
        }
        return records
    }
}
