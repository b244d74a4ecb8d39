// SPDX-License-Identifier: Apache-2.0
// The whole way: from LMTP with kept connections to "found by search".

internal import ArgumentParser
internal import Foundation
internal import HoldfastNode
internal import NIOHTTP1
internal import Synchronization

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

/// Sends mails over LMTP on threads of its own, one for each connection.
private struct Sender {
    let port: Int
    let mails: [[UInt8]]

    func pour(connections: Int, seconds: Double) async throws -> Int {
        let end = Date().addingTimeInterval(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<connections {
                group.addTask {
                    let thread = DiskThread(name: "lmtp \(number)")
                    defer { thread.stop() }
                    return try await thread.run { try connection(number, until: end) }
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private func connection(_ number: Int, until end: Date) throws -> Int {
        let line = try LineSocket(port: port)
        try line.expect(220)
        try line.send(Array("LHLO bench\r\n".utf8))
        try line.expect(250)
        let commands = Array(
            "MAIL FROM:<sender@example.net>\r\nRCPT TO:<recipient@example.com>\r\nDATA\r\n".utf8)
        var (accepted, next) = (0, number)
        while Date() < end {
            try line.send(commands)
            try line.expect(250)
            try line.expect(250)
            try line.expect(354)
            try line.send(mails[next % mails.count] + Array(".\r\n".utf8))
            try line.expect(250)
            accepted += 1
            next += 1
        }
        try line.send(Array("QUIT\r\n".utf8))
        return accepted
    }
}

/// A blocking socket that speaks in lines.
private final class LineSocket {
    private let descriptor: Int32
    private var waiting: [UInt8] = []

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw BenchError(description: "nobody listens on port \(port)") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
    }

    deinit {
        close(descriptor)
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else { throw BenchError(description: "the connection broke") }
            sent += count
        }
    }

    /// Reads one reply, of one line or several.
    func expect(_ code: Int) throws {
        while true {
            let line = try line()
            guard line.hasPrefix("\(code)") else {
                throw BenchError(description: "\(code) expected, and came: \(line)")
            }
            if line.dropFirst(3).first != "-" { return }
        }
    }

    private func line() throws -> String {
        while true {
            if let end = waiting.firstIndex(of: 10) {
                defer { waiting.removeFirst(end + 1) }
                return String(decoding: waiting[..<max(0, end - 1)], as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw BenchError(description: "the connection broke") }
            waiting += buffer[..<count]
        }
    }
}
