// SPDX-License-Identifier: Apache-2.0
// What was measured, as a table or as JSON.

internal import Foundation

/// One line of a figure. The keys of the JSON are these names.
struct Row: Encodable {
    var figure: String
    var message_bytes: Int
    var nodes: Int
    var copies: Int
    var compress: String
    var mails_per_second: Double
    /// What the disk could append and sync of such mails, uncompressed, in 1 MiB batches.
    var raw_mails_per_second: Double
    /// Of the octets of all copies, to that.
    var ratio_to_raw: Double
    /// Of all processes of Holdfast, without the load generator.
    var cpu_ms_per_mail: Double
    /// Only from end to end: until a search found them.
    var found_per_second: Double?
    /// Only from end to end: from the last mail's 250 until it was found.
    var lag_seconds: Double?
}

struct Figures: Encodable {
    var rows: [Row]

    func print(as format: BenchOptions.Format) throws {
        switch format {
        case .json:
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
            Swift.print(String(decoding: try encoder.encode(self), as: UTF8.self))
        case .table: printTable()
        }
    }

    private func printTable() {
        Swift.print(Hardware.description)
        Swift.print(
            Self.line(
                "figure", "bytes", "nodes", "copies", "compress", "mails/s", "raw/s", "ratio",
                "ms CPU",
                "found/s", "lag s"))
        for row in rows {
            Swift.print(
                Self.line(
                    row.figure, "\(row.message_bytes)", "\(row.nodes)", "\(row.copies)",
                    row.compress,
                    Self.number(row.mails_per_second, 0), Self.number(row.raw_mails_per_second, 0),
                    Self.number(row.ratio_to_raw, 2), Self.number(row.cpu_ms_per_mail, 3),
                    row.found_per_second.map { Self.number($0, 0) } ?? "",
                    row.lag_seconds.map { Self.number($0, 1) } ?? ""))
        }
    }

    private static func line(_ cells: String...) -> String {
        let widths = [12, 7, 6, 7, 9, 9, 9, 6, 8, 9, 6]
        return zip(cells, widths).map { cell, width in
            String(repeating: " ", count: max(0, width - cell.count)) + cell
        }.joined(separator: " ")
    }

    private static func number(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}

enum Hardware {
    /// A number without its machine is a rumour.
    static var description: String {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let memory = ProcessInfo.processInfo.physicalMemory >> 30
        let model = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        return
            "\(cores) cores (\(model ?? "unknown")), \(memory) GiB; each mail synced before its answer"
    }
}
