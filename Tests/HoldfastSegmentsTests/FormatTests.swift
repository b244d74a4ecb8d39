// SPDX-License-Identifier: Apache-2.0
// The worked example of SegmentFormat: document and code say the same bytes, or this fails.

import Foundation
import HoldfastDisk
import HoldfastModel
import HoldfastSegments
import Testing

/// The small sealed segment that SegmentFormat shows: one mail, one note, everything fixed.
enum Example {
    static let folder = "data/segments"
    static let path = folder + "/000002000001.seg"
    static let node = NodeID(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff)
    static let disk = DiskID(0x0123_4567_89ab_cdef)
    static let taken = Timestamp(milliseconds: 1_795_000_000_000)
    static let sealed = Timestamp(milliseconds: 1_795_000_060_000)
    static let keepUntil = taken.day.advanced(by: 7)
    static let mail = MailID(0x019a_b4c5_d6e7_0011_2233_4455_6677_8899)
    static let note = MailID(0x019a_b4c5_d6e7_aabb_ccdd_eeff_0011_2233)
    static let order = MailID(0x019a_b4c5_d6e7_5566_7788_99aa_bbcc_ddee)
    static let message = Array("Subject: Hi\r\n\r\nHello.\r\n".utf8)
    /// SHA-256 of the message.
    static let digest = "a355ece267f6ccab94a1c8d9eac13ae25a3aed6ee63fe4a8f6051aaf944af02a"

    static let slip = Slip(
        copiesWanted: 2, keepUntil: keepUntil,
        holders: [Holder(node: node, disk: disk, host: "box")], gateways: ["gateway"])
    static let envelope = Envelope(
        sender: "amy@example.org", recipients: ["bob@example.net"],
        origin: Envelope.Origin(transport: "ESMTP", client: "192.0.2.1", greeting: "mx"))

    static func summary() throws -> Summary {
        var summary = Summary()
        summary.subject = "Hi"
        summary.size = UInt64(message.count)
        summary.digest = try #require(Digest(hex: digest))
        return summary
    }

    static func mailRecord() throws -> Record {
        var record = Record(
            RecordHeader(
                kind: .mail, mail: mail, received: taken, keepUntil: keepUntil,
                digest: try #require(Digest(hex: digest)), originalBytes: UInt64(message.count)))
        record.setSlip(slip)
        record.setEnvelope(envelope.encoded[...])
        record.setSummary(try summary().encoded[...])
        let section = try message.withUnsafeBytes { octets in
            try MessageEncoder.section(of: octets, mail: mail, compression: .none, key: nil)
        }
        record.setMessage(section[...])
        return record
    }

    static var noteRecord: Record {
        let result = RecipientResult(
            recipient: "bob@example.net", outcome: .sent, reply: "250 2.0.0 OK")
        let note = Note(
            id: note, mail: mail, order: order, at: taken, by: "amy", sentTo: "mx:25",
            results: [result], lineEndsChanged: false)
        var record = Record(
            RecordHeader(kind: .note, mail: Self.note, received: taken, keepUntil: keepUntil))
        record.setSlip(slip)
        record.setSummary(note.encoded[...])
        return record
    }

    /// The bytes of the segment, made by the code that makes every segment.
    static func made() throws -> [UInt8] {
        let disk = SimulatedDisk()
        let owner = SegmentOwner(node: node, disk: Self.disk, run: 2)
        let store = try SegmentStore(folder: folder, owner: owner, on: disk)
        let records = [Appendable(try mailRecord()), Appendable(noteRecord)]
        _ = try store.append(records[...], to: KeepClass(days: 7), now: taken)
        try store.sealFinished(all: true, now: sealed)
        return try bytes(of: path, on: disk)
    }

    static func bytes(of path: String, on disk: SimulatedDisk) throws -> [UInt8] {
        let file = try disk.open(path, forWriting: false)
        var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
        let filled = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        #expect(filled == bytes.count)
        return bytes
    }
}

/// A hex dump as `hexdump -C` prints it: offset, sixteen bytes, their letters; `*` repeats a line.
enum HexDump {
    /// The first block of the document that is fenced as `hexdump`.
    static func inDocument() throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let document = root.appendingPathComponent(
            "Sources/holdfast/Documentation.docc/SegmentFormat.md")
        let lines = try String(contentsOf: document, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "```hexdump")) + 1
        let end = try #require(lines[start...].firstIndex(of: "```"))
        return lines[start..<end].map(String.init)
    }

    static func lines(of bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var last: ArraySlice<UInt8> = []
        for offset in stride(from: 0, to: bytes.count, by: 16) {
            let row = bytes[offset..<min(offset + 16, bytes.count)]
            if row == last {
                if lines.last != "*" { lines.append("*") }
            } else {
                lines.append(line(row, at: offset))
            }
            last = row
        }
        return lines + [text(offset: bytes.count)]
    }

    private static func line(_ row: ArraySlice<UInt8>, at offset: Int) -> String {
        let halves = [row.prefix(8), row.dropFirst(8)].map { half in
            half.map { [$0].hex }.joined(separator: " ")
        }
        let letters = row.map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: ".") }
        return "\(text(offset: offset))  \(halves.joined(separator: "  "))  |"
            + String(decoding: letters, as: UTF8.self) + "|"
    }

    private static func text(offset: Int) -> String {
        let digits = String(offset, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The bytes that a dump says.
    static func bytes(of dump: [String]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var row: [UInt8] = []
        for line in dump where line != "*" {
            let words = line.prefix { $0 != "|" }.split(separator: " ")
            let offset = try #require(words.first.flatMap { Int($0, radix: 16) })
            while bytes.count < offset { bytes += row }
            #expect(bytes.count == offset, "a row is missing before \(line)")
            row = try words.dropFirst().map { try #require(UInt8($0, radix: 16)) }
            bytes += row
        }
        return bytes
    }
}

@Suite("SegmentFormat")
struct FormatTests {
    @Test("the segment that the document shows is the one that the code writes, byte for byte")
    func isWritten() throws {
        let made = HexDump.lines(of: try Example.made())
        #expect(try HexDump.inDocument() == made, "\(made.joined(separator: "\n"))")
    }

    @Test("the segment that the document shows is read as the document says")
    func isRead() throws {
        let disk = try disk(with: try HexDump.bytes(of: try HexDump.inDocument()))
        let segments = SegmentFolder(Example.folder, on: disk)
        let file = try #require(try segments.files().first)
        let header = try segments.header(of: file)
        #expect(header.node == Example.node)
        #expect(header.disk == Example.disk)
        #expect(header.number == 2_000_001)
        #expect(header.run == 2)
        #expect(header.day == Example.taken.day)
        #expect(header.keepClass.days == 7)
        #expect(header.fences.isEmpty)

        var found: [ScannedRecord] = []
        let report = try segments.records(of: file, from: nil) { found.append($0) }
        #expect(report.end == 12288)
        #expect(report.damaged.isEmpty && report.torn == nil)
        #expect(found.map(\.record.header.kind) == [.mail, .note])
        #expect(found.map(\.record.header.mail) == [Example.mail, Example.note])
        #expect(found.map(\.place.offset) == [8288, 8616])
        #expect(found.map(\.place.length) == [328, 280])
        #expect(found.map(\.place.position.raw) == [0x2_0000_0001, 0x2_0000_0002])
    }

    @Test("the mail and the note that the document shows say what it says")
    func isUnderstood() throws {
        let disk = try disk(with: try HexDump.bytes(of: try HexDump.inDocument()))
        let reader = SegmentReader(folder: Example.folder, on: disk)
        let mail = try reader.record(segment: 2_000_001, offset: 8288, mail: Example.mail)
        #expect(mail.header.received == Example.taken)
        #expect(mail.header.keepUntil == Example.keepUntil)
        #expect(mail.header.digest.hex == Example.digest)
        #expect(try Slip(decoding: mail.slip) == Example.slip)
        #expect(try Envelope(decoding: mail.envelope) == Example.envelope)
        #expect(try Summary(decoding: mail.summary) == Example.summary())
        let octets = try MessageDecoder.octets(
            of: mail.message, mail: Example.mail, compression: .none, key: nil)
        #expect(octets == Example.message)

        let record = try reader.record(segment: 2_000_001, offset: 8616, mail: Example.note)
        let note = try Note(id: Example.note, decoding: record.summary)
        #expect(note.mail == Example.mail)
        #expect(note.order == Example.order)
        #expect(note.results.map(\.outcome) == [.sent])
        #expect(note.results.map(\.reply) == ["250 2.0.0 OK"])
    }

    @Test("a header carries as many fences as it has room for", arguments: [0, 1, 2, 250])
    func fences(count: Int) throws {
        let fences = (0..<count).map { Fence(segment: UInt64($0) + 1, end: UInt64($0) * 4096) }
        let header = SegmentHeader(
            node: Example.node, disk: Example.disk, number: 2_000_300, run: 2,
            created: Example.taken, keepClass: KeepClass(days: 7), fences: fences)
        let decoded = try SegmentHeader(decoding: header.encoded[...])
        #expect(decoded == header)
        #expect(decoded.fences == fences)
    }

    private func disk(with bytes: [UInt8]) throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        try disk.makeFolder(Example.folder)
        try disk.create(Example.path).write(bytes, at: 0)
        return disk
    }
}
