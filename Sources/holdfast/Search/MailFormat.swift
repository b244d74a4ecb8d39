// SPDX-License-Identifier: Apache-2.0
// The forms in which mails are listed.

internal import ArgumentParser
internal import Foundation
internal import HoldfastNode

/// `--format` of a search.
enum MailFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table, json, jsonl, tsv, ids

    /// A table for eyes, tab-separated lines for programs.
    static var standard: MailFormat { Terminal.outputIsTerminal ? .table : .tsv }
}

/// Writes mails in one of the forms, page after page.
struct MailPrinter {
    let format: MailFormat
    /// Columns that a table may take.
    let columns: Int
    private var isFirst = true
    private let encoder: JSONEncoder

    init(format: MailFormat, columns: Int) {
        self.format = format
        self.columns = columns
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    mutating func text(of mails: [MailAnswer]) throws -> String {
        defer { isFirst = false }
        switch format {
        case .table: return table(mails)
        case .json: return try json(mails)
        case .jsonl: return try mails.map { try line($0) }.joined()
        case .tsv: return mails.map(tsv).joined()
        case .ids: return mails.map { $0.id + "\n" }.joined()
        }
    }

    /// What stands after the last mail.
    mutating func end() -> String {
        guard format == .json else { return "" }
        return isFirst ? "{\"format_version\":1,\"mails\":[]}\n" : "\n]}\n"
    }

    private func json(_ mails: [MailAnswer]) throws -> String {
        let start = isFirst ? "{\"format_version\":1,\"mails\":[\n" : ",\n"
        return start + (try mails.map { try encoded($0) }.joined(separator: ",\n"))
    }

    private func line(_ mail: MailAnswer) throws -> String {
        try encoded(VersionedMail(mail: mail)) + "\n"
    }

    private func encoded(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func tsv(_ mail: MailAnswer) -> String {
        let fields = [
            mail.id, mail.received, mail.date ?? "", mail.from, mail.to.joined(separator: ", "),
            mail.subject, mail.message_id, String(mail.size), mail.sha256, mail.keep_until,
            String(mail.copies),
        ]
        return fields.map(Terminal.tidied).joined(separator: "\t") + "\n"
    }
}

extension MailPrinter {
    /// Letters of an id that a narrow table shows: more than enough to be unique.
    private static let shortID = 14
    private static let fullID = 26
    private static let receivedColumns = 16
    private static let sizeColumns = 7

    private func table(_ mails: [MailAnswer]) -> String {
        let id = columns >= 130 ? Self.fullID : Self.shortID
        let rest = max(20, columns - id - Self.receivedColumns - Self.sizeColumns - 8)
        let from = rest * 2 / 5
        let subject = rest - from
        func row(_ cells: [String]) -> String {
            let line = [
                cells[0].prefix(id).description.fitted(to: id),
                cells[1].fitted(to: Self.receivedColumns),
                cells[2].fittedRight(to: Self.sizeColumns), cells[3].fitted(to: from),
                cells[4].fitted(to: subject),
            ]
            return line.joined(separator: "  ").trimmedRight + "\n"
        }
        let title = isFirst ? row(["ID", "RECEIVED", "SIZE", "FROM", "SUBJECT"]) : ""
        return mails.reduce(into: title) { text, mail in
            let cells = [
                mail.id, Readable.localTime(mail.received),
                Readable.bytes(UInt64(clamping: mail.size)),
                mail.from.isEmpty ? mail.sender : mail.from, mail.subject,
            ]
            text += row(cells.map(Terminal.tidied))
        }
    }
}

/// A mail on a line of its own, which says in which form it is.
private struct VersionedMail: Encodable {
    var mail: MailAnswer

    private enum Key: String, CodingKey { case format_version }

    func encode(to encoder: any Encoder) throws {
        try mail.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .format_version)
    }
}
