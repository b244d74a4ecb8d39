// SPDX-License-Identifier: Apache-2.0
// The report as a person reads it.

internal import Foundation
internal import HoldfastModel
internal import HoldfastNode

extension StatusReport {
    var text: String {
        [nodeTable.text, storageTable.text, queueTable.text, lines]
            .filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var nodeTable: Table {
        var table = Table([.init("ROLE"), .init("NODE"), .init("STATE"), .init("ADDRESS")])
        for node in nodes { table.add([node.role.rawValue, node.name, node.state, node.address]) }
        return table
    }

    private var storageTable: Table {
        var table = Table([
            .init("STORAGE"), .init("MAILS", isNumber: true), .init("BYTES", isNumber: true),
            .init("FREE", isNumber: true), .init("DAYS UNTIL FULL", isNumber: true),
            .init("DAMAGED", isNumber: true),
        ])
        for node in nodes where node.role == .storage {
            let status = node.status
            table.add([
                node.name, status?.mails.map(String.init) ?? "?",
                status?.bytes.map(Readable.bytes) ?? "?",
                status?.free_bytes.map(Readable.bytes) ?? "?", Self.days(node.days_until_full),
                status?.damaged.map(String.init) ?? "0",
            ])
        }
        return table
    }

    private var queueTable: Table {
        var table = Table([
            .init("QUEUE"), .init("NODE"), .init("ITEMS", isNumber: true),
            .init("BURIED", isNumber: true),
        ])
        for node in nodes {
            guard let status = node.status else { continue }
            for queue in Set(status.queues.keys).union(status.buried.keys).sorted() {
                table.add([
                    queue, node.name, String(status.queues[queue] ?? 0),
                    String(status.buried[queue] ?? 0),
                ])
            }
        }
        return table
    }

    private var lines: String {
        let oldest = nodes.compactMap { $0.status?.oldest_unindexed }.min()
        var lines = ["Oldest mail that is not indexed: \(oldest.map(Readable.localTime) ?? "none")"]
        let buried = nodes.compactMap { $0.status?.buried.values.reduce(0, +) }.reduce(0, +)
        if buried > 0 {
            lines.append("Buried, until `holdfast retry` offers them again: \(buried)")
        }
        let unreadable = nodes.compactMap { $0.status?.unreadable }.reduce(0, +)
        if unreadable > 0 {
            lines.append(
                "Taken in, not acked, and not readable any more (see the log): \(unreadable)")
        }
        if let copies_max, disks_alive <= copies_max {
            // The paper's advice: one more than the highest redundancy (R21).
            lines.append(
                "Disks that take mail: \(disks_alive); mails want up to \(copies_max) copies: add a disk,"
                    + (disks_alive < copies_max
                        ? " or they cannot have them all"
                        : " so that when one fails another can take its place"))
        }
        for node in nodes { lines += node.status?.repairs.map(Self.lines(of:)) ?? [] }
        for node in nodes {
            if let scrub = node.status?.scrub { lines.append(Self.scrub(scrub, of: node.name)) }
        }
        for node in nodes {
            if let notice = node.notice { lines.append("\(node.name): \(Terminal.tidied(notice))") }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func scrub(_ scrub: ScrubAnswer, of name: String) -> String {
        let last =
            scrub.last_finished.map { finished in
                "\(Readable.localTime(finished)), bad \(scrub.last_bad ?? 0), healed"
                    + " \(scrub.last_healed ?? 0)"
            } ?? "never"
        return "\(name) was last checked whole: \(last); bad in this round: \(scrub.bad)"
    }

    private static func lines(of repairs: RepairsAnswer) -> [String] {
        var lines = [
            "Mails and notes with fewer copies than wanted: \(repairs.short)"
                + (repairs.recounting ? " (still counting)" : "")
        ]
        if repairs.open > 0 || repairs.done > 0 {
            let rate = String(format: "%.0f", repairs.per_minute)
            let end = repairs.finished_by.map { ", finished by \(Readable.localTime($0))" } ?? ""
            lines.append(
                "Repairs: \(repairs.open) under way, \(repairs.done) done, \(rate) a minute\(end)")
        }
        if repairs.without_copy > 0 {
            lines.append(
                "Not repaired, because no storage that lives has a copy: \(repairs.without_copy)")
        }
        if repairs.without_target > 0 {
            lines.append(
                "Not repaired, because no other storage or disk has room for a copy:"
                    + " \(repairs.without_target); add a storage")
        }
        lines += (repairs.away ?? []).map { away in
            "\(away.name) is away, with \(away.copies) copies: "
                + (away.counts
                    ? "they are made again elsewhere when it has been silent for a while"
                        + " (dead_after_minutes), or at once after `holdfast drain \(away.name) --gone`"
                    : "they count again when it comes back")
        }
        if let paused = repairs.paused { lines.append("Repairs pause: \(Terminal.tidied(paused))") }
        return lines
    }

    private static func days(_ days: Double?) -> String {
        guard let days else { return "-" }
        return days < 10_000 ? String(format: days < 10 ? "%.1f" : "%.0f", days) : "> 9999"
    }
}

extension StatusReport.Node {
    fileprivate var state: String {
        guard alive else { return "silent" }
        return writable ? "alive" : "alive, takes nothing"
    }
}
