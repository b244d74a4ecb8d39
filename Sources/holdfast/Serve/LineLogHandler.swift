// SPDX-License-Identifier: Apache-2.0
// The log: a line on standard error for each event.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import Logging

/// Writes `time level Sentence key=value`; under systemd, which knows the time, `<level>` instead.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let isJournal: Bool

    init(label: String, level: Logger.Level) {
        self.label = label
        logLevel = level
        isJournal = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] != nil
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = Self.line(event, metadata: metadata, isJournal: isJournal)
        // One write a line, so that lines of several threads do not mix.
        FileHandle.standardError.writeQuietly(line)
    }

    static func line(_ event: LogEvent, metadata: Logger.Metadata, isJournal: Bool) -> String {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(quoted("\($0.value)"))" }
        let start =
            isJournal
            ? "<\(event.level.priority)>" : "\(MachineClock().now.iso8601) \(event.level.rawValue) "
        return start + Terminal.tidied("\(event.message)\(pairs.joined())") + "\n"
    }

    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.allSatisfy { $0 != " " && $0 != "\"" && $0 != "=" }
        return isPlain ? value : "\"\(value.replacing("\"", with: "'"))\""
    }
}

extension Logger.Level {
    /// The number that syslog and the journal have for it.
    fileprivate var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}

extension FileHandle {
    /// A log that nobody can read any more must not end the program.
    fileprivate func writeQuietly(_ text: String) {
        try? write(contentsOf: Data(text.utf8))
    }
}

/// How much is logged.
enum LogLevels {
    /// The level of `HOLDFAST_LOG`, else that of the configuration.
    static func level(
        configured: NodeConfiguration.LogLevel,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> Logger.Level {
        let named = environment["HOLDFAST_LOG"] ?? ""
        let text = named.isEmpty ? configured.rawValue : named
        guard let level = Logger.Level(rawValue: text) else {
            let levels = NodeConfiguration.LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.configuration, "HOLDFAST_LOG is '\(text)'; it must be one of \(levels)")
        }
        return level
    }
}
