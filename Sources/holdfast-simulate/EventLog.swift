// SPDX-License-Identifier: Apache-2.0
// What happened in a simulation, as lines, and as one number.

internal import HoldfastModel
internal import Logging
internal import Synchronization

/// Takes a line for each event. Two runs of one seed have the same lines, and so the same hash.
final class EventLog: Sendable {
    private struct State {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var count = 0
    }

    private let state = Mutex(State())
    private let loop: EventLoop
    private let isPrinted: Bool

    init(of loop: EventLoop, isPrinted: Bool) {
        self.loop = loop
        self.isPrinted = isPrinted
    }

    var count: Int { state.withLock { $0.count } }

    /// FNV-1a over all lines so far.
    var hash: UInt64 { state.withLock { $0.hash } }

    func note(_ text: String) {
        let line = "\(loop.now) \(text)\n"
        state.withLock { state in
            state.count += 1
            for byte in line.utf8 { state.hash = (state.hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        if isPrinted { print(Self.time(loop.now), text) }
    }

    static func time(_ microseconds: Int64) -> String {
        let text = String(microseconds / 1000 % 1000)
        let fraction = String(repeating: "0", count: 3 - text.count) + text
        return "\(microseconds / 1_000_000).\(fraction)"
    }
}

/// Lets the components' own log lines be events.
struct EventLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    let box: String
    let log: EventLog

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            .map { " \($0.key)=\($0.value)" }.joined()
        log.note("\(box) \(event.level) \(event.message)\(pairs)")
    }
}
