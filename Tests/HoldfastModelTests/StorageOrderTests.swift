// SPDX-License-Identifier: Apache-2.0

import HoldfastModel
import Testing

@Suite("Orders to storages") struct StorageOrderTests {
    @Test("an order arrives as it was sent", arguments: StorageOrder.Kind.allCases)
    func roundTrip(kind: StorageOrder.Kind) throws {
        let order = StorageOrder(
            id: MailID(0x1234_5678), kind: kind, mail: MailID(7), node: NodeID(9),
            ordered: Timestamp(milliseconds: 1_795_435_200_000), by: "eve", reason: "court order",
            holders: [Holder(node: NodeID(1), disk: DiskID(2), host: "h", zone: "z")],
            copiesWanted: 3, keepUntil: Day(number: 20_000))
        #expect(try StorageOrder(decoding: order.record) == order)
        var other = order
        other.node = NodeID(10)
        #expect(order.delivery != other.delivery)
    }

    @Test("a release is none, and what says too little is refused")
    func others() throws {
        let release = Order(
            id: MailID(1), mail: MailID(2), gateway: "g", sender: "s", recipients: ["r"],
            ordered: Timestamp(milliseconds: 0), by: "eve")
        #expect(try StorageOrder(decoding: release.record) == nil)
        var fields = FieldWriter()
        fields.write(9, UInt64(5))
        var record = release.record
        record.setSummary(fields.bytes[...])
        #expect(throws: RecordError.self) { try StorageOrder(decoding: record) }
        #expect(throws: RecordError.self) {
            try StorageOrder(
                decoding: Record(
                    RecordHeader(
                        kind: .mail, mail: MailID(1), received: Timestamp(milliseconds: 0),
                        keepUntil: Day(number: 0))))
        }
    }
}
