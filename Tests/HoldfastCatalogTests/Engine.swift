// SPDX-License-Identifier: Apache-2.0
// The databases that the suite runs against, and what it fills them with.

import Foundation
import HoldfastCatalog
import HoldfastModel
import Testing

/// A database behind the protocol. PostgreSQL becomes another case.
enum Engine: CaseIterable {
    case sqlite

    /// Runs a test with an empty catalog, which is gone afterwards.
    func withCatalog(_ body: (any Catalog) throws -> Void) throws {
        try withFolder { folder in
            switch self {
            case .sqlite: try body(SQLiteCatalog(path: folder + "/catalog.sqlite"))
            }
        }
    }
}

func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("holdfast-catalog-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
}

/// Noon of a day on which all tests happen.
let now = Timestamp(milliseconds: 1_795_435_200_000)
let today = now.day

func id(_ number: Int) -> MailID { MailID(UInt128(number) << 64 | UInt128(number)) }

/// A storage that ships mails to the catalog.
struct Shipper {
    let node: NodeID
    var name: String
    var disk: DiskID
    var host = "box"
    private var next: UInt32 = 1

    init(_ number: Int, disk: Int? = nil) {
        node = NodeID(UInt128(number))
        name = "storage-\(number)"
        self.disk = DiskID(UInt64(disk ?? number))
    }

    mutating func ship(
        _ sample: Sample, segment: SegmentNumber = 1, again: Bool = false
    ) -> IndexItem {
        let position = Position(run: 1, number: next)
        next += 1
        return item(sample.record, sample.words, at: position, segment, again)
    }

    mutating func ship(_ note: Note, slip: Slip) -> IndexItem {
        var record = Record(
            RecordHeader(kind: .note, mail: note.id, received: note.at, keepUntil: slip.keepUntil))
        record.setSlip(slip)
        record.setSummary(note.encoded[...])
        let position = Position(run: 1, number: next)
        next += 1
        return item(record, "", at: position, 1, false)
    }

    func item(
        _ record: Record, _ words: String, at position: Position, _ segment: SegmentNumber,
        _ again: Bool
    ) -> IndexItem {
        let location = Location(node: node, segment: segment, offset: UInt64(position.number) * 512)
        let entry = Entry(
            location: location, position: position, length: 700, disk: disk, host: host,
            checksum: position.number &* 2_654_435_761, keepUntil: record.header.keepUntil,
            again: again)
        return IndexItem(entry: entry, record: record, words: words)
    }
}

/// A mail as the tests make it.
struct Sample {
    var id: MailID
    var received = now
    var summary = Summary()
    var envelope = Envelope(sender: "", recipients: [])
    /// Normalised words of the body.
    var words = ""
    var slip = Slip(
        copiesWanted: 2, keepUntil: today.advanced(by: 60), gateways: ["gateway-1"])

    init(_ number: Int, _ change: (inout Sample) -> Void = { _ in }) {
        id = HoldfastCatalogTests.id(number)
        summary.subject = "Subject \(number)"
        summary.digest = Digest(words: (UInt64(number) << 40, 1, 2, UInt64(number)))
        summary.size = UInt64(number)
        change(&self)
    }

    var record: Record {
        var record = Record(
            RecordHeader(kind: .mail, mail: id, received: received, keepUntil: slip.keepUntil))
        record.setSlip(slip)
        record.setEnvelope(envelope.encoded[...])
        record.setSummary(summary.encoded[...])
        return record
    }
}

extension Catalog {
    @discardableResult
    func merge(
        _ items: [IndexItem], from shipper: Shipper, acks: AckRule = AckRule()
    ) throws -> Merged {
        try merge(items, from: shipper.node, name: shipper.name, now: now, acks: acks)
    }

    /// One order.
    func enter(_ order: StorageOrder) throws -> [NodeID]? { try enter([order])[0] }

    /// A page, newest first.
    func search(
        _ query: Query, limit: Int, offset: Int, after: SearchPlace? = nil, today: Day
    ) throws -> [Found] {
        try search(
            query, .newest, limit: limit, offset: offset, after: after, today: today
        ).mails
    }

    func count(_ query: Query, today: Day) throws -> Int {
        try count(query, upTo: nil, today: today).mails
    }

    func found(_ text: String, limit: Int = 1000, offset: Int = 0) throws -> [MailID] {
        let query = try Query(parsing: text, now: now, offset: 0)
        return try search(query, limit: limit, offset: offset, today: today).map(\.id)
    }

    func counted(_ text: String) throws -> Int {
        try count(Query(parsing: text, now: now, offset: 0), today: today)
    }

    var dumped: [String] {
        get throws {
            var lines: [String] = []
            try dump { lines.append($0) }
            return lines
        }
    }
}
