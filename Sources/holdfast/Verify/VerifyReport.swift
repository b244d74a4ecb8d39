// SPDX-License-Identifier: Apache-2.0
// What a verification came to.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode

/// What `verify` prints; its JSON is described in Protocol.
struct VerifyReport: Codable {
    struct Storage: Codable {
        var name: String
        /// Why nothing can be said of it; absent when all of it was read.
        var problem: String?
        var records = 0
        var bytes: UInt64 = 0
        var bad = 0
        var healed = 0
        /// Entries of the catalog without a copy there.
        var lost = 0
        /// Copies without an entry in the catalog.
        var orphaned = 0
        /// Copies whose entry is still on its way, although it was waited for.
        var waiting = 0
        /// The first of what is bad, lost or orphaned.
        var places: [VerificationAnswer.BadPlace] = []
        var lost_places: [VerificationAnswer.BadPlace] = []
        var orphaned_places: [VerificationAnswer.BadPlace] = []

        init(name: String) { self.name = name }
    }

    /// A storage that the catalog has entries of, and that does not live.
    struct Away: Codable {
        var name: String
        var node: String
        var entries: Int
        /// Declared lost: nothing is expected of it.
        var gone: Bool?
    }

    var format_version = 1
    var mails = 0
    var copies_min = 0
    var copies_max = 0
    var disks_min = 0
    var disks_max = 0
    var short = 0
    /// Why the catalog may not know all that there is; absent when it does.
    var incomplete: String?
    var storages: [Storage]
    var away: [Away] = []

    init(storages: [Storage]) { self.storages = storages }

    /// Every copy that should be there is there, whole, and known.
    var isWell: Bool {
        short == 0 && incomplete == nil && away.allSatisfy { $0.gone == true }
            && storages.allSatisfy { storage in
                storage.problem == nil && storage.bad == 0 && storage.lost == 0
                    && storage.orphaned == 0 && storage.waiting == 0
            }
    }

    mutating func note(_ statistics: CopyStatisticsAnswer) {
        mails = statistics.mails
        (copies_min, copies_max) = (statistics.copies_min, statistics.copies_max)
        (disks_min, disks_max) = (statistics.disks_min, statistics.disks_max)
        short = statistics.short
    }

    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        }
    }
}

extension VerifyReport.Storage {
    private static let shownMax = 20

    mutating func note(_ reading: VerificationAnswer) {
        (records, bytes) = (reading.records, reading.bytes_done)
        (bad, healed) = (reading.bad, reading.healed)
        places = reading.places
    }

    mutating func note(_ differences: CopyDifferences) {
        lost_places = differences.lost.prefix(Self.shownMax).map(VerificationAnswer.BadPlace.init)
        orphaned_places = differences.orphaned.prefix(Self.shownMax)
            .map(VerificationAnswer.BadPlace.init)
    }
}

extension VerificationAnswer.BadPlace {
    fileprivate init(_ copy: ListedCopy) {
        self.init(mail: copy.mail, segment: copy.segment, offset: copy.offset)
    }
}

extension VerifyReport {
    private static let linesMax = 20

    var text: String {
        ([table.text, sums] + lines + [verdict]).joined()
    }

    private var table: Table {
        var table = Table([
            .init("STORAGE"), .init("RECORDS", isNumber: true), .init("BYTES", isNumber: true),
            .init("BAD", isNumber: true), .init("HEALED", isNumber: true),
            .init("LOST", isNumber: true), .init("ORPHANED", isNumber: true),
            .init("ON THEIR WAY", isNumber: true),
        ])
        for storage in storages {
            table.add([
                storage.name, String(storage.records), Readable.bytes(storage.bytes),
                String(storage.bad), String(storage.healed), String(storage.lost),
                String(storage.orphaned), String(storage.waiting),
            ])
        }
        return table
    }

    private var sums: String {
        "\(mails) mails, copies: \(copies_min) to \(copies_max), independent disks: \(disks_min) to"
            + " \(disks_max), short: \(short), bad: \(sum(\.bad)), healed: \(sum(\.healed)), lost:"
            + " \(sum(\.lost)), orphaned: \(sum(\.orphaned))\n"
    }

    private func sum(_ key: KeyPath<Storage, Int>) -> Int {
        storages.reduce(0) { $0 + $1[keyPath: key] }
    }

    private var lines: [String] {
        var lines: [String] = []
        if let incomplete {
            lines.append("What there is may not all be known: \(Terminal.tidied(incomplete))\n")
        }
        for storage in storages {
            if let problem = storage.problem {
                lines.append("\(storage.name) was not read: \(Terminal.tidied(problem))\n")
            }
            if storage.waiting > 0 {
                lines.append(
                    "\(storage.name): \(storage.waiting) entries are still on their way to the"
                        + " catalog\n")
            }
            for (what, places) in [
                ("bad", storage.places), ("not there", storage.lost_places),
                ("in no index", storage.orphaned_places),
            ] {
                lines += places.prefix(Self.linesMax).map { place in
                    "\(storage.name)/\(place.segment)/\(place.offset)"
                        + " \(place.mail?.description ?? "of a mail that nobody knows") \(what)\n"
                }
            }
        }
        lines += away.map { node in
            let what = node.gone == true ? "was declared lost" : "is away"
            return "\(node.name) (\(node.node)) \(what), with \(node.entries) copies\n"
        }
        return lines
    }

    private var verdict: String { isWell ? "All is well.\n" : "Not all is well.\n" }
}
