// SPDX-License-Identifier: Apache-2.0
// Brings messages from the sources to the gateways.

internal import HoldfastModel
internal import HoldfastNode
internal import Synchronization

/// Several senders draw batches from one reader; memory holds their batches and no more.
struct Importer: Sendable {
    private let feed: ImportFeed
    private let gateway: ImportGateway?
    private let tally = SharedTally()
    private let progress = ProgressLine()
    private let bytesInAll: UInt64?
    private let clock = MachineClock()

    private static let sendersMax = 4

    /// - Parameter gateway: nil for a dry run.
    init(_ sources: [ImportSource], gateway: ImportGateway?, bytesInAll: UInt64?) {
        feed = ImportFeed(sources)
        self.gateway = gateway
        self.bytesInAll = bytesInAll
    }

    func run() async throws -> ImportTally {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<Self.sendersMax {
                group.addTask { try await send() }
            }
            try await group.waitForAll()
        }
        await progress.clear()
        return tally.value
    }

    private func send() async throws {
        while true {
            let items = try await feed.nextBatch()
            guard !items.isEmpty else { return }
            let messages = await sorted(items)
            guard let gateway else {
                await compare(messages)
                continue
            }
            try await send(messages, to: gateway)
        }
    }

    /// Counts what needs no gateway; returns the messages.
    private func sorted(_ items: [FoundItem]) async -> [FoundMessage] {
        var messages: [FoundMessage] = []
        for item in items {
            switch item {
            case .message(let message): messages.append(message)
            case .skipped(let path, let reason): await skip(path, reason)
            case .refused(let name, let reason):
                tally.change { $0.read += 1 }
                await refuse(name, reason)
            }
        }
        return messages
    }

    private func send(_ messages: [FoundMessage], to gateway: ImportGateway) async throws {
        var names: [String] = []
        var records: [Record] = []
        for message in messages {
            switch message.octets {
            case .large: await count(message.name, try await gateway.send(message, from: feed))
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
            await count(name, outcome)
        }
        await show(messages)
    }

    /// A dry run knows only of duplicates among the sources themselves.
    private func compare(_ messages: [FoundMessage]) async {
        for message in messages {
            guard case .whole(let octets) = message.octets else {
                tally.change { $0.read += 1 }
                continue
            }
            let isNew = tally.isNew(octets)
            tally.change { tally in
                tally.read += 1
                if !isNew { tally.duplicate += 1 }
            }
        }
        await show(messages)
    }

    private func count(_ name: String, _ outcome: ImportGateway.Outcome) async {
        switch outcome {
        case .stored: tally.change { ($0.read, $0.stored) = ($0.read + 1, $0.stored + 1) }
        case .duplicate: tally.change { ($0.read, $0.duplicate) = ($0.read + 1, $0.duplicate + 1) }
        case .refused(let reason):
            tally.change { $0.read += 1 }
            await refuse(name, reason)
        }
    }

    private func skip(_ path: String, _ reason: String) async {
        var count = 0
        tally.change { tally in
            tally.skip(path, reason)
            count = tally.skipped_files
        }
        guard count <= ImportTally.skipsMax else { return }
        await progress.clear()
        await Output.say("skipped: \(path): \(reason)")
        if count == ImportTally.skipsMax {
            await Output.say("skipped: more files are only counted from here on")
        }
    }

    private func refuse(_ name: String, _ reason: String) async {
        tally.change { $0.refuse(name, reason) }
        await progress.clear()
        await Output.say("refused: \(name): \(reason)")
    }

    private func show(_ messages: [FoundMessage]) async {
        guard let last = messages.last else { return }
        let bar = bytesInAll.map { ProgressBar.text(done: last.bytesRead, of: $0) + "  " } ?? ""
        let tally = tally.value
        await progress.show(
            "\(bar)\(tally.read) read, \(tally.stored) stored, \(tally.duplicate) duplicate")
    }
}

/// The tally that all senders count in.
private final class SharedTally: Sendable {
    private let tally = Mutex(ImportTally())
    /// Ids seen in a dry run.
    private let seen = Mutex(Set<MailID>())

    var value: ImportTally { tally.withLock { $0 } }

    func change(_ body: (inout ImportTally) -> Void) {
        tally.withLock { body(&$0) }
    }

    func isNew(_ octets: [UInt8]) -> Bool {
        let id = MailID(ofOctets: .sha256(of: octets))
        return seen.withLock { $0.insert(id).inserted }
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
