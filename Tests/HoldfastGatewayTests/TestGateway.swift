// SPDX-License-Identifier: Apache-2.0
// A real gateway with a spool of its own, for one test.

import Foundation
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Logging

@testable import HoldfastGateway
@testable import HoldfastNode

/// Where the spool of one test lies; gone with it.
final class TestFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "holdfast-gateway-\(UUID().uuidString)"
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// What a test wants of its gateway.
struct Wanted {
    var values: [String: ConfigurationValue] = [:]
    var keys = KeyRing.none
    var rules = ReleaseRules()
    var change: @Sendable (inout GatewayConfiguration) -> Void = { _ in }

    var configuration: GatewayConfiguration {
        get throws {
            var values = values
            for key in ["smtp", "lmtp"] where values[key] == nil {
                values[key] = .text("127.0.0.1:0")
            }
            values["reserve_bytes"] = values["reserve_bytes"] ?? .integer(0)
            var section = ConfigurationSection(name: "gateway", values: values)
            var configuration = try GatewayConfiguration(
                reading: &section, hostname: "gateway.example")
            try section.finish()
            change(&configuration)
            return configuration
        }
    }
}

let quiet: Logger = {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    return logger
}()

/// Does something with a gateway that runs; it is stopped and closed afterwards.
func withGateway<Result: Sendable>(
    _ wanted: Wanted = Wanted(), in folder: TestFolder = TestFolder(),
    storages: @escaping @Sendable () -> Int = { .max },
    _ body: @Sendable (GatewayComponent) async throws -> Result
) async throws -> Result {
    let configuration = try wanted.configuration
    let (keeper, recovery) = try await onThread {
        try RecordKeeper.open(
            folder.path, name: "g", limits: configuration.segments,
            start: GatewayComponent.start, logger: quiet)
    }
    let component = try await GatewayComponent(
        name: "g", configuration: configuration, keeper: keeper, recovery: recovery,
        keys: wanted.keys, logger: quiet, releaseRules: wanted.rules, storages: storages)
    return try await running(component, body)
}

/// A gateway whose segments lie on a disk that breaks.
func withGateway<Result: Sendable>(
    on disk: SimulatedDisk, _ body: @Sendable (GatewayComponent) async throws -> Result
) async throws -> Result {
    let folder = TestFolder()
    let configuration = try Wanted().configuration
    let keeper = try await onThread {
        let data = try DataFolder.open(folder.path, newNode: 7)
        let owner = SegmentOwner(node: NodeID(data.node), disk: DiskID(data.disk), run: data.run)
        return RecordKeeper(
            folder: data, ledger: try Ledger(path: nil),
            store: try SegmentStore(
                folder: "/segments", owner: owner, limits: configuration.segments, on: disk),
            machine: Machine(disk: disk), name: "g", logger: quiet)
    }
    let component = try await GatewayComponent(
        name: "g", configuration: configuration, keeper: keeper, recovery: .init(), keys: .none,
        logger: quiet)
    return try await running(component, body)
}

private func running<Result: Sendable>(
    _ component: GatewayComponent, _ body: @Sendable (GatewayComponent) async throws -> Result
) async throws -> Result {
    try await component.bind()
    do {
        let result = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await component.run() }
            let result = try await body(component)
            group.cancelAll()
            return result
        }
        await component.close()
        return result
    } catch {
        await component.close()
        throw error
    }
}

func onThread<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
) async throws -> Result {
    let thread = DiskThread(name: "test")
    defer { thread.stop() }
    return try await thread.run(body)
}

/// Waits until something is so; says when it never is.
func eventually(
    _ condition: @Sendable () async throws -> Bool
) async throws {
    for _ in 0..<1000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw Never.became
}

enum Never: Error {
    case became
}

extension GatewayComponent {
    /// Leases what there is now.
    func lease(waitSeconds: Int = 5) async throws -> Leased? {
        try await tasks.lease(
            LeaseRequest(itemsMax: 100, bytesMax: 8 << 20, waitSeconds: waitSeconds))
    }

    /// The octets of a leased mail.
    func octets(of item: LeasedItem, keys: KeyRing = .none) async throws -> [UInt8] {
        let header = item.record.header
        var section = Array(item.record.message)
        if let pieces = item.pieces {
            while section.count < header.message.bytes {
                section += try await pieces(UInt64(section.count), 100_000)
            }
        }
        return try MessageDecoder.octets(
            of: section[...], mail: header.mail, compression: header.compression,
            key: header.encrypted ? try keys.key(header.keyNumber, for: header.mail) : nil)
    }

    /// Tells the gateway that these are safe.
    func ack(_ mails: [MailID]) async throws -> [ItemResult] {
        let acks = mails.map { mail in
            Record(
                RecordHeader(
                    kind: .ack, mail: mail, received: Timestamp(milliseconds: 0),
                    keepUntil: Day(number: 0)))
        }
        return try await queues.take(into: "acks", acks, from: nil).results
    }
}
