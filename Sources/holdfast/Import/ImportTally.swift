// SPDX-License-Identifier: Apache-2.0
// What became of the messages of an import.

internal import Foundation
internal import HoldfastDisk
internal import HoldfastModel

/// The counts with which an import ends.
struct ImportTally: Codable, Hashable, Sendable {
    var format_version = 1
    var read = 0
    var stored = 0
    var duplicate = 0
    var refused = 0
    /// The last day until which something that was stored is kept; nil when nothing was.
    var kept_until: String?
    /// Files that are neither messages nor mboxes.
    var skipped_files = 0
    /// The first of those files, and why.
    var skips: [Refusal] = []
    /// The first of those that were refused, and why; the rest were named on standard error.
    var refusals: [Refusal] = []

    struct Refusal: Codable, Hashable, Sendable {
        var name: String
        var reason: String
    }

    private static let refusalsMax = 1000
    static let skipsMax = 1000

    mutating func store(until day: Day?) {
        read += 1
        stored += 1
        kept_until = [kept_until, day?.description].compactMap(\.self).max()
    }

    mutating func countDuplicate() {
        read += 1
        duplicate += 1
    }

    mutating func refuse(_ name: String, _ reason: String) {
        read += 1
        refused += 1
        let (name, reason) = (FileName.readable(name), FileName.readable(reason))
        if refusals.count < Self.refusalsMax {
            refusals.append(Refusal(name: name, reason: reason))
        }
    }

    mutating func skip(_ name: String, _ reason: String) {
        skipped_files += 1
        let (name, reason) = (FileName.readable(name), FileName.readable(reason))
        if skips.count < Self.skipsMax { skips.append(Refusal(name: name, reason: reason)) }
    }

    /// For the progress line.
    var line: String { "\(read) read, \(stored) stored, \(duplicate) duplicate" }

    /// - Parameters:
    ///   - isDryRun: nothing was stored, and nothing is said of it.
    ///   - keepsDays: it was asked for how long the mails are kept.
    func text(isDryRun: Bool, keepsDays: Bool = false) -> String {
        var lines = [("read", read)]
        if !isDryRun { lines.append(("stored", stored)) }
        lines += [("duplicate", duplicate), ("refused", refused)]
        if skipped_files > 0 { lines.append(("skipped files", skipped_files)) }
        let width = (lines.map { String($0.1).count }.max() ?? 1)
        var text = lines.map { name, count in
            let isKept = keepsDays && !isDryRun && name == "duplicate" && count > 0
            return name.fitted(to: 14) + String(count).fittedRight(to: width)
                + (isKept ? "  (kept until the day they had)" : "") + "\n"
        }.joined()
        if let kept_until { text += "kept until".fitted(to: 14) + kept_until + "\n" }
        return text
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}
