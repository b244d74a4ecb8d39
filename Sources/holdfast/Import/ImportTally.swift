// SPDX-License-Identifier: Apache-2.0
// What became of the messages of an import.

internal import Foundation

/// The four lines with which an import ends.
struct ImportTally: Codable, Hashable, Sendable {
    var format_version = 1
    var read = 0
    var stored = 0
    var duplicate = 0
    var refused = 0
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

    mutating func refuse(_ name: String, _ reason: String) {
        refused += 1
        if refusals.count < Self.refusalsMax {
            refusals.append(Refusal(name: name, reason: reason))
        }
    }

    mutating func skip(_ name: String, _ reason: String) {
        skipped_files += 1
        if skips.count < Self.skipsMax { skips.append(Refusal(name: name, reason: reason)) }
    }

    /// - Parameter isDryRun: nothing was stored, and nothing is said of it.
    func text(isDryRun: Bool) -> String {
        var lines = [("read", read)]
        if !isDryRun { lines.append(("stored", stored)) }
        lines += [("duplicate", duplicate), ("refused", refused)]
        if skipped_files > 0 { lines.append(("skipped files", skipped_files)) }
        let width = (lines.map { String($0.1).count }.max() ?? 1)
        return lines.map { name, count in
            name.fitted(to: 14) + String(count).fittedRight(to: width) + "\n"
        }.joined()
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}
