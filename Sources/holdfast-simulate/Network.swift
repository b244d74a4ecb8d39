// SPDX-License-Identifier: Apache-2.0
// The wires between the machines: late, lossy, doubling, cut.

internal import AsyncHTTPClient
internal import HoldfastNode
internal import NIOCore
internal import NIOHTTP1

/// How the wires are now. Times are in microseconds.
struct Wires: Sendable {
    /// How long a call is under way, and so its answer.
    var delay: ClosedRange<Int64> = 200...2_000
    /// Of a thousand calls, and of a thousand answers.
    var lostPermille = 0
    var doubledPermille = 0
    /// One that is late, for much longer than that.
    var latePermille = 0
    static let late: ClosedRange<Int64> = 500_000...40_000_000
    /// Machines that do not reach each other: both names, in their order.
    var cuts: Set<[String]> = []

    static func cut(_ one: String, _ other: String) -> [String] { [one, other].sorted() }
}

/// What becomes of a call that went nowhere.
struct Unreachable: Error, CustomStringConvertible {
    var description: String
}

/// Carries the calls of one process, or of one who looks at the cluster from outside.
struct SimulatedTransport: NodeTransport {
    let from: String
    /// Nil for clients, which never die.
    let life: Life?
    unowned let world: World

    func execute(
        _ request: HTTPClientRequest, seconds: Int64, isPoll: Bool
    ) async throws -> HTTPClientResponse {
        let (loop, dice, wires) = (world.loop, world.dice, world.wires.value)
        // http://machine:80/path
        let parts = request.url.split(separator: "/", maxSplits: 2).map(String.init)
        guard parts.count == 3 else { throw Unreachable(description: "no address") }
        let to = String(parts[1].prefix { $0 != ":" })
        let what = "\(from)>\(to) \(request.method.rawValue) \(parts[2])"
        let box = world.box(from)
        box?.pass()
        try check("it is dead")
        await loop.sleep(delay(wires))
        try check("it died")
        guard isReached(to), !dice.happens(wires.lostPermille) else {
            return try await giveUp(what, seconds)
        }
        guard let (server, other) = world.server(of: to) else {
            world.log.note("\(what): refused")
            throw Unreachable(description: "nobody listens")
        }
        if dice.happens(wires.doubledPermille) {
            let again = delay(wires)
            world.spawn {
                await loop.sleep(again)
                guard !other.isOver else { return }
                world.log.note("\(what): once more")
                _ = try? await server.respond(to: request)
            }
        }
        let tampering = Tampering(world: world, call: request, caller: from, server: server)
        let answer = try await world.answer {
            try await tampering.bend(try await server.respond(to: request))
        }
        box?.pass()
        guard !other.isOver else {
            world.log.note("\(what): it died")
            throw Unreachable(description: "the connection was lost")
        }
        await loop.sleep(delay(world.wires.value))
        guard isReached(to), !dice.happens(world.wires.value.lostPermille) else {
            return try await giveUp("\(what) answer", seconds)
        }
        box?.pass()
        try check("it died")
        world.log.note("\(what): \(answer.status.code)")
        return answer
    }

    func shutdown() async throws {}

    private func check(_ reason: String) throws {
        if Task.isCancelled || life?.isOver ?? false { throw Unreachable(description: reason) }
    }

    private func isReached(_ other: String) -> Bool {
        !world.wires.value.cuts.contains(Wires.cut(from, other))
    }

    private func delay(_ wires: Wires) -> Int64 {
        world.dice.within(world.dice.happens(wires.latePermille) ? Wires.late : wires.delay)
    }

    /// Lost on the way: whoever called learns of it after a while.
    private func giveUp(_ what: String, _ seconds: Int64) async throws -> HTTPClientResponse {
        world.log.note("\(what): lost")
        await world.loop.sleep(world.dice.within(100_000...min(10, seconds) * 1_000_000))
        throw Unreachable(description: "it does not answer")
    }
}
