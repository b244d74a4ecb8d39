// SPDX-License-Identifier: Apache-2.0
// Those who bring mail to the gateways, and what they were told.

internal import AsyncHTTPClient
internal import Foundation
internal import HoldfastModel
internal import HoldfastNode
internal import NIOCore
internal import NIOHTTP1

/// A mail for which a gateway has said yes.
struct Accepted: Sendable {
    var id: MailID
    var octets: [UInt8]
    /// Bytes that lie in it and in no other mail.
    var mark: [UInt8]
    var copies: Int
    /// The first and the last day that the gateway may have meant.
    var keepUntil: ClosedRange<Day>
    var gateway: String
}

/// Brings mails until each was taken, and remembers what was answered.
final class Senders: Sendable {
    private let world: World
    private let orders: Orders
    private let wishers: Wishers
    private let client: NodeClient
    private let taken = Cell<[Accepted]>([])
    private let open = Cell(0)

    private static let triesMax = 400

    init(in world: World, orders: Orders, wishers: Wishers) {
        self.world = world
        self.orders = orders
        self.wishers = wishers
        client = NodeClient(
            token: World.token, over: SimulatedTransport(from: "client", life: nil, world: world))
    }

    var accepted: [Accepted] { taken.value }

    /// Nobody has a mail left to bring.
    var areDone: Bool { open.value == 0 }

    /// Begins to bring all mails of the plan, until a time.
    func begin(until: Int64) {
        for number in 0..<world.plan.mails {
            open.value += 1
            let start = world.dice.within(0...until)
            world.spawn { [self] in
                await world.loop.sleep(start)
                await bring(number)
                open.value -= 1
            }
        }
    }

    private func bring(_ number: Int) async {
        let (dice, loop) = (world.dice, world.loop)
        let octets = Self.octets(number, dice)
        let copies = 1 + dice.below(world.plan.copiesMax)
        let days = dice.pick(world.plan.keepDays)
        // As `import` brings them: what comes twice is one mail.
        let isImport = dice.happens(250) && !world.plan.isOnlyTheDAL
        let query =
            "sender=s\(number)@example.org&recipient=r@copies\(copies).example"
            + (isImport ? "&id=octets" : "") + "&keep_days="
        var tried: [Day] = []
        for _ in 0..<Self.triesMax {
            let gateway = dice.pick(world.gateways)
            // A duplicate is kept for as long as what came before it.
            tried = (isImport ? tried : []) + [gateway.day]
            do {
                let answer = try await hand(octets, to: gateway, query + "\(days)")
                guard let id = MailID(answer.id) else { continue }
                let last = (tried + [gateway.day]).map { $0.advanced(by: days) }.sorted()
                world.log.note("accepted \(id) by \(gateway.name) for \(copies)")
                taken.change {
                    $0.append(
                        Accepted(
                            id: id, octets: octets, mark: Self.mark(number), copies: copies,
                            keepUntil: last[0]...last[last.count - 1],
                            gateway: gateway.name))
                }
                // The only copy may be lost with its folder, and nobody can do anything with it then.
                guard copies > 1 || !world.plan.troubles.contains(.lostFolder) else { return }
                let again: @Sendable () async -> Void = { [self] in
                    // It was purged: that it is taken or not is nobody's promise.
                    _ = try? await hand(
                        octets, to: world.dice.pick(world.gateways), query + "\(days)")
                }
                if wishers.consider(id, again: isImport ? again : nil) { return }
                orders.consider(id, of: "s\(number)@example.org")
                if isImport, dice.happens(500) {
                    await bringForLonger(id, octets, query, days: days + 1 + dice.below(40))
                }
                return
            } catch {
                await loop.sleep(dice.within(300_000...5_000_000))
            }
        }
    }

    /// Whoever brings it again may want it for longer: where that was taken as news, it must be so.
    private func bringForLonger(
        _ id: MailID, _ octets: [UInt8], _ query: String, days: Int
    ) async {
        await world.loop.sleep(world.dice.within(0...20_000_000))
        let gateway = world.dice.pick(world.gateways)
        let before = gateway.day
        let answer = try? await hand(octets, to: gateway, query + "\(days)")
        let last = [before, gateway.day].map { $0.advanced(by: days) }.sorted()
        taken.change { all in
            guard let index = all.firstIndex(where: { $0.id == id }) else { return }
            let known = all[index].keepUntil
            let isNews = answer?.outcome == "stored"
            if isNews { world.log.note("\(id) is kept for longer by \(gateway.name)") }
            // What was not answered may have been taken all the same.
            let lower = isNews ? max(known.lowerBound, last[0]) : known.lowerBound
            all[index].keepUntil = lower...max(known.upperBound, last[1])
        }
    }

    private func hand(_ octets: [UInt8], to gateway: Box, _ query: String) async throws -> Answer {
        try await client.json(
            .POST, "http://\(gateway.name):80/gateway/\(gateway.name)/mails?\(query)",
            as: Answer.self, body: .bytes(ByteBuffer(bytes: octets)))
    }

    private struct Answer: Decodable, Sendable {
        var id: String
        var outcome: String
    }

    private static func mark(_ number: Int) -> [UInt8] { Array("<\(number)@example.org>".utf8) }

    private static func octets(_ number: Int, _ dice: Dice) -> [UInt8] {
        var text = "Subject: mail \(number)\r\nMessage-ID: <\(number)@example.org>\r\n\r\n"
        for _ in 0..<dice.below(dice.happens(100) ? 400 : 20) {
            text += String(dice.next(), radix: 36) + " " + String(dice.next(), radix: 36) + "\r\n"
        }
        return Array(text.utf8)
    }
}

extension Box {
    /// Which day it is by its own clock.
    fileprivate var day: Day {
        Timestamp(milliseconds: world.now.milliseconds + clockIsWrongBy.value).day
    }
}
