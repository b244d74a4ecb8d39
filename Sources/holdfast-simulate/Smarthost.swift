// SPDX-License-Identifier: Apache-2.0
// Who takes released mail, and remembers how often.

internal import HoldfastGateway

/// The smarthost of all gateways. It takes everything, but now and then it breaks off, before or after
/// it has taken a mail, or asks to come again.
final class SmarthostDesk: Sendable {
    /// How often each sender's mail was taken; every mail of a simulation has a sender of its own.
    private let taken = Cell<[String: Int]>([:])

    func take(from sender: String) {
        taken.change { $0[sender, default: 0] += 1 }
    }

    func timesTaken(from sender: String) -> Int { taken.value[sender] ?? 0 }
}

/// The connections of one gateway's process.
struct SimulatedLines: SmarthostLines {
    unowned let world: World
    let life: Life

    func open(
        to smarthost: Smarthost, _ talk: (any SmarthostLine) async -> Void
    ) async throws {
        await world.loop.sleep(world.dice.within(500...5_000))
        guard !life.isOver, !world.isRough || !world.dice.happens(100) else {
            throw Unreachable(description: "it does not answer")
        }
        await talk(SimulatedLine(world: world, life: life))
    }
}

extension World {
    /// The network is one that breaks off.
    var isRough: Bool { wires.value.lostPermille > 0 || !wires.value.cuts.isEmpty }
}

/// One conversation with the smarthost.
private final class SimulatedLine: SmarthostLine {
    private unowned let world: World
    private let life: Life
    private var replies = "220 smarthost\r\n"
    private var input = ""
    private var sender = ""
    private var isMessage = false
    private var isClosed = false

    init(world: World, life: Life) {
        self.world = world
        self.life = life
    }

    func read() async throws -> [UInt8]? {
        await world.loop.sleep(world.dice.within(500...20_000))
        guard !life.isOver else { throw Unreachable(description: "it died") }
        guard !isClosed, !replies.isEmpty else { return nil }
        defer { replies = "" }
        return Array(replies.utf8)
    }

    func write(_ octets: [UInt8]) async throws {
        await world.loop.sleep(world.dice.within(100...2_000))
        guard !life.isOver, !isClosed else { throw Unreachable(description: "it is closed") }
        input += String(decoding: octets, as: UTF8.self)
        while let line = nextLine() {
            if isMessage {
                if line == "." { takeMessage() }
            } else {
                answer(line)
            }
        }
    }

    private func nextLine() -> String? {
        guard let end = input.firstRange(of: "\r\n") else { return nil }
        let line = String(input[..<end.lowerBound])
        input = String(input[end.upperBound...])
        return line
    }

    private func answer(_ line: String) {
        let command = line.uppercased()
        if command.hasPrefix("MAIL FROM:<") {
            sender = String(line.dropFirst(11).prefix { $0 != ">" })
        }
        isMessage = command == "DATA"
        replies += isMessage ? "354 go on\r\n" : command == "QUIT" ? "221 bye\r\n" : "250 ok\r\n"
    }

    private func takeMessage() {
        isMessage = false
        let fate = world.isRough ? world.dice.below(10) : 9
        isClosed = fate < 2
        guard fate > 0, fate != 2 else {
            replies += "451 4.3.0 later\r\n"
            return
        }
        world.log.note("smarthost takes the mail of \(sender)")
        world.smarthost.take(from: sender)
        replies += "250 2.0.0 taken\r\n"
    }
}
