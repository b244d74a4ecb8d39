// SPDX-License-Identifier: Apache-2.0
// A catalog that was restored from an older copy of itself.

import AsyncHTTPClient
import Foundation
import HoldfastCatalog
import HoldfastModel
import HoldfastNode
import Logging
import NIOCore
import Testing

@testable import HoldfastDAL

/// A Registry that knows of one storage.
private struct OneStorage: NodeTransport {
    let storage: Registration

    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        let body =
            request.url.hasSuffix("/nodes")
            ? try JSONEncoder().encode(
                Roster(nodes: [storage], clock: MachineClock().now.milliseconds))
            : try JSONEncoder().encode(Links(number: 1, links: []))
        return HTTPClientResponse(body: .bytes(ByteBuffer(bytes: body)))
    }

    func shutdown() async throws {}
}

@Suite("A catalog that is an older one") struct OlderCatalogTests {
    private static let now = MachineClock().now

    /// A mail, or the note that its order was done.
    private static func item(_ number: UInt64, _ note: Note?) -> IndexItem {
        let keepUntil = now.day.advanced(by: 7)
        var record = Record(
            RecordHeader(
                kind: note == nil ? .mail : .note, mail: note?.id ?? MailID(7), received: now,
                keepUntil: keepUntil))
        record.setSlip(Slip(copiesWanted: 1, keepUntil: keepUntil))
        record.setEnvelope(Envelope(sender: "a@b", recipients: ["c@d"]).encoded[...])
        record.setSummary((note?.encoded ?? Summary().encoded)[...])
        let entry = Entry(
            location: Location(node: NodeID(1), segment: 1, offset: 8192 * number),
            position: Position(raw: number), length: 200, disk: DiskID(1), host: "here",
            checksum: 0, keepUntil: keepUntil, after: Position(raw: number - 1))
        return IndexItem(entry: entry, record: record, words: "")
    }

    @Test(
        "an order of it is handed out when it is known what came of it, and not if it was done",
        arguments: [true, false])
    func orders(wasDone: Bool) async throws {
        let catalog = try SQLiteCatalog(path: nil)
        let order = Order(
            id: MailID(70), mail: MailID(7), gateway: "gateway-1", sender: "a@b",
            recipients: ["c@d"], eightBit: true, ordered: Self.now, by: "eve", copies: [])
        func merge(_ number: UInt64, _ note: Note?) throws {
            _ = try catalog.merge(
                [Self.item(number, note)], from: NodeID(1), name: "s", now: Self.now,
                acks: AckRule())
        }
        try merge(1, nil)
        try catalog.add(order, .queued, now: Self.now)
        let client = NodeClient(
            token: "",
            over: OneStorage(
                storage: Registration(
                    name: "s", role: .storage, address: "http://here:1/storage/s",
                    node: NodeID(1).description, position: 2)))
        let machine = Machine()
        let roster = RosterView(
            registries: ["http://here:1/registry/r"], client: client, clock: machine.clock)
        var section = ConfigurationSection(name: "dal", values: [:])
        let component = try await DALComponent(
            name: "dal", configuration: try DALConfiguration(reading: &section, folder: "/"),
            catalog: catalog,
            surroundings: Surroundings(
                machine: machine, client: client, roster: roster,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        #expect(try await !component.resumeOrders(), "nobody has said who lives")
        try await roster.refresh()
        #expect(try await !component.resumeOrders(), "a storage has more than the catalog knows")
        let all = LeaseRequest(itemsMax: 9, bytesMax: 1 << 20, waitSeconds: 0)
        #expect(await component.queues.orders.lease(all) == nil)

        let done = Note(
            id: MailID(71), kind: .release, mail: MailID(7), order: wasDone ? order.id : MailID(69),
            at: Self.now, by: "eve")
        try merge(2, done)
        #expect(try await component.resumeOrders())
        let leased = await component.queues.orders.lease(all)
        #expect(leased?.items.map(\.record.header.mail) == (wasDone ? nil : [order.id]))
        await component.close()
        try await client.shutdown()
    }
}
