// SPDX-License-Identifier: Apache-2.0
// What depends on a storage, and orders to it that find no room.

import HoldfastCatalog
import HoldfastModel
import HoldfastNode
import Logging
import Testing

@testable import HoldfastDAL

@Suite("What depends on a storage") struct DependentsTests {
    private static func item(received: Timestamp) -> IndexItem {
        let keepUntil = received.day.advanced(by: 7)
        var record = Record(
            RecordHeader(kind: .mail, mail: MailID(7), received: received, keepUntil: keepUntil))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: keepUntil))
        record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
        record.setSummary(Summary().encoded[...])
        let entry = Entry(
            location: Location(node: NodeID(1), segment: 1, offset: 8192),
            position: Position(raw: 1), length: 200, disk: DiskID(1), host: "here", checksum: 0,
            keepUntil: keepUntil)
        return IndexItem(entry: entry, record: record, words: "")
    }

    @Test("a mail counts among them although by our clock it was not received yet")
    func ahead() async throws {
        let machine = Machine()
        let client = NodeClient(token: "")
        let catalog = try SQLiteCatalog(path: nil)
        let received = machine.clock.now.advanced(bySeconds: 400 * 86_400)
        _ = try catalog.merge(
            [Self.item(received: received)], from: NodeID(1), name: "s", now: machine.clock.now,
            acks: AckRule())
        try catalog.setCounts(NodeID(1), false, isGone: false)
        while try catalog.recount(limit: 10) {}
        var section = ConfigurationSection(name: "dal", values: [:])
        let component = try await DALComponent(
            name: "dal", configuration: try DALConfiguration(reading: &section, folder: "/"),
            catalog: catalog,
            surroundings: Surroundings(
                machine: machine, client: client,
                roster: RosterView(registries: [], client: client, clock: machine.clock),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        #expect(try await component.dependents().nodes.map(\.dependent) == [1])
        await component.close()
        try await client.shutdown()
    }

    @Test("an order that found no room in the queue is sent when there is some")
    func room() async throws {
        let clock = MachineClock()
        let queue = TransientQueue(clock: clock, itemsMax: 1, keepMilliseconds: .max)
        let orders = StorageOrders(queue: queue)
        let both = (1...2).map { number in
            StorageOrder(
                id: MailID(UInt128(number)), kind: .hold, mail: MailID(9), node: NodeID(1),
                ordered: clock.now)
        }
        orders.send(both)
        #expect(orders.count(to: NodeID(1)) == 1, "the second is not on its way")
        let all = LeaseRequest(itemsMax: 9, bytesMax: 1 << 20, waitSeconds: 0)
        for order in both {
            let leased = try #require(await queue.lease(all))
            #expect(leased.items.map(\.record.header.mail) == [order.delivery])
            let results = leased.items.map {
                ItemResult(
                    mail: $0.record.header.mail, position: $0.record.header.position,
                    outcome: .kept)
            }
            queue.settle(orders.settle(results).ours, retryMilliseconds: 0)
            orders.send(both.filter { $0 != order })
        }
    }
}
