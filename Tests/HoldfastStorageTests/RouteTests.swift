// SPDX-License-Identifier: Apache-2.0
// What a storage answers over HTTP.

import Crypto
import Foundation
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import HoldfastStorage
import Hummingbird
import Logging
import NIOHTTP1
import ServiceLifecycle
import Testing

/// One storage with one mail, on a port of its own.
private struct Served: Sendable {
    let client: NodeClient
    let address: String
    let folder: String

    static let mail = MailID(77)

    static func run(_ body: @escaping @Sendable (Served) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let client = NodeClient(token: "t")
        var section = ConfigurationSection(name: "storage", values: [:])
        let storage = try await StorageComponent.open(
            name: "s",
            configuration: try StorageConfiguration(
                reading: &section, folder: folder, host: "box"),
            surroundings: Surroundings(
                clock: MachineClock(), client: client,
                roster: RosterView(registries: [], client: client, clock: MachineClock()),
                logger: logger))
        let server = NodeServer(token: "t", logger: logger)
        storage.addRoutes(to: server)
        let (ports, heard) = AsyncStream.makeStream(of: Int.self)
        let service = server.service(host: "127.0.0.1", port: 0, logger: logger) { heard.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let served = Served(
                client: client, address: "http://127.0.0.1:\(port)\(storage.path.text)",
                folder: folder)
            let kept = try await client.put([try record()], into: served.address, queue: "input")
            #expect(kept.results.map(\.outcome) == [.kept])
            try await body(served)
            group.cancelAll()
        }
        await storage.close()
        try await client.shutdown()
    }

    private static func record() throws -> Record {
        let now = MachineClock().now
        let message = Array("Subject: x\r\n\r\nzebra\r\n".utf8)
        var record = Record(
            RecordHeader(
                kind: .mail, mail: mail, received: now, keepUntil: now.day.advanced(by: 7),
                digest: HoldfastModel.Digest(bytes: SHA256.hash(data: message)) ?? .zero,
                originalBytes: UInt64(message.count)))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: now.day.advanced(by: 7)))
        record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
        var summary = Summary()
        summary.subject = "x"
        record.setSummary(summary.encoded[...])
        let section = try message.withUnsafeBytes { octets in
            try MessageEncoder.section(of: octets, mail: mail, compression: .none, key: nil)
        }
        record.setMessage(section[...])
        return record
    }

    /// Where the mail lies, as its entry says.
    func entry() async throws -> IndexItem {
        let leased = try await client.lease(
            from: address, queue: "index",
            LeaseRequest(itemsMax: 16, bytesMax: 1 << 20, waitSeconds: 5))
        guard case .batch(let records) = leased?.items else { throw RecordError.cutShort }
        return try IndexItem(decoding: try #require(records.first))
    }

    func status(of path: String) async throws -> UInt {
        do {
            _ = try await client.call(.GET, "\(address)/\(path)")
            return 200
        } catch let error as NodeError {
            return error.status
        }
    }

    func status() async throws -> StatusAnswer {
        try await client.json(.GET, "\(address)/status", as: StatusAnswer.self)
    }
}

@Suite("The routes of a storage")
struct RouteTests {
    @Test("only what never lay at a place is absent; what was damaged since is gone, and counted")
    func records() async throws {
        try await Served.run { storage in
            let place = try await storage.entry().entry.location
            let path = "records/\(place.segment)/\(place.offset)"
            let mail = "mail=\(Served.mail)"
            #expect(try await storage.status(of: "\(path)?\(mail)") == 200)
            #expect(try await storage.status(of: path) == 200)
            #expect(try await storage.status(of: "\(path)?mail=garbage") == 400)
            #expect(try await storage.status(of: "\(path)?mail=\(MailID(78))") == 409)
            #expect(try await storage.status(of: "records/99/8192") == 404)
            #expect(try await storage.status(of: "records/99/8192?mail=\(MailID(78))") == 404)
            // Its segment may have been dropped just now, and itself have been carried forward.
            #expect(try await storage.status(of: "records/99/8192?\(mail)") == 200)
            let elsewhere = "records/\(place.segment)/\(place.offset + 8)?\(mail)"
            #expect(try await storage.status(of: elsewhere) == 404)
            #expect(try await storage.status().damaged == 0)

            let files = FileManager.default.enumerator(atPath: storage.folder + "/segments")
            let name = try #require(files?.nextObject() as? String)
            let file = try #require(
                FileHandle(forUpdatingAtPath: "\(storage.folder)/segments/\(name)"))
            try file.seek(toOffset: place.offset + 16)
            try file.write(contentsOf: Data([0xee]))
            for _ in 0..<2 {
                #expect(try await storage.status(of: "\(path)?\(mail)") == 410)
                #expect(try await storage.status().damaged == 1)
            }
        }
    }

    @Test("an entry that the DAL refuses is buried, and dug up for whoever asks")
    func retry() async throws {
        try await Served.run { storage in
            let (client, address) = (storage.client, storage.address)
            let position = try await storage.entry().entry.position
            let refused = ItemResult(
                mail: Served.mail, position: position, outcome: .refused("no"))
            try await client.settle(address, queue: "index", [refused], position: position)
            #expect(try await storage.status().buried == ["index": 1, "sync": 0])
            #expect(try await client.retry(address, queue: "index", mails: [MailID(78)]) == 0)
            #expect(try await client.retry(address, queue: "sync") == 0)
            #expect(try await client.retry(address, queue: "index", mails: [Served.mail]) == 1)
            let again = try await storage.entry()
            #expect(again.entry.again)
            #expect(again.words.contains("zebra"))
            #expect(try await storage.status().buried == ["index": 0, "sync": 0])
            await #expect(throws: NodeError.self) {
                try await client.retry(address, queue: "input")
            }
        }
    }
}
