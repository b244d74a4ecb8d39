// SPDX-License-Identifier: Apache-2.0
// A real storage with a folder of its own, for one test.

import Crypto
import Foundation
import HoldfastDisk
import HoldfastLedger
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Logging
import Testing

@testable import HoldfastStorage

/// Where the storage of one test lies; gone with it.
final class TestFolder: Sendable {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "holdfast-storage-\(UUID().uuidString)"
    }

    /// Turns one bit of the segment in which something is held.
    func damage(_ held: Held, at offset: UInt64) throws {
        let segments = path + "/segments/"
        let name = try #require(
            try FileManager.default.contentsOfDirectory(atPath: segments).first {
                UInt64($0.dropLast(4)) == held.segment
            })
        let file = try #require(FileHandle(forUpdatingAtPath: segments + name))
        try file.seek(toOffset: offset)
        let byte = try #require(try file.read(upToCount: 1)?.first)
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data([byte ^ 1]))
        try file.close()
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Does something with a storage; it is closed afterwards, and can be opened again.
func withStorage<Result: Sendable>(
    in folder: TestFolder = TestFolder(), machine: Machine = Machine(),
    over transport: (any NodeTransport)? = nil,
    _ body: @Sendable (StorageComponent) async throws -> Result
) async throws -> Result {
    try await run(in: folder.path, machine, over: transport, body) { configuration, surroundings in
        try await StorageComponent.open(
            name: "s", configuration: configuration, surroundings: surroundings)
    }
}

/// The same on a disk in memory that breaks, with a ledger in memory.
func withStorage<Result: Sendable>(
    on disk: SimulatedDisk, _ body: @Sendable (StorageComponent) async throws -> Result
) async throws -> Result {
    try await run(in: "/data", Machine(disk: disk), body) { configuration, surroundings in
        let (keeper, _) = try RecordKeeper.open(
            DataFolder(simulated: "/data", node: 1, disk: 1, run: 1), ledger: Ledger(path: nil),
            name: "s", limits: configuration.segments, machine: surroundings.machine,
            logger: surroundings.logger)
        return try StorageComponent(
            name: "s", configuration: configuration, keeper: keeper, surroundings: surroundings)
    }
}

private func run<Result: Sendable>(
    in folder: String, _ machine: Machine, over transport: (any NodeTransport)? = nil,
    _ body: @Sendable (StorageComponent) async throws -> Result,
    opening open: (StorageConfiguration, Surroundings) async throws -> StorageComponent
) async throws -> Result {
    var section = ConfigurationSection(
        name: "storage", values: ["reserve_bytes": .integer(0)])
    let configuration = try StorageConfiguration(reading: &section, folder: folder, host: "here")
    var quiet = Logger(label: "test")
    quiet.logLevel = .critical
    let client = transport.map { NodeClient(token: "", over: $0) } ?? NodeClient(token: "")
    let roster = RosterView(
        registries: transport == nil ? [] : ["http://here:1/registry/r"], client: client,
        clock: machine.clock)
    if transport != nil { try await roster.refresh() }
    let storage = try await open(
        configuration,
        Surroundings(machine: machine, client: client, roster: roster, logger: quiet))
    do {
        let result = try await body(storage)
        await storage.close()
        try await client.shutdown()
        return result
    } catch {
        await storage.close()
        try await client.shutdown()
        throw error
    }
}

extension StorageComponent {
    /// Returns when the ledger has its rows of all that was kept: those are written after the answer.
    func rowsWritten() async throws {
        try await keeper.note(.kept([], segments: []))
    }
}

/// A mail as a gateway offers it.
func mail(
    _ number: UInt64, copies: Int = 1, holders: [Holder] = [], keepDays: Int = 7,
    text: String = "Subject: hello\r\n\r\ntext\r\n", receivedDaysAgo: Int = 0
) throws -> Record {
    let now = MachineClock().now.advanced(bySeconds: Int64(receivedDaysAgo) * -86_400)
    let keepUntil = now.day.advanced(by: keepDays)
    let octets = Array(text.utf8)
    var header = RecordHeader(
        kind: .mail, mail: MailID(UInt128(number)), received: now, keepUntil: keepUntil)
    header.digest = HoldfastModel.Digest(bytes: SHA256.hash(data: octets)) ?? .zero
    header.originalBytes = UInt64(octets.count)
    var record = Record(header)
    record.setSlip(
        Slip(copiesWanted: copies, keepUntil: keepUntil, holders: holders, gateways: ["g"]))
    record.setEnvelope(
        Envelope(sender: "a@example.net", recipients: ["b@example.com"]).encoded[...])
    let section = try octets.withUnsafeBytes { octets in
        try MessageEncoder.section(of: octets, mail: header.mail, compression: .none, key: nil)
    }
    record.setMessage(section[...])
    return record
}

/// Another storage, as slips name it.
func holder(_ number: UInt64) -> Holder {
    Holder(
        node: NodeID(UInt128(number)), disk: DiskID(number), host: "there-\(number)")
}
