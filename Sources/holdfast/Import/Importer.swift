// SPDX-License-Identifier: Apache-2.0
// Brings messages from the sources to the gateways.

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Several senders draw batches from one reader; memory holds their batches and no more.
struct Importer: Sendable {
    private let feed: ImportFeed
    private let gateway: ImportGateway?
    private let report: ImportReport
    private let clock = MachineClock()

    private static let sendersMax = 4

    /// - Parameter gateway: nil for a dry run.
    init(_ sources: [ImportSource], gateway: ImportGateway?, report: ImportReport) {
        feed = ImportFeed(sources)
        self.gateway = gateway
        self.report = report
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.sendersMax {
                group.addTask { try await send() }
            }
            try await group.waitForAll()
        }
    }

    private func send() async throws {
        while true {
            let items = try await feed.nextBatch()
            guard !items.isEmpty else { return }
            let messages = await sorted(items)
            if let gateway {
                try await send(messages, to: gateway)
            } else {
                for message in messages { report.compare(message) }
            }
            if let last = messages.last { await report.show(bytesRead: last.bytesRead) }
        }
    }

    /// Counts what needs no gateway; returns the messages.
    private func sorted(_ items: [FoundItem]) async -> [FoundMessage] {
        var messages: [FoundMessage] = []
        for item in items {
            switch item {
            case .message(let message): messages.append(message)
            case .skipped(let path, let reason): await report.skip(path, reason)
            case .refused(let name, let reason): await report.refuse(name, reason)
            }
        }
        return messages
    }

    private func send(_ messages: [FoundMessage], to gateway: ImportGateway) async throws {
        var names: [String] = []
        var records: [Record] = []
        for message in messages {
            switch message.octets {
            case .large:
                await report.count(message.name, try await gateway.send(message, from: feed))
            case .whole(let octets):
                let envelope = EnvelopeGuess.envelope(
                    of: octets[...], fromLineSender: message.fromLineSender)
                records.append(
                    try Record(
                        importing: octets, envelope: envelope, now: clock.now,
                        keepDays: gateway.keepDays))
                names.append(message.name)
            }
        }
        for (name, outcome) in zip(names, try await gateway.send(records)) {
            await report.count(name, outcome)
        }
    }
}

/// The reader of the sources, on a thread of its own.
final class ImportFeed: Sendable {
    private let reader: Mutex<SourceReader>
    private let thread = DiskThread(name: "sources")

    init(_ sources: [ImportSource]) {
        reader = Mutex(SourceReader(sources))
    }

    /// The next items; empty at the end.
    func nextBatch() async throws -> [FoundItem] {
        try await thread.run { [self] in reader.withLock { $0.nextBatch() } }
    }

    /// Does something else that waits for the sources' disk.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await thread.run(body)
    }
}
