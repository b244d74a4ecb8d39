// SPDX-License-Identifier: Apache-2.0
// What a mail costs with few and with many in the store, and with a long queue; what a store of that size takes.

internal import ArgumentParser
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import NIOHTTP1

struct Level: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "level",
        abstract: "What a mail costs with few and with many in the store, and with a backlog.",
        discussion: """
            Fills the store, and then sends mail over LMTP at each size. The rows without a link are with \
            nobody who takes entries to the DAL: first with an empty Index Queue, then with the backlog in \
            it, and then until that is worked off. At the end: bytes a mail, and the seconds of a start, of \
            `status`, of `audit` and of `verify`. A million mails take about half an hour.

            Example:
              holdfast-bench level --mails 10000 1000000
            """)

    @OptionGroup var options: BenchOptions

    @Option(parsing: .upToNextOption, help: "At which sizes of the store, in mails.")
    var mails = [10_000, 1_000_000]

    @Option(help: "How many entries wait in the Index Queue.")
    var backlog = 100_000

    @Option(help: "The octets of a mail.")
    var bytes = 2_000

    func run() async throws {
        var text = MailText(seed: options.seed)
        let sample = (0..<Pour.distinct).map { text.message($0, bytes: bytes) }
        let appliance = try Appliance(
            program: options.programPath,
            folder: options.folder + "/bench-\(UInt32.random(in: 0...UInt32.max))", storages: 1,
            copies: 1)
        defer { appliance.stop() }
        let client = NodeClient(token: appliance.token)
        let store = MeasuredStore(
            appliance: appliance, client: client, mails: sample, seconds: options.secondsARow)
        try await store.waitUntilAlive()
        var report = LevelReport()
        for size in mails.sorted() {
            try await store.fill(upTo: size)
            report.rows.append(try await store.row("all roles"))
        }
        report.rows += try await store.backlogRows(backlog)
        report.store = try await store.size()
        try await client.shutdown()
        try report.print(as: options.format)
    }
}

/// An appliance that is filled, and measured as it is then.
private struct MeasuredStore {
    let appliance: Appliance
    let client: NodeClient
    let mails: [[UInt8]]
    let seconds: Double

    private static let connections = 16
    private static let linkSeconds = 5.0
    private static let waitSecondsMax = 3600.0
    private static let fillSeconds = 5.0
    /// About so many come, so that a size is met and not passed by much.
    private static let fillMailsPerSecond = 20_000.0

    func waitUntilAlive() async throws {
        try await appliance.waitUntilAlive(
            roles: ["storage", "dal", "gateway", "helper"], client: client)
    }

    private var storage: StatusAnswer {
        get async throws {
            try await client.json(
                .GET, appliance.address("storage", "storage-1") + "/status", as: StatusAnswer.self)
        }
    }

    /// Waits until the start is over: the verbs that prove something wait for that, too.
    private func waitUntilKnown() async throws {
        let end = Date().addingTimeInterval(Self.waitSecondsMax)
        let dal = appliance.address("dal", "dal") + "/status"
        while Date() < end {
            let status = try await client.json(.GET, dal, as: StatusAnswer.self)
            if status.incomplete == nil { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchError(description: "the catalog was not filled in an hour")
    }

    /// Waits until so many entries, at most, have yet to reach the DAL.
    private func wait(untilLeft most: Int = 0) async throws {
        let end = Date().addingTimeInterval(Self.waitSecondsMax)
        while Date() < end {
            if try await storage.queues["index"] ?? 0 <= most { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BenchError(description: "the Index Queue was not worked off in an hour")
    }

    /// Pours mails into the storage until it has so many, and until all of them are indexed.
    func fill(upTo size: Int) async throws {
        let pour = try pouring
        while true {
            let left = size - (try await storage.mails ?? 0)
            guard left > 0 else { return try await wait() }
            _ = try await pour.run(
                seconds: min(Self.fillSeconds, Double(left) / Self.fillMailsPerSecond))
            // The backlog is not what is measured.
            try await wait(untilLeft: 20_000)
        }
    }

    /// Mails for the storage that no gateway waits for.
    private var pouring: Pour {
        get throws {
            Pour(
                templates: try mails.map { try Template($0, .zstd, copies: 1, gateways: []) },
                addresses: [appliance.address("storage", "storage-1")], client: client)
        }
    }

    private var sender: Sender { Sender(port: appliance.lmtpPort, mails: mails) }

    /// Mails over LMTP for a while, and until all are indexed.
    func row(_ name: String, isLinked: Bool = true) async throws -> LevelReport.Row {
        let now = try await storage
        let cpu = appliance.cpuSeconds
        let began = Date()
        let accepted = try await sender.pour(connections: Self.connections, seconds: seconds)
        let sent = Date()
        if isLinked { try await wait() }
        let used = appliance.cpuSeconds - cpu
        return LevelReport.Row(
            with: name, mails_in_store: now.mails ?? 0, waiting: now.queues["index"] ?? 0,
            mails_per_second: Double(accepted) / sent.timeIntervalSince(began),
            indexed_per_second: isLinked
                ? Double(accepted) / Date().timeIntervalSince(began) : nil,
            cpu_ms_per_mail: used * 1000 / Double(max(1, accepted)))
    }

    /// Without anybody who takes entries to the DAL, and then until all that has waited is there.
    func backlogRows(_ backlog: Int) async throws -> [LevelReport.Row] {
        try appliance.verb(["links", "remove", "storage.index", "dal.input"])
        try await Task.sleep(for: .seconds(Self.linkSeconds))
        var rows = [try await row("no link to the DAL", isLinked: false)]
        let there = try await storage
        let more = backlog - (there.queues["index"] ?? 0)
        try await pour(more, over: there.mails ?? 0)
        rows.append(try await row("no link to the DAL", isLinked: false))
        let full = try await storage
        let (cpu, began) = (appliance.cpuSeconds, Date())
        try appliance.verb(["links", "add", "storage.index", "dal.input"])
        try await wait()
        let waiting = full.queues["index"] ?? 0
        rows.append(
            LevelReport.Row(
                with: "the queue worked off", mails_in_store: full.mails ?? 0, waiting: waiting,
                indexed_per_second: Double(waiting) / Date().timeIntervalSince(began),
                cpu_ms_per_mail: (appliance.cpuSeconds - cpu) * 1000 / Double(max(1, waiting))))
        return rows
    }

    private func pour(_ more: Int, over there: Int) async throws {
        let pour = try pouring
        while try await storage.mails ?? 0 < there + more { _ = try await pour.run(seconds: 0.5) }
    }

    /// What the store takes, and how long it takes to look over it.
    func size() async throws -> LevelReport.Store {
        let mails = Double(max(1, try await storage.mails ?? 0))
        let start = Date()
        try appliance.restart()
        while (try? await sender.pour(connections: 1, seconds: 0)) == nil {
            try await Task.sleep(for: .milliseconds(20))
        }
        let taken = Date().timeIntervalSince(start)
        try await waitUntilAlive()
        try await waitUntilKnown()
        func seconds(_ arguments: String..., codes: Set<Int32> = [0]) throws -> Double {
            let began = Date()
            try appliance.verb(arguments, codes: codes)
            return Date().timeIntervalSince(began)
        }
        let folder = appliance.folder
        let today = String(Date().formatted(.iso8601).prefix(10))
        return LevelReport.Store(
            mails: Int(mails), message_bytes: self.mails[0].count,
            segment_bytes_per_mail: Self.bytes(under: folder + "/storage-1/segments") / mails,
            ledger_bytes_per_mail: Self.bytes(under: folder + "/storage-1", named: "ledger")
                / mails,
            catalog_bytes_per_mail: Self.bytes(under: folder, named: "catalog") / mails,
            seconds_until_mail_is_taken: taken, seconds_of_status: try seconds("status"),
            // The books say truly that no gateway accepted what was poured.
            seconds_of_audit: try seconds("audit", "--day", today, codes: [6]),
            seconds_of_verify: try seconds("verify"))
    }

    private static func bytes(under folder: String, named prefix: String = "") -> Double {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix(prefix) }.reduce(0) { sum, name in
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
            return sum + Double(attributes?[.size] as? UInt64 ?? 0)
        }
    }
}
