// SPDX-License-Identifier: Apache-2.0

import HoldfastChance
import HoldfastModel
import Testing

@Suite("Records")
struct RecordTests {
    static func mail(message: [UInt8] = Array("Subject: x\r\n\r\nbody\r\n".utf8)) -> Record {
        var record = Record(
            RecordHeader(
                kind: .mail, mail: MailID(0xfeed),
                received: Timestamp(milliseconds: 1_795_000_000_000),
                keepUntil: Day(number: 20_800), position: Position(run: 3, number: 9),
                digest: Digest(words: (1, 2, 3, 4)), originalBytes: UInt64(message.count),
                compression: .zstd, keyNumber: 7))
        record.setSlip(
            Slip(copiesWanted: 2, keepUntil: Day(number: 20_800), gateways: ["gateway-1"]))
        record.setEnvelope(Envelope(sender: "a@b.c", recipients: ["d@e.f", "g@h.i"]).encoded[...])
        record.setSummary([1, 2, 3])
        record.setMessage(message[...])
        return record
    }

    @Test("a record is encoded and read back, and nothing of it is left over")
    func roundTrip() throws {
        let record = Self.mail()
        var bytes = (record.encoded + [0xff])[...]
        #expect(UInt64(bytes.count - 1) == record.header.recordBytes)
        let read = try Record(takingFrom: &bytes)
        #expect(bytes == [0xff])
        #expect(read.header == record.header)
        #expect(read.slip == record.slip)
        #expect(read.envelope == record.envelope)
        #expect(read.summary == record.summary)
        #expect(read.message == record.message)
    }

    @Test("D4: no bit of a record can change without being noticed")
    func everyBit() throws {
        let whole = Self.mail().encoded
        let header = Self.mail().header
        let covered =
            RecordHeader.bytes + Int(header.slip.bytes + header.envelope.bytes)
            + Int(header.summary.bytes + header.message.bytes)
        for place in 0..<covered {
            for bit in 0..<8 {
                var damaged = whole
                damaged[place] ^= 1 << bit
                var rest = damaged[...]
                #expect(throws: RecordError.self) { try Record(takingFrom: &rest) }
            }
        }
    }

    @Test("a record that is cut short is none")
    func cut() {
        let whole = Self.mail().encoded
        for length in 0..<whole.count {
            var rest = whole[..<length]
            #expect(throws: RecordError.self) { try Record(takingFrom: &rest) }
        }
    }

    @Test("the layout is what SegmentFormat says")
    func goldenBytes() {
        let bytes = Self.mail().encoded
        #expect(bytes[..<4] == Array("HFRC".utf8)[...])
        #expect(Array(bytes[8..<12]) == [1, 1, 2, 0])
        #expect(Array(bytes[30..<32]) == [0xfe, 0xed])
        #expect(Array(bytes[63..<64]) == [4] || bytes[63] == 4)
    }

    @Test("an entry carries its record, and both are read back")
    func entries() throws {
        let entry = Entry(
            location: Location(node: NodeID(5), segment: 3_000_001, offset: 8288),
            position: Position(run: 3, number: 9), length: 500, disk: DiskID(77), host: "box",
            checksum: 0xdead_beef, keepUntil: Day(number: 20_800), again: true)
        let item = IndexItem(entry: entry, record: Self.mail(), words: "some words")
        let read = try IndexItem(decoding: item.encoded)
        #expect(read.entry == entry)
        #expect(read.words == "some words")
        #expect(read.record.header.kind == .mail)
        #expect(read.record.envelope == Self.mail().envelope)
    }

    @Test(
        "a result is encoded and read back",
        arguments: [
            Outcome.kept, .alreadyHeld, .notHere("full"), .refused("no"), .later("soon"),
        ])
    func results(outcome: Outcome) throws {
        let slip = Slip(copiesWanted: 2, keepUntil: Day(number: 1))
        let result = ItemResult(
            mail: MailID(4), position: Position(run: 1, number: 2), outcome: outcome, slip: slip,
            node: "storage-1")
        let read = try #require(try [ItemResult](decoding: [result].encoded[...]).first)
        #expect(read.outcome == outcome)
        #expect(read.position == result.position)
        #expect(read.slip == slip)
        #expect(read.node == "storage-1")
    }

    @Test("orders and notes are encoded and read back")
    func ordersAndNotes() throws {
        let order = Order(
            id: MailID(1), mail: MailID(2), gateway: "gateway-1", sender: "",
            recipients: ["a@b", "c@d"],
            eightBit: true, ordered: Timestamp(milliseconds: 5), by: "me",
            copies: [Location(node: NodeID(3), segment: .max, offset: 4096)], again: true)
        #expect(try Order(id: MailID(1), decoding: order.encoded[...]) == order)
        let note = Note(
            id: MailID(3), mail: MailID(2), order: MailID(1), at: Timestamp(milliseconds: 9),
            by: "me",
            sentTo: "host:25",
            results: [
                RecipientResult(recipient: "a@b", outcome: .sent, reply: "250 ok"),
                RecipientResult(recipient: "c@d", outcome: .inDoubt, reply: ""),
            ], lineEndsChanged: true)
        #expect(try Note(id: MailID(3), decoding: note.encoded[...]) == note)
    }

    @Test("a recipient is the same however the domain is written")
    func recipients() {
        #expect(Recipient("a@B.example") == Recipient("a@b.example"))
        #expect(Recipient("A@b.example") != Recipient("a@b.example"))
        #expect(Recipient("\"x@Y\"@B") == Recipient("\"x@Y\"@b"))
        #expect(Recipient("Postmaster") != Recipient("postmaster"))
    }

    @Test("whatever bytes come, reading ends in a record or an error")
    func hostile() {
        var random = SplitMix64(seed: Seeds.ofThisRun)
        let whole = Self.mail().encoded
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
                    in: 0...255, using: &random)
            }
            _ = try? Record.all(in: bytes[...])
            _ = try? Summary(decoding: bytes[...])
            _ = try? Envelope(decoding: bytes[...])
            _ = try? Slip(decoding: bytes[...])
        }
    }
}
