// SPDX-License-Identifier: Apache-2.0
// An example of a processor (R14): a program of its own that mail is led through while all runs (R16).

import Foundation
import HoldfastMIME
import HoldfastModel
import HoldfastNode
import HoldfastSegments
import Hummingbird
import Logging
import Synchronization

/// Writes a word before the subject of every mail's summary; the message stays as it is.
///
/// It keeps nothing on a disk and need not: until the ack the gateway offers again what is lost here.
final class Tagger: QueueSource, QueueTarget {
    static let role = Role(rawValue: "tagger")
    static let tag = "tagged"

    fileprivate struct Item {
        var record: Record
        /// The message of a large mail, which travels beside its record.
        var message: [UInt8]?
    }

    private struct State {
        var waiting: [Item] = []
        var leased: [MailID: Item] = [:]
        var leases: UInt64 = 0
    }

    private static let itemsMax = 4096
    private static let largeBytesMax = 64 << 20

    private let state = Mutex(State())
    private let changed = Signal()

    func take(into queue: String, _ records: [Record], from node: NodeID?) async throws -> Receipt {
        Receipt(results: records.map { take(Item(record: $0)) })
    }

    func takeLarge(into queue: String, _ record: Record, _ next: NextPiece) async throws -> Receipt
    {
        var message: [UInt8] = []
        while let piece = try await next() {
            message += piece
            guard message.count <= Self.largeBytesMax else {
                throw Refusal.tooLarge("This example holds messages in memory.")
            }
        }
        return Receipt(results: [take(Item(record: record, message: message))])
    }

    private func take(_ item: Item) -> ItemResult {
        let mail = item.record.header.mail
        var result = ItemResult(mail: mail, outcome: .kept, node: "tagger")
        do {
            let tagged = try Self.tagged(item)
            state.withLock { state in
                if state.waiting.count < Self.itemsMax {
                    state.waiting.append(tagged)
                } else {
                    result.outcome = .later("more waits here than may")
                }
            }
        } catch {
            result.outcome = .refused("\(error)")
        }
        changed.notify()
        return result
    }

    /// Notes, and mails that only their key opens, pass as they are.
    private static func tagged(_ item: Item) throws -> Item {
        let header = item.record.header
        guard header.kind == .mail, !header.encrypted else { return item }
        let octets = try MessageDecoder.octets(
            of: item.message.map { $0[...] } ?? item.record.message, mail: header.mail,
            compression: header.compression, key: nil)
        var summary = MessageReader.summary(of: octets)
        summary.size = header.originalBytes
        summary.digest = header.digest
        summary.subject = "\(tag) \(summary.subject)"
        var tagged = item
        tagged.record.setSummary(summary.encoded[...])
        return tagged
    }

    func lease(from queue: String, _ request: LeaseRequest) async throws -> Leased? {
        let end = Date().addingTimeInterval(Double(request.waitSeconds))
        while Date() < end {
            let generation = changed.generation
            if let leased = leaseNow(request) { return leased }
            await changed.wait(after: generation, milliseconds: 1000)
            try Task.checkCancellation()
        }
        return nil
    }

    private func leaseNow(_ request: LeaseRequest) -> Leased? {
        state.withLock { state in
            guard let first = state.waiting.first else { return nil }
            // A large one travels alone.
            let count =
                first.message == nil
                ? state.waiting.prefix(min(request.itemsMax, 64)).prefix { $0.message == nil }.count
                : 1
            let items = Array(state.waiting.prefix(count))
            state.waiting.removeFirst(count)
            state.leases += 1
            for item in items { state.leased[item.record.header.mail] = item }
            return Leased(lease: state.leases, seconds: 30, items: items.map(\.leased))
        }
    }

    func settle(_ queue: String, _ results: [ItemResult], position: Position?) async throws {
        state.withLock { state in
            for result in results {
                guard let item = state.leased.removeValue(forKey: result.mail) else { continue }
                switch result.outcome {
                case .kept, .alreadyHeld, .refused: break
                case .notHere, .later: state.waiting.append(item)
                }
            }
        }
        changed.notify()
    }
}

extension Tagger.Item {
    fileprivate var leased: LeasedItem {
        guard let message else { return LeasedItem(record) }
        return LeasedItem(record) { from, count in
            message.dropFirst(Int(from)).prefix(count)
        }
    }
}

extension Tagger {
    /// Serves and beats, as any node does, until the body has ended.
    func serving(
        port: Int, token: String, registry: String, _ body: @Sendable () async throws -> Void
    ) async throws {
        let logger = Logger(label: "tagger") { _ in SwiftLogNoOpLogHandler() }
        let path = NodePath(role: Self.role, name: "tagger")
        let server = NodeServer(token: token, logger: logger)
        server.offer(self, at: path)
        server.take(into: self, at: path)
        server.router.get("\(path.text)/status") { _, _ in
            JSONAnswer(StatusAnswer(name: "tagger", role: Self.role.rawValue))
        }
        let listening = server.service(host: "127.0.0.1", port: port, logger: logger) { _ in }
        let client = NodeClient(token: token)
        let heartbeat = Heartbeat(registries: { [registry] }, client: client, logger: logger) {
            Registration(
                name: "tagger", role: Self.role,
                address: "http://127.0.0.1:\(port)\(path.text)")
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await listening.run() }
            group.addTask { try await heartbeat.run() }
            try await body()
            group.cancelAll()
        }
        try await client.shutdown()
    }
}
